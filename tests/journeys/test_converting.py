"""A lead is converted into a customer that is there already, and the conversion is taken back, in a browser and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


def test_the_customer_that_is_there_is_chosen_and_the_conversion_undone(
    tab: Tab, office: Office
) -> None:
    li = office.people["li"]
    lead = office.a_lead("Known Already", owner=li, mobile="13800138055", company="Known Ltd")
    customer = office.create("customer", "li", name="Known Limited", phone="13800138055")
    page = tab("li")
    page.goto(f"/o/lead/{lead}")

    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Convert").click()
    page.get_by_role("radio", name=re.compile("Known Limited")).check()
    page.get_by_role("radio", name="Make none").check()
    page.locator("#sheet").get_by_role("button", name="Convert").click()
    expect(page.locator("#toasts")).to_contain_text("Converted.")
    assert office.value("lead", lead, "customer") == customer
    assert office.value("lead", lead, "opportunity") is None

    page.get_by_role("link", name="What came of it").click()
    expect(page.locator("#main")).to_contain_text("goes to the recycle bin")
    page.get_by_role("button", name="Undo the conversion").click()
    expect(page).to_have_url(re.compile(f"/o/lead/{lead}$"))
    assert office.value("lead", lead, "stage") == "new"


def test_the_dialog_fits_a_phone_and_speaks_chinese(tab: Tab, office: Office) -> None:
    lead = office.a_lead("手机上转化", owner=office.people["li"], mobile="13800138056")
    page = tab("li", language="zh", width=390)
    page.goto(f"/o/lead/{lead}")

    page.get_by_role("button", name="更多操作").click()
    page.get_by_role("menuitem", name="转化", exact=True).click()
    dialog = page.locator("#sheet")
    expect(dialog).to_contain_text("不创建")

    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
