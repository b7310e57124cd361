"""What the forms of the studio let people choose: orders, people, reasons, actions, fields of another object, values of a set line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fieldstone.base.named import SORTS
from fieldstone.compiler.site_shapes import schemas
from fieldstone.reports.shapes import SCHEMA
from tests.builders import rule_kinds
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import Drawn, confirm, open_studio

RULES = "/studio/o/-/rules/"


@pytest.fixture(scope="module")
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def written(office: Office, code: str) -> Any:
    return office.site.model.rules[code].written


def formats(schema: Any) -> Iterator[str]:
    """Yield every format of a schema."""
    for name, one in schema.items() if isinstance(schema, dict) else ():
        if name == "format" and isinstance(one, str):
            yield one
        yield from formats(one)
    for one in schema if isinstance(schema, list | tuple) else ():
        yield from formats(one)


def test_every_name_that_a_schema_asks_for_is_of_a_sort_that_is_known(office: Office) -> None:
    published = schemas(office.site.vocabulary.types, rule_kinds(), SCHEMA)

    assert {one.partition(":")[0] for one in formats(dict(published))} <= set(SORTS)


def test_an_order_is_lines_of_a_field_and_a_way(office: Office, admin: Visitor) -> None:
    url = "/studio/o/lead/views/all"
    values = Drawn(admin.get(url).text).values
    before = office.site.model.objects["lead"].views["all"].sort
    values |= {"sort-0-field": ["grade"], "sort-0-way": ["-"], "sort-1-field": ["created_at"], "sort-1-way": [""]}  # fmt: skip
    confirm(admin, admin.post(url, **values))
    after = office.site.model.objects["lead"].views["all"].sort
    twice = admin.post(url, **{**values, "sort-1-field": "grade"})

    assert before != after == (("grade", True), ("created_at", False))
    assert twice.status_code == 422
    assert "Grade is there twice." in twice.text


def test_people_are_found_by_name_and_written_by_their_address(
    office: Office, admin: Visitor
) -> None:
    found = admin.get("/studio/names?sort=user&q=admin", target="div#f-x-list").text
    told = admin.get("/studio/names?sort=person&own=lead&q=sales", target="div#f-x-list").text
    values = Drawn(admin.get(RULES + "lead_holding").text).values
    values |= {"limits-9-user": ["admin@harbor.example"], "limits-9-most": ["7"]}
    confirm(admin, admin.post(RULES + "lead_holding", **values))
    page = admin.get(RULES + "lead_holding").text

    assert 'data-value="admin@harbor.example"' in found
    assert 'data-value="role:sales"' in told
    assert {"user": "admin@harbor.example", "most": 7} in written(office, "lead_holding")["limits"]
    assert 'value="admin@harbor.example"' in page
    assert "sort=user" in page


def test_who_is_told_is_shown_by_name_and_keeps_its_writing(admin: Visitor) -> None:
    page = admin.get(RULES + "big_deal_won").text

    assert (
        'Manager of the owner<input type="hidden" name="notify-0-to" value="owner.manager">' in page
    )
    assert (
        'Sales manager<input type="hidden" name="notify-0-to" value="role:sales_manager">' in page
    )


def test_reasons_actions_and_states_are_chosen(admin: Visitor) -> None:
    cooling = admin.get(RULES + "lead_cooldown").text
    stage = admin.get("/studio/o/lead/stages/converted").text
    right = admin.get("/studio/o/lead/permissions/sales").text
    states = admin.get(RULES + "lead_interest").text

    assert 'name="reasons" value="no_follow_up"' in cooling
    assert '<option value="convert" selected>Convert</option>' in stage
    assert 'name="actions" value="claim"' in right
    assert 'name="recycle-out_of" value="marketing_lead"' in states
    assert 'name="recycle-last"' in states
    assert '<option value="nurturing"' in states


def test_fields_of_another_object_are_asked_of_the_object_that_is_chosen_beside(
    admin: Visitor,
) -> None:
    matches = admin.get(RULES + "lead_duplicate").text
    scores = admin.get(RULES + "lead_scoring").text
    conversion = admin.get(RULES + "lead_conversion").text
    blank = conversion.rpartition("carry-__n__-link")[0]

    assert 'data-beside="against-0-_code"' in matches
    assert 'data-beside="events-0-_code"' in scores
    assert 'data-beside="carry-0-_code"' in conversion
    assert 'data-beside="carry-__n__-_code"' in blank
    url = "/studio/names?sort=field&own=lead&about=activities&through=relation"
    assert 'data-value="done_at"' in admin.get(url, target="div#f-x-list").text


def test_a_set_line_gives_an_expression_a_text_or_a_time(office: Office, admin: Visitor) -> None:
    said = {"object": "lead", "variant": "automation", "code": "greeting", "label.en": "Greeting"}
    lines = {
        "set-0-key": "need", "set-0-how": "text", "set-0-value": "Welcome", "set-0-zh": "欢迎",
        "set-1-key": "next_follow_up", "set-1-how": "after", "set-1-value": "2 days",
        "set-2-key": "budget", "set-2-value": "budget * 2", "set-3-key": "", "set-3-value": "",
    }  # fmt: skip
    confirm(admin, admin.post(RULES + "new", **said, **lines))
    wanted = {
        "need": {"text": {"en": "Welcome", "zh": "欢迎"}},
        "next_follow_up": {"after": "2 days"},
        "budget": "budget * 2",
    }
    page = admin.get(RULES + "greeting").text
    again = admin.post(RULES + "greeting", **Drawn(page).values)

    assert written(office, "greeting")["set"] == wanted
    assert '<option value="after" selected>A time from now</option>' in page
    assert "Nothing would change for anybody." in again.text


def test_a_stranger_to_the_lists_is_kept(office: Office, admin: Visitor) -> None:
    values = Drawn(admin.get(RULES + "lead_cooldown").text).values
    values |= {"reasons": ["", "no_follow_up", "rained"]}
    confirm(admin, admin.post(RULES + "lead_cooldown", **values))
    again = Drawn(admin.get(RULES + "lead_cooldown").text).values

    assert set(written(office, "lead_cooldown")["reasons"]) == {"no_follow_up", "rained"}
    assert "rained" in again["reasons"]


def test_a_cap_is_a_number_or_the_field_of_the_person_that_holds_it(
    office: Office, admin: Visitor
) -> None:
    url = RULES + "sales_turns"
    page = admin.get(url).text
    values = Drawn(page).values
    values |= {"limits-per_month": ["40"], "limits-per_day": ["weight"]}
    confirm(admin, admin.post(url, **values))

    assert '<option value="month_quota">Leads a month at most</option>' in page
    assert written(office, "sales_turns")["limits"] == {"per_month": 40, "per_day": "weight"}
