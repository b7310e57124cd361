"""More time is asked for from the list of deadlines, in a browser, and the list fits a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


def test_time_is_added_from_the_list_of_all_my_deadlines(tab: Tab, office: Office) -> None:
    lead = office.a_lead("Waits For Me", owner=office.people["li"], mobile="13800138401")
    page = tab("li")
    page.goto("/")
    page.get_by_role("link", name="Deadlines").click()
    row = page.locator(".agenda").filter(has_text="Waits For Me").filter(has_text="Follow-up")
    expect(row).to_contain_text("Then: back to Public pool.")

    row.get_by_role("button", name="Extend").click()
    page.locator("#dialog").get_by_label("Reason").fill("They are on holiday")
    page.locator("#dialog").get_by_role("button", name="Extend by").click()

    expect(page.locator("#dialog").get_by_label("Reason")).to_have_count(0)
    row.get_by_role("link", name="Waits For Me").click()
    expect(page).to_have_url(re.compile(f"/o/lead/{lead}$"))
    expect(page.locator("#main")).to_contain_text("extended once")


def test_the_list_fits_a_phone_and_speaks_chinese(tab: Tab, office: Office) -> None:
    office.a_lead("手机上的时限", owner=office.people["li"], mobile="13800138402")
    page = tab("li", language="zh", width=390)
    page.goto("/deadlines")

    expect(page.locator("#main")).to_contain_text("手机上的时限")
    expect(page.locator("#main")).to_contain_text("到期后退回公海。")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
