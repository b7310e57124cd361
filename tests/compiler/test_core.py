"""What the product ships: complete in both languages, and sensible for a company that sells to others."""

import re

import pytest

from fieldstone.model.platform_names import FIELDS, OPTIONS
from tests.builders import ROOT, the_core

OBJECTS = (
    "user", "department", "team", "channel", "campaign", "lead", "customer", "contact",
    "opportunity", "product", "activity", "ticket",
)  # fmt: skip
ROLES = (
    "admin",
    "sales",
    "sales_manager",
    "marketing",
    "service",
    "service_manager",
    "viewer",
    "integrator",
)


def labels_of(spec):
    yield spec.code, spec.label
    yield f"{spec.code} (plural)", spec.plural
    for code, field in spec.fields.items():
        yield code, field.label
        for option in getattr(field.type, "options", {}).values():
            yield f"{code}.{option.code}", option.label
    for pipeline in spec.pipelines.pipelines.values() if spec.pipelines else ():
        yield pipeline.code, pipeline.label
        yield from ((stage.code, stage.label) for stage in pipeline.stages.values())
        yield from (
            (f"{stage.code} guard", stage.guard_text)
            for stage in pipeline.stages.values()
            if stage.guard
        )
    yield from ((view.code, view.label) for view in spec.views.values())
    yield from ((section.code, section.label) for section in spec.form)
    yield from ((relation.name, relation.label) for relation in spec.relations.values())


def test_the_core_has_the_objects_and_roles_of_a_company():
    assert set(OBJECTS) <= the_core().objects.keys()
    assert tuple(the_core().roles) == ROLES


@pytest.mark.parametrize("code", OBJECTS)
def test_every_text_is_there_in_english_and_chinese(code):
    missing = [
        name for name, label in labels_of(the_core().objects[code]) if not (label.en and label.zh)
    ]

    assert missing == []


@pytest.mark.parametrize("code", OBJECTS)
def test_every_object_can_be_found_listed_and_filled_in(code):
    spec = the_core().objects[code]

    assert spec.title in spec.fields
    assert spec.search
    assert any(view.kind == "list" for view in spec.views.values())
    assert spec.quick
    assert {
        field
        for field, one in spec.fields.items()
        if one.required and not one.system and not one.derived
    } <= {field for section in spec.form for field in section.fields}


@pytest.mark.parametrize("code", OBJECTS)
def test_administrators_may_do_everything_and_viewers_change_nothing(code):
    permissions = the_core().objects[code].permissions

    assert (
        permissions["admin"].read
        == permissions["admin"].update
        == permissions["admin"].delete
        == "all"
    )
    viewer = permissions["viewer"]
    assert (viewer.create, viewer.update, viewer.delete, viewer.export) == (
        False,
        "none",
        "none",
        False,
    )


def test_nothing_of_the_core_is_reached_only_by_its_address():
    shown = {item.target for item in the_core().nav if item.kind == "object"}

    of_pages = {
        "absence",
        "channel",
        "channel_cost",
    }  # lists behind "Who is away", "Channels and costs"
    assert shown | of_pages == {
        code for code, spec in the_core().objects.items() if not spec.hidden
    }


def test_a_lead_leads_to_customer_contact_and_opportunity():
    lead = the_core().objects["lead"]

    assert lead.pipelines.pipelines["standard"].stages["converted"].only_by == "convert"
    assert {
        "customer",
        "contact",
        "opportunity",
        "campaign",
        "channel",
        "utm_source",
    } <= lead.fields.keys()
    assert lead.timeline
    assert "public_pool" in lead.pools


def test_line_items_and_totals_follow_each_other():
    core = the_core()

    assert list(core.objects["opportunity__items"].fields)[2:] == [
        "product",
        "quantity",
        "price",
        "discount",
        "amount",
    ]
    assert core.objects["opportunity"].fields["items_total"].formula.rows == {"items": {"amount"}}
    assert core.objects["opportunity"].fields["number"].type.name == "autonumber"
    assert core.objects["customer"].fields["won_amount"].rollup.relation == "opportunities"


def test_activities_hang_on_whatever_they_are_about():
    activity = the_core().objects["activity"]

    assert list(activity.fields["kind"].type.options) == [
        "call",
        "visit",
        "meeting",
        "task",
        "note",
        "email",
    ]
    for code in ("lead", "customer", "contact", "opportunity", "ticket"):
        assert the_core().objects[code].relations["activities"].field == code
        assert (code, "id") in activity.indexes


def test_the_lists_people_open_most_are_served_by_an_index():
    lead = the_core().objects["lead"].indexes

    assert ("owner", "created_at", "id") in lead
    assert ("pool", "created_at", "id") in lead
    assert ("stage", "created_at", "id") in lead
    assert ("-score", "-id") in lead
    assert ("owner", "due_at", "id") in the_core().objects["activity"].indexes


def test_what_the_platform_says_it_reads_by_its_code_is_there_and_is_read() -> None:
    folders = (ROOT / "platform/fieldstone", ROOT / "ui_templates")
    files = [
        one
        for folder in folders
        for pattern in ("*.py", "*.html")
        for one in folder.rglob(pattern)
        if "node_modules" not in one.parts and one.name != "platform_names.py"
    ]
    words = set(re.findall(r"[a-z_]+", " ".join(one.read_text("utf-8") for one in files)))
    model = the_core()

    for object_name, fields in FIELDS.items():
        spec = model.objects[object_name]
        assert sorted(fields - spec.fields.keys()) == []
        assert sorted(fields - words) == []
    for (object_name, field), options in OPTIONS.items():
        assert options <= model.objects[object_name].fields[field].type.options.keys()
