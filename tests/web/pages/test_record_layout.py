"""The layout of a record's page: arranged in the studio, planned, in force, given back; and the page that keeps to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from fieldstone.evolution.apply import Wish
from fieldstone.model.objects import PANELS, RecordLayout
from fieldstone.web import pages
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio

URL = "/studio/layout/customer/record"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def marks(page: TestResponse) -> list[str]:
    return re.findall(r'name="at" value="([^"]*)"', page.text)


def names(page: TestResponse) -> dict[str, str]:
    found = dict(re.findall(r'name="((?:en|zh):[a-z0-9_]+)" value="([^"]*)"', page.text))
    chosen = re.findall(r'name="((?:columns|place):\w+)">.*?value="(\w+)" selected', page.text)
    return {**found, **dict(chosen)}


def send(admin: Visitor, at: list[str], url: str = URL, **more: str) -> TestResponse:
    pairs = [("csrf_token", admin.csrf), *(("at", one) for one in at), *more.items()]
    return admin.client.post(url, data=MultiDict(pairs))


def layout_of(office: Office, code: str = "customer") -> RecordLayout:
    return office.site.model.objects[code].layout


def moved(at: list[str], mark: str, after: str) -> list[str]:
    rest = [one for one in at if one != mark]
    rest.insert(rest.index(after) + 1, mark)
    return rest


def lay_out(office: Office, code: str, layout: object) -> None:
    changing = office.site.changing
    assert changing is not None
    ctx = office.site.system_context("test")
    number, documents = changing.current(ctx)
    wanted = documents.with_value(["objects", code, "layout"], layout)
    changing.apply(ctx, changing.plan(ctx, wanted, number), Wish("layout", second_word=True))


def test_nothing_moved_plans_nothing(admin: Visitor) -> None:
    for code in ("customer", "lead", "opportunity", "ticket", "product"):
        url = f"/studio/layout/{code}/record"
        page = admin.get(url)

        plan = send(admin, marks(page), url, plan="true", **names(page))
        assert "Nothing would change for anybody." in plan.text, code


def test_a_records_page_is_arranged_planned_put_into_force_and_given_back(
    office: Office, admin: Visitor
) -> None:
    customer = office.create("customer", name="Fjord Shipping", industry="logistics")
    shipped = layout_of(office)
    page = admin.get(URL)
    at = moved(marks(page), "f:industry", "s:=highlights")
    at = moved(at, "f:related-tickets", "s:=related")
    at = moved(at, "f:panel-owners", "s:=panels")
    at.remove("f:related-opportunities")
    first = next(one[2:] for one in at if one.startswith("s:") and "=" not in one)
    said = {**names(page), f"place:{first}": "main", f"columns:{first}": "2"}
    drawn = send(admin, at, **said)
    plan = send(admin, marks(drawn), plan="true", **said)
    confirm(admin, plan)
    layout = layout_of(office)
    shown = admin.get(f"/o/customer/{customer}").text

    assert "Not in force yet." in drawn.text
    assert "record section" in plan.text
    assert layout.highlights == ("industry", *shipped.highlights)
    assert (layout.panels or ())[0] == "owners"
    assert (layout.related or ())[0] == "tickets"
    assert "opportunities" not in (layout.related or ())
    section = (layout.sections or ())[0]
    assert (section.code, section.place, section.columns) == (first, "main", 2)
    assert shown.index('class="hl"') < shown.index('class="box mid"') < shown.index('class="rec-side"')  # fmt: skip
    assert shown.count('id="v-industry"') == 1
    assert ">Opportunities<" not in shown.partition('class="rec-side"')[2]

    again = admin.get(URL)
    back = send(admin, marks(again), reset="true", **names(again))
    confirm(admin, back)
    assert "Reset to core" in again.text
    assert layout_of(office) == shipped


def test_the_preview_shows_the_page_as_it_is_arranged(office: Office, admin: Visitor) -> None:
    customer = office.create("customer", name="Harbour Ltd", industry="logistics")
    page = admin.get(URL)
    at = moved(marks(page), "f:industry", "s:=highlights")
    at.remove("f:related-tickets")
    more = {**names(page), "pv-record": customer}
    drawn = send(admin, at, "/studio/preview/customer/layout/record", **more).text

    assert "Industry" in drawn.partition('class="hl"')[2].partition("</dl>")[0]
    assert "Contacts" in drawn
    assert "Tickets" not in drawn


def test_fields_panels_and_lists_stay_among_their_own_kind(admin: Visitor) -> None:
    page = admin.get(URL)
    at = marks(page)
    wrong = [*at[: at.index("s:=panels") + 1], "f:city", *at[at.index("s:=panels") + 1 :]]
    wrong.remove("f:city")
    stuck = send(admin, at, do="up panel-deadlines", **names(page))
    out = send(admin, at, do="out panel-score", **names(page))
    kept = send(admin, at, do="section-out =panels", **names(page))
    into = send(admin, marks(out), do="in panel-score =panels", **names(page))

    assert send(admin, wrong, plan="true", **names(page)).status_code == 200
    assert marks(stuck) == at
    assert marks(kept) == at
    assert "f:panel-score" in marks(out)[marks(out).index("s:=panels") :]
    last = [one for one in marks(into) if one.startswith("f:panel-")][-1]
    assert last == "f:panel-score"


def test_a_page_may_have_nothing_beside_it(office: Office, admin: Visitor) -> None:
    lay_out(office, "ticket", {"panels": []})
    ticket = office.create("ticket", subject="No light")
    side = admin.get(f"/o/ticket/{ticket}").text.partition('class="rec-side"')[2]

    assert "<details" not in side.partition("</aside>")[0]
    at = marks(admin.get("/studio/layout/ticket/record"))
    assert at[at.index("s:=panels") + 1] == "p:"


def test_a_section_may_hide_itself_and_what_is_empty_is_not_drawn(
    office: Office, admin: Visitor
) -> None:
    lay_out(office, "ticket", {
        "highlights": ["priority"],
        "sections": {
            "always": {"label": "Always there", "fields": ["subject", "kind"]},
            "never": {"label": "Never there", "fields": ["description"], "visible_when": "subject == 'nothing'"},
        },
        "panels": ["details"],
        "related": [],
    })  # fmt: skip
    ticket = office.create("ticket", subject="No light", description="It is dark")
    page = admin.get(f"/o/ticket/{ticket}").text

    assert "Always there" in page
    assert "Never there" not in page
    assert 'id="v-priority"' in page
    assert "Owners</summary>" not in page


def test_a_new_field_joins_the_sections_of_the_page_as_well(office: Office, admin: Visitor) -> None:
    lay_out(office, "product", {"sections": {"facts": {"fields": ["code"]}}})
    new = admin.get("/studio/o/product/fields/new?variant=text")
    section = re.search(r'name="_section".*?<option value="([a-z_]+)"', new.text, re.DOTALL)
    assert section is not None
    plan = admin.post("/studio/o/product/fields/new", variant="text", **{"label.en": "Weight", "code": "weight", "_section": section[1]})  # fmt: skip
    confirm(admin, plan)

    assert (layout_of(office, "product").sections or ())[0].fields == ("code", "weight")


def test_a_section_of_the_page_has_settings_of_its_own(office: Office, admin: Visitor) -> None:
    lay_out(office, "contact", {"sections": {"facts": {"fields": ["email"]}}})
    settings = admin.get("/studio/o/contact/layout/facts")
    designer = admin.get("/studio/o/contact/layout").headers["Location"]

    assert designer == "/studio/layout/contact/record"
    assert "/studio/o/contact/layout/facts" in admin.get(designer).text
    assert 'name="visible_when"' in settings.text
    assert 'name="place"' in settings.text


def test_every_panel_that_pages_add_beside_a_record_can_be_laid_out() -> None:
    named = [f"fieldstone.web.pages.{one.name}" for one in iter_modules(pages.__path__)]
    parts = [one for name in named for one in getattr(import_module(name), "RECORD_PARTS", ())]
    beside = {one.code for one in parts if one.place == "aside"}

    assert beside | {"details", "score", "related"} == set(PANELS)


def test_only_administrators_arrange_a_records_page(office: Office) -> None:
    seller = office.visitor("li")

    assert seller.get(URL).status_code == 403
    assert seller.post(URL, at="s:=highlights", plan="true").status_code == 403
    assert seller.post("/studio/preview/customer/layout/record").status_code == 403
