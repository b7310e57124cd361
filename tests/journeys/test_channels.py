"""Costs of channels are added and changed in their tree, and the side bar keeps open what somebody opened, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


def test_a_cost_is_added_to_a_channel_in_the_tree_and_changed_there(
    tab: Tab, office: Office
) -> None:
    office.create("channel", name="Search ads", code="search", kind="paid")
    page = tab("admin")
    page.goto("/channels?period=this_month")
    row = page.locator("tr", has=page.get_by_role("link", name="Search ads", exact=True))
    expect(row.locator("td").nth(5)).to_have_text("¥0")

    row.hover()
    row.get_by_role("link", name="Add a cost: Search ads").click()
    dialog = page.locator("#sheet")
    expect(dialog.get_by_role("combobox", name="Channel")).to_have_value("Search ads")
    dialog.get_by_label("What for").fill("Keywords")
    dialog.get_by_label("Sum").fill("3000")  # the days are those of this month already
    dialog.get_by_role("button", name="Create").click()

    expect(row.locator("td").nth(5)).to_have_text("¥3K")
    row.locator("td").nth(5).get_by_role("link").click()
    expect(dialog).to_contain_text("Keywords")
    dialog.get_by_role("link", name="Edit Keywords").click()
    dialog.get_by_label("Sum").fill("4500")
    dialog.get_by_role("button", name="Save").click()

    expect(row.locator("td").nth(5)).to_have_text("¥4.5K")


def test_a_group_of_the_side_bar_stays_open_once_it_was_opened(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/")
    campaigns = page.locator("#side").get_by_role("link", name="Campaigns")
    expect(campaigns).to_be_hidden()

    page.locator("summary", has_text="Marketing").click()
    expect(campaigns).to_be_visible()
    page.goto("/tasks")
    expect(campaigns).to_be_visible()

    page.locator("summary", has_text="Marketing").click()
    expect(campaigns).to_be_hidden()
    page.goto("/inbox")
    expect(campaigns).to_be_hidden()


def test_the_palette_finds_what_the_side_bar_folds_and_names_it_once(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name=re.compile("Search")).fill("absence")

    found = page.locator("#found").get_by_role("option")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Absences")
