"""An administrator changes what everybody works with: a field beside its preview, a form by drag and by keys."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office

PREVIEW = 40000  # ms; each keystroke compiles the site anew, and a busy machine is slow


def put_into_force(page: Page) -> None:
    page.get_by_role("button", name="See the plan").click()
    page.get_by_role("button", name="Put into force").click()
    expect(page.locator(".toast")).to_contain_text("is in force")


def drag(page: Page, field: str, onto: str, url: str = "/studio/layout/lead/form") -> None:
    """Carry a field by its grip to the place of another one."""
    grip = page.locator(f"#grip-{field}")
    grip.scroll_into_view_if_needed()
    source, target = grip.bounding_box(), page.locator(f"#i-{onto}").bounding_box()
    assert source is not None
    assert target is not None
    page.mouse.move(source["x"] + 8, source["y"] + 12)
    page.mouse.down()
    page.mouse.move(source["x"] + 20, source["y"] + 4, steps=4)
    page.mouse.move(target["x"] + 60, target["y"] + 10, steps=12)
    expect(page.locator(f"#i-{field} + #i-{onto}")).to_be_attached()
    with page.expect_response(lambda answer: answer.url.endswith(url)):
        page.mouse.up()


def test_a_field_is_seen_in_form_and_list_while_it_is_typed_and_then_used(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/studio/o/lead/fields")
    page.get_by_role("link", name="New field").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("New field", timeout=PREVIEW)
    page.get_by_label("Type").select_option("select")
    expect(preview).to_contain_text("Write at least one option.", timeout=PREVIEW)
    page.locator("[name='options-0-en']").fill("Ruby")
    page.locator("[name='options-0-color']").select_option("red")
    page.locator("[name=_section]").select_option("demand")
    page.locator("[name='label.en']").fill("Colour of shoes")
    field = preview.locator(".field.marked")

    expect(field).to_contain_text("Colour of shoes", timeout=PREVIEW)
    expect(field.locator("option")).to_contain_text(["Choose", "Ruby"])
    expect(preview.locator("tbody")).to_contain_text("Ruby")

    page.locator("#entry-form summary", has_text="Conditions").click()
    page.locator("[data-field=visible_when] .cond-t summary").click()
    page.locator("[name='visible_when']").fill("urgency == 'high'")
    expect(field).to_have_count(0, timeout=PREVIEW)
    expect(preview).to_contain_text("Hidden now")
    preview.locator("[name='pv.urgency']").select_option("high")
    expect(field).to_contain_text("Colour of shoes", timeout=PREVIEW)

    put_into_force(page)
    page.goto("/o/lead/new")
    expect(page.locator("[name=colour_of_shoes]")).to_have_count(0)
    page.locator("[name=urgency]").select_option("high")
    page.locator("[name=colour_of_shoes]").select_option("ruby")


def test_a_form_is_arranged_by_drag_and_by_keys_and_becomes_the_real_one(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/studio/layout/lead/form")
    drag(page, "budget", "mobile")
    contact = page.locator("section[aria-label=Contact] .st-item")

    expect(contact.nth(1)).to_contain_text("Budget")
    preview = page.locator("#preview .form-g").first
    expect(preview).to_contain_text("Budget", timeout=PREVIEW)

    grip = page.locator("#grip-job_title")
    grip.press("Space")
    for _ in range(4):
        grip.press("ArrowUp")
    expect(page.locator("#spoken")).to_contain_text("Job title: 2 of 7 in Contact")
    grip.press("Space")
    expect(page.locator("#up-job_title")).to_be_visible()
    expect(contact.nth(1)).to_contain_text("Job title")
    page.locator("#out-website").click()
    expect(page.locator(".st-pal")).to_contain_text("Website")
    put_into_force(page)

    page.goto("/o/lead/new")
    labels = page.locator(".form-g").first.locator("label")
    expect(labels).to_have_text(["Name *", "Job title", "Budget", "Mobile", "E-mail", "Company"])
    expect(page.locator("[name=website]")).to_have_count(0)


def test_buttons_pressed_faster_than_the_server_answers_all_count(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/studio/layout/lead/quick")
    shown = page.locator(".st-item")
    last = shown.filter(has=page.locator("[id^='up-']")).last
    name, place = (
        last.get_attribute("data-name") or "",
        shown.filter(has=page.locator("[id^='up-']")).count() - 1,
    )
    last.locator("[id^='up-']").evaluate("(up) => { up.click(); up.click(); up.click(); }")

    expect(shown.nth(place - 3)).to_contain_text(name)


def test_fields_are_arranged_on_a_phone_by_buttons(tab: Tab) -> None:
    page = tab("admin", width=390)
    page.goto("/studio/layout/lead/quick")
    page.locator("#in-email").tap()
    expect(page.locator("#out-email")).to_be_visible()
    shown = page.locator(".st-item")
    place = next(at for at, text in enumerate(shown.all_inner_texts()) if "E-mail" in text)
    for step in (1, 2):
        page.locator("#up-email").tap()
        expect(shown.nth(place - step)).to_contain_text("E-mail")

    assert place == 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    put_into_force(page)


def test_a_records_page_is_arranged_by_drag_and_by_keys_and_becomes_the_real_one(
    tab: Tab, office: Office
) -> None:
    contact = office.create("contact", name="Chen Harbour", job_title="Captain")
    url = "/studio/layout/contact/record"
    page = tab("admin")
    page.goto(url)
    grip = page.locator("#grip-job_title")
    highlights = page.locator("section[aria-label=Highlights] .st-item")
    page.locator("#grip-owner").press("Alt+ArrowUp")  # over the edge of the first section
    expect(highlights).to_have_count(1)
    expect(page.locator("#out-owner")).to_be_visible()
    drag(page, "job_title", "owner", url)
    expect(highlights).to_contain_text(["Job title", "Owner"])
    page.select_option("[name='place:main']", "main")
    drag(page, "related-tickets", "related-opportunities", url)
    preview = page.locator("#preview .hl")
    expect(preview).to_contain_text("Job title", timeout=PREVIEW)
    expect(grip).to_be_visible()
    put_into_force(page)

    page.goto(f"/o/contact/{contact}")
    expect(page.locator(".hl dt")).to_have_text(["Job title", "Owner"])
    expect(page.locator(".rec-in .mid")).to_contain_text("Contact")
    listed = page.locator(".rec-side .sec > summary")
    words = [
        one for one in listed.all_inner_texts() if one.startswith(("Tickets", "Opportunities"))
    ]
    assert words[0].startswith("Tickets")
    page.locator("#v-job_title button").click()  # edited in place as everywhere
    expect(page.locator("#v-job_title input[name=job_title]")).to_be_visible()


def test_a_records_page_is_arranged_on_a_phone(tab: Tab) -> None:
    page = tab("admin", width=390, language="zh")
    page.goto("/studio/layout/contact/record")
    page.locator("#out-panel-score").tap()
    expect(page.locator("#in-panel-score")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
