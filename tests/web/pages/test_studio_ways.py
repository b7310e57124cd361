"""Settings that may be written in several ways, maps line by line, entries that are a bare value or more: no form of a rule asks for YAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fieldstone.compiler.site_shapes import rule_schema
from fieldstone.web.i18n import speech
from fieldstone.web.pages.schema_form import SchemaForm
from fieldstone.web.pages.studio_inner import Known
from fieldstone.web.pages.studio_nested import nested_in
from tests.builders import rule_kinds
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import Drawn, confirm, open_studio

RULES = "/studio/o/-/rules/"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def form_of(kind: str, before: dict[str, Any] | None = None) -> SchemaForm:
    shown = rule_schema(rule_kinds()[kind])["properties"]
    english = speech("en")
    return SchemaForm(shown, frozenset(), english, nested=nested_in(shown, before or {}, Known(english)))  # fmt: skip


def inside(drawn: Any) -> Iterator[dict[str, Any]]:
    """Yield every control, those of blank entries among them."""
    if isinstance(drawn, dict):
        yield drawn
    for one in drawn.values() if isinstance(drawn, dict) else drawn:
        if isinstance(one, dict | list):
            yield from inside(one)


def written(office: Office, code: str) -> Any:
    return office.site.model.rules[code].written


@pytest.mark.parametrize("kind", sorted(rule_kinds()))
def test_no_setting_of_any_kind_of_rule_has_to_be_typed_as_yaml(kind: str) -> None:
    boxes = [one["name"] for one in inside(form_of(kind).fields({}, {}, {})) if one.get("mono")]

    assert boxes == []


@pytest.mark.parametrize("kind", sorted(rule_kinds()))
def test_every_word_to_choose_is_there_in_chinese(kind: str) -> None:
    settings = rule_schema(rule_kinds()[kind])["properties"]
    shown = {name: one for name, one in settings.items() if name not in ("kind", "object")}
    chinese = speech("zh")
    form = SchemaForm(shown, frozenset(), chinese, nested=nested_in(shown, {}, Known(chinese)))
    listed = [one["options"] for one in inside(form.fields({}, {}, {})) if one.get("options")]
    words = {one["value"]: one["label"] for options in listed for one in options}

    names = {"Webhook", "TLS", "STARTTLS", "Jaro-Winkler"}
    assert [label for label in words.values() if label.isascii() and label not in names] == []


def test_a_time_is_given_once_or_by_case_or_by_condition() -> None:
    form = form_of("deadline")
    once, _ = form.read({"within-as": "a0", "within-a0": "2 days"})
    case, _ = form.read({
        "within-as": "a1", "within-a0": "2 days", "within-a1-0-key": "good", "within-a1-0-value": "4 working hours",
        "within-a1-1-key": "", "within-a1-1-value": "3 days",
    })  # fmt: skip
    condition, _ = form.read({"within-as": "a2", "within-a2-0-when": "score > 50", "within-a2-0-within": "1 day"})  # fmt: skip

    assert once["within"] == "2 days"
    assert case["within"] == {"good": "4 working hours", "default": "3 days"}
    assert condition["within"] == [{"when": "score > 50", "within": "1 day"}]


def test_an_entry_that_says_nothing_but_its_value_is_written_bare() -> None:
    before = {"thresholds": {"warm": 40, "hot": {"at": 60, "label": {"en": "hot"}}}}
    form = form_of("scoring", before)
    said = form.said(before)
    marked = {**said, "thresholds-0-label.en": "warm", "thresholds-9-_code": "cold", "thresholds-9-at": "5"}  # fmt: skip
    unmarked = {**said, "thresholds-1-label.en": ""}

    assert form.read(said)[0]["thresholds"] == before["thresholds"]
    assert form.read(marked)[0]["thresholds"] == {
        "warm": {"at": 40, "label": {"en": "warm"}},
        "hot": {"at": 60, "label": {"en": "hot"}},
        "cold": 5,
    }
    assert form.read(unmarked)[0]["thresholds"]["hot"] == 60


def test_a_case_that_is_there_twice_and_a_value_without_a_key_are_told() -> None:
    form = form_of("pool")
    twice = {"return_reasons-0-key": "far", "return_reasons-0-en": "Far", "return_reasons-1-key": "far", "return_reasons-1-en": "Too far"}  # fmt: skip
    nameless = {"return_reasons-0-key": "", "return_reasons-0-en": "Far"}

    assert form.read(twice)[1] == {"return_reasons": "far is there twice."}
    assert form.read(nameless)[1] == {"return_reasons": "Say for each value what it belongs to."}


def test_lines_inside_entries_and_entries_that_may_be_bare_are_changed_in_the_studio(
    office: Office, admin: Visitor
) -> None:
    before = written(office, "lead_matching")
    values = Drawn(admin.get(RULES + "lead_matching").text).values
    phone = next(k for k, v in values.items() if k.startswith("against-0-_value-") and v == ["phone"])  # fmt: skip
    values[phone] = ["website"]
    values |= {"blocks-9-fields": ["website"], "blocks-9-as": ["domain"]}
    confirm(admin, admin.post(RULES + "lead_matching", **values))
    after = written(office, "lead_matching")

    assert after["against"]["customer"] == {**before["against"]["customer"], "mobile": "website"}
    assert after["blocks"] == [*before["blocks"], {"fields": "website", "as": "domain"}]


def test_who_may_add_anyway_is_everybody_or_the_people_of_roles(
    office: Office, admin: Visitor
) -> None:
    page = admin.get(RULES + "lead_duplicate")
    values = Drawn(page.text).values
    values |= {"may_override-as": ["a1"], "may_override-a1": ["", "sales_manager", "admin"]}
    confirm(admin, admin.post(RULES + "lead_duplicate", **values))

    assert "Sales manager" in page.text
    assert set(written(office, "lead_duplicate")["may_override"]) == {"sales_manager", "admin"}


def test_fields_roles_and_pools_are_chosen_by_what_people_call_them(admin: Visitor) -> None:
    pool = admin.get(RULES + "public_pool").text
    deadline = admin.get(RULES + "follow_up_in_time").text
    source = admin.get(RULES + "website_form").text

    conversion = admin.get(RULES + "lead_conversion").text
    board = admin.get("/studio/o/lead/views/pipeline").text

    assert 'data-name="masked"' in pool
    assert '<option value="utm_medium" selected>UTM medium</option>' in source
    assert '<option value="opportunity" selected>Opportunity</option>' in conversion
    assert 'name="counts-at" value="done_at"' in deadline
    assert '<option value="budget" selected>Budget</option>' in board
    states = admin.get(RULES + "lead_sales_ready").text
    assert '<option value="marketing_lead" selected>Marketing lead</option>' in states
    assert '<option value="good" selected>' in deadline
    assert "all others" in deadline
    assert '<option value="public_pool" selected>Public pool</option>' in deadline
    assert 'name="extend.beyond" value="sales_manager" checked' in deadline
    assert 'name="also_known-0-_value-0-value" value="phone"' in source


def test_what_is_missing_is_told_with_its_name_wherever_it_stands(admin: Visitor) -> None:
    said = {"object": "lead", "variant": "matching", "code": "alike", "fields-0-_code": "name", "against-0-_code": "customer"}  # fmt: skip
    refused = admin.post(RULES + "new", **said, **{"against-0-_value": "", "blocks-0-as": "text"})

    assert refused.status_code == 422
    assert "Against › Customer › Value: This is needed." in refused.text
    assert "Blocks › Fields: This is needed." in refused.text


def test_a_list_that_is_there_and_empty_stays_so(admin: Visitor) -> None:
    url = "/studio/o/-/nav/engine"
    plan = admin.post(url, **Drawn(admin.get(url).text).values)

    assert "Nothing would change for anybody." in plan.text
