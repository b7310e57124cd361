"""A seller's day in a browser: signing in, finding, moving, claiming, in either language and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.carrying import drag
from tests.journeys.conftest import Tab
from tests.web.pages.office import PASSWORD, Office


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    made = {
        "zhang": office.a_lead("Zhang Wei", owner=li, company="Jingxin", mobile="13800138001"),
        "emma": office.a_lead("Emma Lindqvist", owner=li, company="Fjord"),
        "ready": office.a_lead("Ready Made", owner=li, mobile="13800138003", need="x", budget="1"),
    }
    for name in ("Pool One", "Pool Two"):
        office.a_lead(name, mobile="13912345678", owner=None, pool="public_pool")
    return made


def no_wider_than_the_screen(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found


def test_signing_in_leads_to_where_one_wanted_to_go(tab: Tab) -> None:
    page = tab()
    page.goto("/o/lead")
    page.fill("#email", "li@harbor.example")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Leads")).to_be_visible()
    expect(page.get_by_role("link", name="Zhang Wei")).to_be_visible()


def test_a_filter_is_put_together_in_the_menu_and_taken_away_by_its_pill(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead")
    page.keyboard.press("f")
    page.locator("#filters").get_by_role("option", name="Company").click()
    page.locator("#filter-value").fill("fjo")
    page.get_by_role("button", name="Apply", exact=True).first.click()

    expect(page.locator(".pill")).to_contain_text("Company")
    expect(page.get_by_role("link", name="Zhang Wei")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/o/lead\?f=company:contains:fjo$"))
    page.get_by_role("link", name="Remove filter: Company").click()
    expect(page.get_by_role("link", name="Zhang Wei")).to_be_visible()


def test_filters_are_typed_with_completion_by_keys_alone(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead")
    page.keyboard.press("f")
    expect(page.locator("#filter-words")).to_be_focused()
    page.keyboard.type("comp")
    expect(page.locator("#filter-form [aria-selected=true]")).to_have_text("Company")
    page.keyboard.press("Enter")
    expect(page.locator("#filter-words")).to_have_value("Company ")
    expect(page.get_by_role("option", name="Company contains …")).to_be_visible()
    page.keyboard.type("fjord, owner ")
    expect(page.locator("#filter-form [aria-selected=true]")).to_have_text("Owner is me")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/o/lead\?f=company:contains:fjord&f=owner:me$"))
    expect(page.locator(".pill")).to_have_count(2)
    expect(page.get_by_role("link", name="Zhang Wei")).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.type("lindq")
    expect(page.get_by_role("option", name="Search for “lindq”")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_have_value("lindq")


def test_typing_in_the_search_box_narrows_the_list_and_keeps_the_caret(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead")
    page.locator("#q").press_sequentially("lindq", delay=60)

    expect(page.get_by_role("link", name="Zhang Wei")).to_have_count(0)
    expect(page.locator("#q")).to_have_value("lindq")
    expect(page.locator("#q")).to_be_focused()


def test_selected_rows_are_deleted_after_a_question_and_come_back(tab: Tab, office: Office) -> None:
    office.a_lead("Doomed", owner=office.people["li"])
    page = tab("mei")
    page.goto("/o/lead?view=all")
    page.get_by_role("checkbox", name="Select Doomed").check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.get_by_role("link", name="Doomed")).to_have_count(0)

    page.goto("/o/lead?deleted=1")
    page.get_by_role("checkbox", name="Select Doomed").check()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("link", name="Doomed")).to_have_count(0)
    page.goto("/o/lead?view=all")
    expect(page.get_by_role("link", name="Doomed")).to_be_visible()


def test_a_card_with_all_facts_is_dropped_on_the_next_stage(
    tab: Tab, office: Office, leads: dict[str, str]
) -> None:
    page = tab("li")
    page.goto("/o/lead/board")
    drag(page, leads["ready"], "contacted")
    with page.expect_response(lambda answer: answer.url.endswith("/move")):
        page.mouse.up()

    expect(page.locator(f"#col-contacted #card-{leads['ready']}")).to_be_visible()
    assert office.value("lead", leads["ready"], "stage") == "contacted"


def test_what_arrives_while_a_card_is_carried_waits_until_it_is_put_down(
    tab: Tab, office: Office
) -> None:
    lead = office.a_lead("Carried", owner=office.people["li"], mobile="13911110009", need="x", budget="1")  # fmt: skip
    page = tab("li")
    page.goto("/o/lead/board")
    drag(page, lead, "contacted")
    with page.expect_response(lambda answer: answer.url.endswith("/o/lead/board")):
        page.evaluate("document.dispatchEvent(new Event('reload'))")
    held = page.locator(".card.held").count()
    with page.expect_response(lambda answer: answer.url.endswith("/move")):
        page.mouse.up()

    assert held == 1
    expect(page.locator(f"#col-contacted #card-{lead}")).to_be_visible()
    assert office.value("lead", lead, "stage") == "contacted"


def test_a_card_that_lacks_a_fact_is_asked_for_it_and_can_be_put_back(
    tab: Tab, office: Office, leads: dict[str, str]
) -> None:
    page = tab("li")
    page.goto("/o/lead/board")
    drag(page, leads["emma"], "contacted")
    page.mouse.up()
    page.get_by_role("button", name="Put it back").click()

    expect(page.locator(f"#col-new #card-{leads['emma']}")).to_be_visible()
    assert office.value("lead", leads["emma"], "stage") == "new"


def test_a_refusing_column_says_why_while_the_card_is_held(tab: Tab, leads: dict[str, str]) -> None:
    page = tab("li")
    page.goto("/o/lead/board")
    drag(page, leads["emma"], "qualified")

    expect(page.locator("#head-qualified [data-say]")).to_contain_text("score of 20")
    page.mouse.up()
    expect(page.locator(f"#col-new #card-{leads['emma']}")).to_be_visible()


def test_a_click_claims_from_the_pool(tab: Tab) -> None:
    page = tab("li")
    page.goto("/pools/public_pool")
    row = page.locator(".pool-r", has_text="Pool One")
    row.get_by_role("button", name="Claim").click()

    expect(page.locator(".pool-r.mine")).to_contain_text("Yours now.")
    expect(page.locator("#quota")).to_contain_text("19 claims left today")


def test_keys_pressed_before_the_scripts_are_there_are_not_lost(tab: Tab) -> None:
    page = tab("li")
    held: list[Route] = []
    page.route("**/app.*.js", lambda route: held.append(route))
    page.goto("/o/lead", wait_until="commit")
    expect(page.locator("#palette-q")).to_be_attached()
    page.keyboard.press("/")
    page.keyboard.type("mei")
    for one in held:
        one.continue_()

    expect(page.locator("#palette-q")).to_have_value("mei")
    expect(page.locator("#palette-q")).to_be_focused()


def test_the_palette_finds_a_record_by_keys_alone(tab: Tab) -> None:
    page = tab("li")
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("lindqvist")
    expect(page.locator("#found")).to_contain_text("Emma Lindqvist")
    expect(page.locator("#found [aria-selected=true]")).to_contain_text("Emma Lindqvist")


def test_a_list_is_kept_as_a_view(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead?f=company:contains:jing")
    page.get_by_role("button", name="Save view").click()
    page.locator("#view-name").fill("Only Jingxin")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("button", name="Only Jingxin")).to_be_visible()
    expect(page.get_by_text("The view “Only Jingxin” was saved.").first).to_be_visible()
    expect(page.get_by_role("link", name="Emma Lindqvist")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_a_phone_in_chinese(tab: Tab, theme: str) -> None:
    page = tab("li", "zh", 390, theme)
    for path in ("/", "/o/lead", "/o/lead/board", "/pools/public_pool", "/tasks", "/inbox"):
        page.goto(path)

        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.locator(".tabbar")).to_be_visible()
        assert no_wider_than_the_screen(page), path


def test_the_language_is_changed_from_the_menu(tab: Tab) -> None:
    page = tab("li")
    page.goto("/tasks")
    page.locator("button.me").click()
    page.get_by_role("menuitemradio", name="简体中文").click()

    expect(page.get_by_role("heading", name="任务")).to_be_visible()


def test_keys_walk_the_list_one_came_from(tab: Tab) -> None:
    page = tab("li")
    page.goto("/o/lead?sort=name&f=mobile:contains:1380013800")
    page.get_by_role("link", name="Ready Made").click()
    expect(page.locator("#place .num")).to_have_text("1 of 2")

    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Zhang Wei")).to_be_visible()
    expect(page.locator("#place .num")).to_have_text("2 of 2")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Ready Made")).to_be_visible()
    page.get_by_role("link", name="My leads").click()
    expect(page).to_have_url(re.compile(r"/o/lead\?f=mobile:contains:1380013800&sort=name$"))
