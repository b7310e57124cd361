"""Line items in a browser: written by keyboard on the record's page and in its form, and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def products(office: Office) -> dict[str, str]:
    return {
        name: office.create("product", name=name, code=name.upper(), price="100")
        for name in ("Seat", "Gateway")
    }


@pytest.fixture
def deal(office: Office, products: dict[str, str]) -> str:
    items = [
        {"product": products["Seat"], "quantity": "2", "price": "100"},
        {"product": products["Gateway"], "quantity": "1", "price": "50"},
    ]
    li = office.people["li"]
    return office.create("opportunity", name="A deal", owner=li, items=items)


def opened(page: Page, deal: str) -> None:
    page.goto(f"/o/opportunity/{deal}")
    page.locator("[data-edit-lines]").click()
    expect(page.locator("[data-line]")).to_have_count(2)


def products_in_order(page: Page) -> list[str]:
    return [str(one.input_value()) for one in page.locator("[data-line] [role=combobox]").all()]


def test_lines_are_written_by_keyboard_and_worked_out_by_the_server(
    tab: Tab, office: Office, deal: str
) -> None:
    page = tab("li")
    opened(page, deal)
    expect(page.locator("#f-items-0-product")).to_be_focused()

    page.fill("#f-items-0-quantity", "3")
    expect(page.locator("#items-sums")).to_contain_text("¥350.00")
    expect(page.locator("#f-items-0-amount")).to_contain_text("¥300.00")
    page.locator("#f-items-1-price").press("Enter")  # below the last line a new one begins
    expect(page.locator("#f-items-2-product")).to_be_focused()
    page.keyboard.type("Sea")
    expect(page.get_by_role("option", name="Seat")).to_be_visible()
    page.keyboard.press("Enter")
    page.fill("#f-items-2-price", "many")
    page.locator("#f-items-2-price").press("Tab")
    expect(page.locator("#f-items-2-price-said")).to_contain_text("not a number")
    page.fill("#f-items-2-price", "10")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#spoken")).to_have_text("Line 2 of 3")
    expect(page.locator("#items-sums")).to_contain_text("¥360.00")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".lines-v tbody tr")).to_have_count(3)
    expect(page.locator(".lines-v tbody tr").nth(1)).to_contain_text("¥10.00")
    expect(page.locator("#v-items_total")).to_contain_text("¥360.00")
    assert office.value("opportunity", deal, "items_total") == 360


def test_a_refused_line_keeps_what_was_typed_and_escape_gives_up(
    tab: Tab, office: Office, deal: str
) -> None:
    page = tab("li")
    opened(page, deal)
    page.fill("#f-items-1-price", "")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#f-items-1-price")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-items-1-price")).to_be_focused()
    expect(page.locator("#f-items-0-quantity")).to_have_value("2.00")
    page.keyboard.press("Escape")
    expect(page.locator(".lines-v tbody tr")).to_have_count(2)
    assert office.value("opportunity", deal, "items_total") == 250


def test_on_a_phone_lines_are_moved_and_removed_by_buttons(
    tab: Tab, office: Office, deal: str
) -> None:
    page = tab("li", language="zh", width=390)
    opened(page, deal)
    page.get_by_role("button", name="下移此行").first.click()
    assert products_in_order(page) == ["Gateway", "Seat"]
    page.get_by_role("button", name="移除此行").nth(1).click()
    expect(page.locator("#items-sums")).to_contain_text("¥50.00")
    fits: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert fits
    page.get_by_role("button", name="保存").first.click()

    expect(page.locator(".lines-v tbody tr")).to_have_count(1)
    assert office.value("opportunity", deal, "items_total") == 50


def test_a_form_works_its_lines_out_before_the_record_is_there(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/opportunity/new")
    page.fill("#f-name", "New with lines")
    page.locator("[data-add-line]").click()
    page.keyboard.type("Gate")
    expect(page.get_by_role("option", name="Gateway")).to_be_visible()
    page.keyboard.press("Enter")
    page.fill("#f-items-0-price", "12.50")
    page.fill("#f-items-0-quantity", "4")
    expect(page.locator("#items-sums")).to_contain_text("¥50.00")
    page.get_by_role("button", name="Create").click()

    expect(page.get_by_role("heading", name="New with lines")).to_be_visible()
    expect(page.locator(".lines-v tbody tr")).to_have_count(1)
