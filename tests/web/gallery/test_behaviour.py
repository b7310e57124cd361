"""What the pages do in a real browser, under the strict content security policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.carrying import drag
from tests.web.gallery.host import Answer, hosted


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the gallery is served."""
    with hosted() as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh tab; at the end it must have reported no error and broken no policy."""
    tab_context = browser.new_context(
        base_url=address, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    tab = tab_context.new_page()
    said: list[str] = []
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    Answer.posted.clear()
    yield tab
    tab_context.close()
    expected = ("status of 409", "status of 422", "status of 404")
    assert not [line for line in said if not any(part in line for part in expected)]


def answered(page: Page, path: str) -> AbstractContextManager[object]:
    """Wait, at the end of the block, until a POST to `path` was answered."""
    return page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith(path)
    )


def stands_in(page: Page, card: str, stage: str) -> None:
    """Look until a card stands in the column of a stage."""
    expect(page.locator(f"[data-stage='{stage}'] #card-{card}")).to_be_visible()


def test_columns_say_what_a_drop_would_do_while_a_card_is_held(page: Page) -> None:
    page.goto("/o/lead/board")

    drag(page, "c4", "qualified")

    expect(page.locator("#col-new .col-drop")).to_contain_text("can't go back")
    expect(page.locator("#col-qualified .col-drop")).to_contain_text("asks for 2 facts")
    page.mouse.up()


def test_a_drop_that_needs_facts_asks_for_them_and_putting_back_returns_the_card(
    page: Page,
) -> None:
    page.goto("/o/lead/board")
    drag(page, "c4", "qualified")
    page.mouse.up()
    expect(page.locator("#sheet")).to_be_visible()

    page.get_by_role("button", name="Put it back").click()

    expect(page.locator("#sheet")).not_to_be_visible()
    stands_in(page, "c4", "working")


def test_a_gate_that_is_refused_stays_open_with_its_problems(page: Page) -> None:
    page.goto("/o/lead/board")
    drag(page, "c4", "qualified")
    page.mouse.up()

    page.locator("#f-decision_date").fill("")
    page.evaluate("document.querySelector('[data-gate]').noValidate = true")
    # The gate has an error from the start: only a new one tells that the answer is drawn.
    page.evaluate("document.querySelector('#sheet .hint.err').dataset.before = ''")
    page.locator("[data-gate] .btn.primary").click()

    expect(page.locator("#sheet .hint.err:not([data-before])")).to_be_visible()
    page.locator("#f-decision_date").fill("2026-12-01")
    page.locator("[data-gate] .btn.primary").click()
    expect(page.locator("#sheet")).not_to_be_visible()


def test_an_allowed_drop_is_posted_and_can_be_undone(page: Page) -> None:
    page.goto("/o/lead/board")

    drag(page, "c1", "contacted")
    with answered(page, "/o/lead/1/move"):
        page.mouse.up()

    expect(page.locator(".toast")).to_contain_text("Moved")
    assert Answer.posted[-1] == ("/o/lead/1/move", {"to": ["contacted"], "board": ["1"]})
    with answered(page, "/undo"):
        page.keyboard.press("z")
    expect(page.locator(".toast")).to_have_count(0)


def test_a_drop_the_server_refuses_returns_the_card_with_the_reason(page: Page) -> None:
    page.goto("/o/lead/board")

    drag(page, "c4", "contacted")
    page.mouse.up()

    expect(page.locator(".toast")).to_contain_text("Mei moved it first")
    stands_in(page, "c4", "working")


def test_a_refused_column_takes_no_card(page: Page) -> None:
    page.goto("/o/lead/board")

    drag(page, "c4", "new")
    page.mouse.up()

    stands_in(page, "c4", "working")
    assert not Answer.posted


def test_cards_are_walked_and_moved_by_keys_alone(page: Page) -> None:
    page.goto("/o/lead/board")

    page.keyboard.press("j")
    page.keyboard.press("m")

    expect(page.locator("#move")).to_be_visible()
    with answered(page, "/o/lead/1/move"):
        page.get_by_role("menuitemradio", name="Contacted").click()
    expect(page.locator(".toast")).to_contain_text("Moved")
    assert Answer.posted[-1][1]["to"] == ["contacted"]


def test_the_command_palette_opens_finds_and_goes(page: Page) -> None:
    page.goto("/o/lead")

    page.keyboard.press("Control+k")

    expect(page.locator("#found [role=option]").first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("zhang")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found [role=option]").nth(1)).to_have_attribute("aria-selected", "true")


def test_a_value_is_edited_in_place_and_a_refusal_stands_beside_it(page: Page) -> None:
    page.goto("/o/lead/1")

    page.locator("#v-industry button").first.click()
    page.locator("#v-industry input.in").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#v-industry .err")).to_contain_text("No such industry")
    page.locator("#v-industry input.in").fill("Retail")
    page.keyboard.press("Enter")

    expect(page.locator("#v-industry button").first).to_contain_text("Retail")


def test_escape_leaves_a_value_as_it_was(page: Page) -> None:
    page.goto("/o/lead/1")
    page.locator("#v-industry button").first.click()
    page.locator("#v-industry input.in").fill("Retail")

    page.keyboard.press("Escape")

    expect(page.locator("#v-industry button").first).to_contain_text("Logistics")
    assert not Answer.posted


def test_a_new_record_is_made_in_a_dialog_and_problems_get_the_focus(page: Page) -> None:
    page.goto("/o/lead")
    page.keyboard.press("c")
    expect(page.locator("#sheet #f-name")).to_be_visible()

    with answered(page, "/o/lead/new"):
        page.locator("#sheet .btn.primary").click()

    expect(page.locator("#sheet [data-problems]")).to_be_focused()


def test_a_lookup_offers_records_and_keeps_only_what_was_chosen(page: Page) -> None:
    page.goto("/o/lead/new")
    company = page.locator("#f-company")
    company.click()
    page.keyboard.type("zh")
    expect(page.locator("#f-company-list [role=option]")).to_have_count(2)

    page.keyboard.press("Enter")

    expect(company).to_have_value("章敏 Zhang Min")
    expect(page.locator("input[name=company]")).to_have_value("a")
    company.fill("nobody")
    page.locator("#f-name").click()
    expect(company).to_have_value("章敏 Zhang Min")


def test_lines_tags_and_several_records_are_added_and_taken_away(page: Page) -> None:
    page.goto("/o/lead/new")

    page.get_by_role("button", name="Add line").click()
    page.locator("#f-tags").fill("key account")
    page.keyboard.press("Enter")
    page.locator("#f-partners").click()
    page.locator("#f-partners-list [role=option]").first.click()

    expect(page.locator("[name=lines-1-quantity]")).to_be_visible()
    expect(page.locator("crm-tags input[type=hidden]")).to_have_count(2)
    expect(page.locator("crm-lookup[data-several] input[type=hidden]")).to_have_count(2)
    page.get_by_role("button", name="Remove line").first.click()
    expect(page.locator("[name=lines-0-quantity]")).to_have_count(0)


def test_what_was_typed_into_a_form_survives_leaving_the_page(page: Page) -> None:
    page.goto("/o/lead/new")
    page.locator("#f-email").fill("zhou@qingmu.example")

    page.goto("/o/lead")
    page.goto("/o/lead/new")

    expect(page.locator("#f-email")).to_have_value("zhou@qingmu.example")


def test_giving_a_form_up_forgets_what_was_typed(page: Page) -> None:
    page.goto("/o/lead/new")
    page.locator("#f-email").fill("zhou@qingmu.example")

    page.get_by_role("link", name="Cancel").click()
    page.goto("/o/lead/new")

    expect(page.locator("#f-email")).to_have_value("")


def test_a_changed_field_that_others_depend_on_keeps_the_typed_text(page: Page) -> None:
    page.goto("/o/lead/new")
    page.locator("#f-email").fill("zhou@qingmu.example")

    with page.expect_response(lambda answer: "_changed=industry" in answer.url):
        page.locator("#f-industry").select_option("logistics")

    expect(page.locator("#f-email")).to_have_value("zhou@qingmu.example")


def test_selected_rows_bring_their_bar_and_a_dear_action_asks_first(page: Page) -> None:
    page.goto("/o/lead")
    page.locator("tbody [name=ids]").first.check()
    expect(page.locator("[data-bulk-n]")).to_have_text("1 selected")

    page.get_by_role("button", name="Delete").click()
    with answered(page, "/o/lead/bulk"):
        page.get_by_role("button", name="Yes, go on").click()

    expect(page.locator("#sure")).not_to_be_visible()
    values = Answer.posted[-1][1]
    assert values["ids"] == ["1"]
    assert values["do"] == ["delete"]


def test_more_rows_come_without_a_reload(page: Page) -> None:
    page.goto("/o/lead")

    expect(page.locator("tbody tr")).to_have_count(8)
    expect(page.locator("#more")).to_have_count(0)


def test_the_search_box_of_a_list_keeps_the_focus_while_rows_change(page: Page) -> None:
    page.goto("/o/lead")
    page.locator("#q").click()

    with page.expect_response(lambda answer: "q=zha" in answer.url):
        page.keyboard.type("zha")

    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("zha")


def test_the_keys_are_listed_on_demand(page: Page) -> None:
    page.goto("/o/lead")

    page.keyboard.press("?")

    expect(page.locator("#keys")).to_be_visible()


def test_a_filter_is_added_in_two_steps(page: Page) -> None:
    page.goto("/o/lead")
    page.keyboard.press("f")
    page.get_by_role("option", name="Stage").click()

    expect(page.locator("#filter-form select[name=op]")).to_be_visible()
    with page.expect_response(lambda answer: "op=is" in answer.url):
        page.get_by_role("button", name="Apply").click()


def test_the_theme_changes_at_once_and_is_kept_on_the_server(page: Page) -> None:
    page.goto("/")
    page.locator(".me").click()

    with page.expect_request("**/preferences"):
        page.get_by_role("menuitemradio", name="Dark").click()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_claim_turns_the_row_into_its_outcome(page: Page) -> None:
    page.goto("/pools/east")

    with answered(page, "/pools/east/claim/2"):
        page.locator("#p-2 [data-claim]").click()

    expect(page.locator(".toast")).to_contain_text("Yours")
    expect(page.locator("#quota")).to_contain_text("35 / 50")


def test_the_composer_changes_with_the_kind_and_logs(page: Page) -> None:
    page.goto("/o/lead/1")
    page.keyboard.press("p")
    expect(page.locator("#composer textarea")).to_be_focused()
    expect(page.locator("[name=minutes]")).to_be_visible()

    page.keyboard.type("Wants a demo")
    with answered(page, "/o/lead/1/activity"):
        page.keyboard.press("Control+Enter")

    expect(page.locator("#composer textarea")).to_have_value("")
    values = Answer.posted[-1][1]
    assert values["kind"] == ["call"]
    assert values["text"] == ["Wants a demo"]


def test_on_a_phone_the_side_bar_is_a_drawer(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/o/lead")
    expect(page.locator("#side")).not_to_be_visible()

    page.get_by_role("button", name="More", exact=True).click()

    expect(page.locator("#side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).not_to_be_visible()
