"""Two leads that are the same person are compared side by side, merged field by field, and taken apart again, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


def twins(office: Office, names: tuple[str, str], company: str) -> tuple[str, str]:
    li = office.people["li"]
    place = {"city": "hangzhou", "region": "east"}
    one = office.a_lead(names[0], owner=li, company=f"{company}有限公司", **place)
    other = office.a_lead(names[1], owner=li, company=company, email="twin@example.com")
    office.create("activity", "li", kind="note", subject="Called twice", lead=other)
    return one, other


def test_a_pair_is_merged_as_chosen_and_the_merge_is_taken_back(tab: Tab, office: Office) -> None:
    one, other = twins(office, ("王晓明", "王小明"), "杭州云栖智能")
    page = tab("li")
    page.goto("/duplicates")
    page.locator(f'a.pair-l[href*="{one}"]').click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()

    page.locator(f'input[name="keep"][value="{which(page.url, one)}"]').check()
    page.get_by_label(re.compile("^Name: 王小明")).check()
    page.get_by_role("button", name="Merge").click()

    expect(page).to_have_url(re.compile(f"/o/lead/{one}"))
    expect(page.locator("#main")).to_contain_text("王小明")
    expect(page.locator("#main")).to_contain_text("twin@example.com")
    expect(page.locator("#main")).to_contain_text("Called twice")
    assert office.value("lead", one, "city") == "hangzhou"
    page.goto(f"/o/lead/{other}")
    expect(page).to_have_url(re.compile(f"/o/lead/{one}"))  # the old address leads on

    undo = page.locator('form[action*="/undo/"]')
    undo.get_by_role("button").click()
    sure = page.locator("#sure")
    if sure.is_visible():
        sure.get_by_role("button", name="Yes, go on").click()
    expect(page).to_have_url(re.compile("/duplicates/lead/"))
    assert office.value("lead", one, "name") == "王晓明"
    assert office.value("lead", one, "email") is None
    assert office.value("lead", other, "email") == "twin@example.com"
    page.goto(f"/o/lead/{other}")
    expect(page.locator("#main")).to_contain_text("Called twice")


def which(url: str, lead: str) -> str:
    """Return the side of the comparison on which a lead stands."""
    first = url.rstrip("/").split("/")[-2]
    return "this" if first == lead else "other"


def test_a_pair_told_apart_is_not_asked_again(tab: Tab, office: Office) -> None:
    one, other = twins(office, ("李蕾", "李雷"), "宁波海天精工")
    page = tab("li")
    page.goto(f"/duplicates/lead/{one}/{other}")

    with page.expect_request_finished(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Not a duplicate").click()

    page.goto("/duplicates")
    expect(page.locator(f'a[href*="{one}"]')).to_have_count(0)
    assert office.value("lead", other, "name") == "李雷"


def test_side_by_side_fits_a_phone_and_speaks_chinese(tab: Tab, office: Office) -> None:
    one, other = twins(office, ("韩梅", "韩枚"), "无锡太湖光电")
    page = tab("li", language="zh", width=390)
    page.goto(f"/duplicates/lead/{one}/{other}")

    expect(page.get_by_role("button", name="合并")).to_be_visible()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
