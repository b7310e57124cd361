"""A calendar by mouse and by keys, and a spreadsheet on its way in, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from fieldstone.worker.inside import start_inside
from tests.journeys.conftest import Tab
from tests.web.pages.office import Office

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def task(office: Office) -> str:
    at = office.site.clock().astimezone(SHANGHAI).replace(day=15, hour=10, minute=0, second=0)
    return office.create(
        "activity", subject="Site visit", kind="visit", status="open",
        due_at=at.isoformat(timespec="seconds"), owner=office.people["li"],
    )  # fmt: skip


@pytest.fixture
def worker(office: Office) -> Iterator[None]:
    stop = start_inside(office.site)
    yield
    stop()


def day_of(page: Page, task: str) -> str:
    found = page.locator(f".cal [data-id='{task}']").locator("xpath=ancestor::td")
    return str(found.get_attribute("data-day"))[-2:]


def test_a_record_goes_to_another_day_by_mouse_by_menu_and_by_keys(tab: Tab, task: str) -> None:
    page = tab("li")
    page.goto("/o/activity/calendar")
    event = page.locator(f".cal [data-id='{task}']")
    target = page.locator(".cal td[data-day$='-17']").bounding_box()
    start = event.bounding_box()
    assert start is not None
    assert target is not None

    page.mouse.move(start["x"] + 40, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 20, steps=4)
    page.mouse.move(target["x"] + 60, target["y"] + 40, steps=10)
    expect(page.locator(".cal td[data-day$='-17'] .ghost")).to_be_attached()
    page.mouse.up()
    expect(page.locator(".toast")).to_contain_text("Site visit moved to")
    expect(page.locator(f".cal td[data-day$='-17'] [data-id='{task}']")).to_be_visible()

    event.hover()
    event.locator("[data-day-move]").click()
    page.locator("#day-move [data-by='1']").click()
    expect(page.locator(f".cal td[data-day$='-18'] [data-id='{task}']")).to_be_visible()
    expect(event.locator("a")).to_be_focused()

    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(f".cal td[data-day$='-11'] [data-id='{task}']")).to_be_visible()

    page.keyboard.press("z")
    expect(page.locator(f".cal td[data-day$='-18'] [data-id='{task}']")).to_be_visible()


def test_a_click_on_an_empty_day_makes_a_record_there(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/activity/calendar")

    page.locator(".cal td[data-day$='-09']").click(position={"x": 60, "y": 70})

    expect(page.locator("#sheet")).to_be_visible()


def test_a_phone_shows_the_days_one_below_the_other(tab: Tab, task: str) -> None:
    page = tab("li", "zh", 390, "dark")
    page.goto("/o/activity/calendar")

    expect(page.locator(".cal")).not_to_be_visible()
    expect(page.locator(f".ags [data-id='{task}']").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_spreadsheet_is_matched_checked_imported_and_taken_back(
    tab: Tab, worker: None, tmp_path: Path
) -> None:
    file = tmp_path / "产品.csv"
    file.write_text("产品名称,产品编码,价格\n水泵,P-1,12\n阀门,P-2,bad\n", encoding="utf-8")
    page = tab("admin", "zh")
    page.goto("/imports/new?object=product")

    page.set_input_files("#file", file)
    page.get_by_role("button", name="继续").click()
    expect(page.locator("select[name=column-0]")).to_have_value("name")
    page.get_by_role("button", name="检查", exact=True).click()
    expect(page.get_by_text("将新增 1 条")).to_be_visible()
    expect(page.get_by_text("1 条未通过")).to_be_visible()
    page.get_by_role("button", name="导入产品").click()
    expect(page.get_by_text("导入完成。")).to_be_visible()
    expect(page.get_by_text("新增 1 条")).to_be_visible()
    page.get_by_role("button", name="撤销导入").click()
    page.get_by_role("button", name="确定").or_(page.locator("#sure .primary")).first.click()

    expect(page.get_by_text("1 条已移到回收站")).to_be_visible()
