"""Settings with settings of their own: entries of rules and actions of stages as forms, and back to YAML without loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fieldstone.compiler.site_shapes import rule_schema
from fieldstone.web.i18n import speech
from fieldstone.web.pages.schema_form import SchemaForm
from fieldstone.web.pages.studio_nested import Known, nested_in
from tests.builders import rule_kinds, the_core
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import Drawn, confirm, open_studio

URL = "/studio/o/-/rules/lead_assignment"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def form_of(kind: str, before: dict[str, Any]) -> SchemaForm:
    properties = rule_schema(rule_kinds()[kind])["properties"]
    shown = {name: one for name, one in properties.items() if name not in ("kind", "object")}
    english = speech("en")
    nested = nested_in(shown, before, Known(english))
    return SchemaForm(shown, frozenset(), english, nested=nested)


def posted(page: TestResponse) -> dict[str, Any]:
    """Return what the form of an entry would post."""
    return Drawn(page.text).values


def entries_of(office: Office, code: str = "lead_assignment", name: str = "entries") -> Any:
    return plain(office.site.model.rules[code].written[name])


def test_what_nobody_touches_is_written_as_it_was_in_every_rule_of_the_core() -> None:
    for rule in the_core().rules.values():
        before = plain(rule.written)
        form = form_of(rule.kind, before)
        values, errors = form.read(form.said(before))

        for name in form.nested:
            assert values.get(name) == before.get(name), (rule.code, name)
        assert not errors, rule.code


def test_entries_with_conditions_come_with_the_builder_and_their_own_settings() -> None:
    before = {"entries": [{"code": "north", "when": "region == 'north'", "to": {"team": "north"}}]}
    entry = form_of("assignment", before).nested["entries"].drawn("entries", {}, {})["entries"]
    by_name = {one["name"]: one for one in entry["lines"][0]["fields"]}
    blank = {one["name"] for one in [*entry["blank"]["fields"], *entry["blank"]["more"]]}

    assert by_name["entries-0-when"]["condition"] is True
    assert by_name["entries-0-when"]["value"] == "region == 'north'"
    inside = by_name["entries-0-to"]["inside"]["fields"]
    assert [(one["name"], one["value"]) for one in inside] == [("entries-0-to-team", "north")]
    assert {"entries-__n__-when", "entries-__n__-to", "entries-__n__-method"} <= blank


def test_a_condition_about_the_object_named_beside_it_is_asked_of_that_object() -> None:
    before = {"hand_over": {"deals": {"object": "opportunity", "when": "amount > 5", "to": "manager"}}}  # fmt: skip
    drawn = form_of("offboarding", before).nested["hand_over"].drawn("hand_over", {}, {})["entries"]
    line = drawn["lines"][0]
    when = next(one for one in line["fields"] if one["name"] == "hand_over-0-when")

    assert (when["about"], when["condition"]) == ("opportunity", True)
    assert line["code"]["value"] == "deals"
    fresh = [*drawn["blank"]["fields"], *drawn["blank"]["more"]]
    assert not next(one for one in fresh if one["name"].endswith("-when"))["condition"]


def test_entries_keep_the_order_of_the_page_and_tell_what_is_wrong_where_it_stands() -> None:
    before = {"entries": [{"code": "a", "to": {"user": "a@b.example"}}, {"code": "b", "to": {"pool": "p"}}]}  # fmt: skip
    form = form_of("assignment", before)
    said = form.said(before)
    first = {k: v for k, v in said.items() if k.startswith("entries-0-")}
    turned = {**{k: v for k, v in said.items() if k not in first}, **first, "entries-7-when": "score > 1", "entries-8-when": ""}  # fmt: skip
    values, errors = form.read(turned)

    assert [one.get("code") for one in values["entries"]] == ["b", "a", None]
    assert errors == {"entries-7-to": "This is needed."}
    shown = form.fields(before, turned, errors)
    entries = next(one for one in shown if one["name"] == "entries")["entries"]["lines"]
    to = next(one for one in entries[2]["fields"] if one["name"] == "entries-7-to")
    assert to["errors"] == ["This is needed."]


def test_what_may_be_one_thing_or_several_stays_one_until_a_second_comes() -> None:
    one = {"create": {"object": "activity", "set": {"kind": "'task'"}}}
    form = form_of("automation", one)
    said = form.said(one)
    more = {**said, "create-1-object": "ticket", "create-1-set": "subject: \"'x'\""}

    assert form.read(said)[0]["create"] == one["create"]
    assert [x["object"] for x in form.read(more)[0]["create"]] == ["activity", "ticket"]


def test_an_entry_is_added_moved_and_taken_away_in_the_studio(
    office: Office, admin: Visitor
) -> None:
    before = entries_of(office)
    page = admin.get(URL)
    fields = posted(page)
    last = f"entries-{len(before)}-"
    first = {k: fields.pop(k) for k in list(fields) if k.startswith("entries-0-")}
    for name in [k for k in fields if k.startswith("entries-1-")]:
        del fields[name]
    added = {f"{last}code": "rich", f"{last}when": "budget > 500000", f"{last}to-role": "sales"}
    plan = admin.post(URL, **{**fields, **first, **added})
    confirm(admin, plan)
    after = entries_of(office)

    assert after == [*before[2:], before[0], {"code": "rich", "when": "budget > 500000", "to": {"role": "sales"}}]  # fmt: skip


def test_an_untouched_rule_plans_nothing(admin: Visitor) -> None:
    for code in ("lead_assignment", "lead_reminders", "opportunity_stagnation", "public_pool", "leaving"):  # fmt: skip
        url = f"/studio/o/-/rules/{code}"
        plan = admin.post(url, **posted(admin.get(url)))

        assert "Nothing would change for anybody." in plan.text, code


def test_one_setting_of_a_map_is_changed_and_the_others_stay_with_the_layer_below(
    office: Office, admin: Visitor
) -> None:
    url = "/studio/o/-/rules/leaving"
    fields = posted(admin.get(url))
    key = next(k for k in fields if k.endswith("-when") and fields[k] != [""])
    code = fields[key.removesuffix("when") + "_code"][0]
    confirm(admin, admin.post(url, **{**fields, key: ""}), second_word="true")
    changing = office.site.changing
    assert changing is not None
    documents = changing.current(office.site.system_context("test"))[1]

    assert "when" not in entries_of(office, "leaving", "hand_over")[code]
    assert documents.value(["rules", "leaving"])[0] == {"hand_over": {code: {"when": None}}}


def test_a_wrong_condition_inside_an_entry_is_told_in_the_plan(admin: Visitor) -> None:
    fields = posted(admin.get(URL))
    refused = admin.post(URL, **{**fields, "entries-0-when": "colour == 'red'"})

    assert refused.status_code == 422
    assert "colour" in refused.text


def test_actions_of_a_stage_are_entries(office: Office, admin: Visitor) -> None:
    url = "/studio/o/opportunity/stages/proposal?pipeline=standard"
    page = admin.get(url)
    pipeline = next(iter(office.site.model.objects["opportunity"].pipelines.pipelines))  # type: ignore[union-attr]
    fields = {**posted(page), "pipeline": pipeline}
    fields |= {"enter-9-notify-to": "owner", "enter-9-notify-message.en": "A proposal is due"}
    confirm(admin, admin.post("/studio/o/opportunity/stages/proposal", **fields))
    stage = (
        office.site.model.objects["opportunity"].pipelines.pipelines[pipeline].stages["proposal"]
    )  # type: ignore[union-attr]

    assert 'data-field="enter"' in page.text
    assert [one.kind for one in stage.enter][-1] == "notify"
