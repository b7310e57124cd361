"""One record in a browser: made, corrected, moved through its gate, spoken of, converted, in both languages and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    return {
        "edited": office.a_lead("Edited Here", owner=li, company="Fjord", region="north"),
        "gated": office.a_lead("Gated One", owner=li, email="gated@example.com"),
        "lost": office.a_lead("Lost One", owner=li, email="lost@example.com"),
        "talked": office.a_lead("Talked To", owner=li, mobile="13800138011"),
        "sold": office.a_lead("Sold Soon", owner=li, mobile="13800138012", company="Soon Ltd"),
        "zh": office.a_lead("周雅琴", owner=li, mobile="13800138013"),
        "twin": office.a_lead("First Twin", owner=li, mobile="13911110000"),
    }


def open_record(page: Page, lead: str) -> None:
    page.goto(f"/o/lead/{lead}")
    expect(page.locator("#composer")).to_be_visible()


def value(page: Page, code: str) -> Locator:
    return page.locator(f"#v-{code}")


def choose(page: Page, field: str, text: str) -> None:
    """Find a record in a lookup and take it."""
    page.locator(f"#f-{field}").click()
    page.locator(f"#f-{field}").press_sequentially(text)
    page.get_by_role("option", name=re.compile(text)).first.click()


def test_a_lead_is_made_after_an_error_was_shown_at_its_field(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead/new")
    page.fill("#f-name", "Made By Form")
    page.fill("#f-mobile", "138")
    page.get_by_role("button", name="Create").click()

    expect(page.locator("[data-problems]")).to_contain_text("2 things need fixing")
    expect(page.locator("#f-mobile")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-name")).to_have_value("Made By Form")

    page.fill("#f-mobile", "13800138099")
    choose(page, "channel", "Web")
    page.get_by_role("button", name="Create").click()

    expect(page).to_have_url(re.compile("/o/lead/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Made By Form")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Created.")


def test_choices_follow_and_what_was_typed_stays(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead/new")
    page.fill("#f-name", "Typed Before")
    page.select_option("#f-region", "south")

    expect(page.locator("#f-city option[value=shenzhen]")).to_have_count(1)
    expect(page.locator("#f-city option[value=beijing]")).to_have_count(0)
    expect(page.locator("#f-name")).to_have_value("Typed Before")


def test_a_field_comes_and_goes_with_its_condition(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/activity/new")
    expect(page.locator("#f-outcome")).to_have_count(0)

    page.select_option("#f-kind", "call")
    expect(page.locator("#f-outcome")).to_be_visible()
    page.select_option("#f-kind", "note")
    expect(page.locator("#f-outcome")).to_have_count(0)


def test_a_twin_is_told_while_typing(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead/new")
    page.locator("#f-mobile").press_sequentially("13911110000")

    expect(page.locator("#matches")).to_contain_text("Open First Twin")
    expect(page.locator("#f-mobile")).to_have_value("13911110000")


def test_a_value_is_edited_in_place_and_undone_with_escape(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    open_record(page, leads["edited"])

    value(page, "company").get_by_role("button").click()
    page.locator("#i-company").fill("Changed AB")
    page.locator("#i-company").press("Enter")
    expect(value(page, "company")).to_contain_text("Changed AB")

    value(page, "company").get_by_role("button").click()
    page.locator("#i-company").fill("Never")
    page.locator("#i-company").press("Escape")
    expect(value(page, "company")).to_contain_text("Changed AB")

    value(page, "region").get_by_role("button").click()
    page.locator("#i-region").select_option("east")
    expect(value(page, "region")).to_contain_text("East China")


def test_a_refused_value_says_why_where_it_stands(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    open_record(page, leads["edited"])

    value(page, "mobile").get_by_role("button").click()
    page.locator("#i-mobile").fill("12")
    page.locator("#i-mobile").press("Enter")

    expect(value(page, "mobile").locator(".err")).to_contain_text("not a telephone number")


def test_the_gate_on_the_page_takes_facts_and_lets_the_record_pass(
    tab: Tab, leads: dict[str, str]
) -> None:
    page = tab("li")
    open_record(page, leads["gated"])
    expect(page.locator("#path")).to_contain_text("0 of 1 done")

    page.locator("#g-mobile").fill("13800138077")
    page.locator("#g-mobile").press("Tab")
    expect(page.locator("#path")).to_contain_text("1 of 1 done")
    page.get_by_role("button", name="Move to Contacted").click()

    expect(page.locator("#toasts")).to_contain_text("Gated One moved to Contacted")
    expect(page.locator("#path")).to_contain_text("Before Qualified")


def test_a_lost_lead_is_asked_for_its_reason(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    open_record(page, leads["lost"])
    page.get_by_role("button", name="Mark as Invalid").click()

    page.locator("#sheet").get_by_role("button", name="Move to Invalid").click()
    expect(page.locator("#sheet [aria-invalid=true]")).to_be_visible()
    page.select_option("#sheet #f-lost_reason", "no_need")
    page.locator("#sheet").get_by_role("button", name="Move to Invalid").click()

    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#path .gate.ended")).to_contain_text("Invalid")


def test_notes_calls_and_tasks_appear_in_the_feed(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    open_record(page, leads["talked"])

    page.locator("#composer textarea").fill("Prefers a demo on site")
    page.get_by_role("button", name="Log note").click()
    expect(page.locator("#timeline")).to_contain_text("Prefers a demo on site")

    page.locator("#composer .kind", has_text="Call").click()
    page.locator("#composer textarea").fill("Spoke for a while")
    page.locator("#call-minutes").fill("12")
    page.get_by_role("button", name="Log call").click()
    expect(page.locator("#timeline")).to_contain_text("12 min")

    page.locator("#composer .kind", has_text="Task").click()
    page.locator("#composer textarea").fill("Send the offer")
    page.get_by_role("button", name="Add task").last.click()
    done = page.get_by_role("button", name="Complete: Send the offer")
    expect(done).to_be_visible()
    done.click()
    expect(
        page.locator(".due .cb[aria-pressed=true], .due.done, .due [aria-checked=true]").first
    ).to_be_attached()


def test_a_lead_is_converted_from_its_page(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    open_record(page, leads["sold"])
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Convert").click()

    page.locator("#sheet").get_by_role("button", name="Convert").click()

    expect(page.locator("#toasts")).to_contain_text("Converted.")
    expect(page.locator("#path .gate.ended")).to_contain_text("Converted")
    page.locator("#toasts a").click()
    expect(page.get_by_role("heading", name="Soon Ltd")).to_be_visible()


def test_tabs_tell_changes_and_reasons(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    open_record(page, leads["edited"])

    page.locator(".tabs a", has_text="Why").click()
    expect(page.locator(".decisions")).to_contain_text("version 1")
    page.locator(".tabs a", has_text="Changes").click()
    expect(page.locator(".tl")).to_contain_text("created this record")


def test_the_page_speaks_chinese(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li", language="zh", theme="dark")
    open_record(page, leads["zh"])

    expect(page.locator("#path")).to_contain_text("进入“已联系”前")
    expect(page.locator("#composer")).to_contain_text("保存备注")
    page.get_by_role("button", name="进入“已联系”").click()
    expect(page.locator("#toasts")).to_contain_text("已移到“已联系”")


def test_a_phone_shows_everything_within_its_width(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li", width=390)
    for url in (
        f"/o/lead/{leads['talked']}",
        "/o/lead/new",
        "/o/opportunity/new",
        "/dashboards/leads",
        "/dashboards/sales",
    ):
        page.goto(url)
        within = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert within, url


def test_a_mark_of_a_dashboard_leads_to_its_records(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/dashboards/leads")
    mark = page.locator(".kpi", has_text="New leads")
    shown = mark.locator(".v").inner_text()
    mark.click()

    expect(page).to_have_url(re.compile(r"/dashboards/leads/records\?.*figure=created"))
    expect(page.get_by_role("heading", name="New leads")).to_be_visible()
    expect(page.locator("header.bar .count")).to_have_text(shown)
    expect(page.locator("#rows tr")).to_have_count(int(shown))
    page.get_by_role("link", name="Talked To").click()
    expect(page).to_have_url(re.compile("/o/lead/[0-9a-f-]{36}$"))

    page.go_back()
    page.get_by_role("link", name="Back to the dashboard").click()
    expect(page).to_have_url(re.compile(r"/dashboards/leads\?"))
    expect(mark).to_be_visible()
