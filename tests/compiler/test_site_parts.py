"""Roles, navigation, calendars and reports of a site."""

from datetime import UTC, date, datetime

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.base.label import Label
from fieldstone.base.workdays import parse_span
from fieldstone.compiler.compile import compile_site
from fieldstone.model.site_model import NavGroup, NavItem
from tests.builders import USER, a_layer, a_model, field_types, rule_kinds

LEAD = "object: lead\nfields: {name: text}\nownership: {pools: [public_pool]}\nviews: {mine: {columns: [name]}}"


def test_a_site_without_an_administrator_gets_one():
    assert a_model(LEAD, "roles: {sales: Sales}").roles["admin"].administrator
    assert list(a_model(LEAD, "roles: {boss: {administrator: true}}").roles) == ["boss"]


def test_the_navigation_leads_to_objects_pools_pages_and_views():
    model = a_model(
        LEAD,
        "nav: {sales: {label: {zh: 销售}, items: [lead, {object: lead, view: mine}, {pool: public_pool}, {page: tasks}]}}",
    )

    assert model.nav == (
        NavItem("object", "lead", "sales"),
        NavItem("object", "lead", "sales", "mine"),
        NavItem("pool", "public_pool", "sales"),
        NavItem("page", "tasks", "sales"),
    )
    assert model.nav_groups == {"sales": NavGroup(Label("Sales", "销售"))}


def test_a_site_without_navigation_shows_every_object_that_is_not_hidden():
    model = a_model(LEAD, "object: log\nhidden: true\nfields: {name: text}")

    assert [item.target for item in model.nav] == ["user", "lead"]


def test_a_calendar_has_hours_holidays_and_made_up_workdays():
    calendar = a_model(
        LEAD,
        """
        calendars:
          office:
            zone: Asia/Shanghai
            hours: {mon-fri: ["09:00-12:00", "13:00-18:00"], fri: ["09:00-12:00"]}
            holidays: ["2026-03-04"]
            workdays: ["2026-03-07"]
        """,
    ).calendars["office"]

    assert calendar.works_on(date(2026, 3, 3))
    assert not calendar.works_on(date(2026, 3, 4))
    assert calendar.works_on(date(2026, 3, 7))
    friday_ten = datetime(2026, 2, 27, 2, tzinfo=UTC)
    assert calendar.after(friday_ten, parse_span("3 working hours")) == datetime(
        2026, 3, 2, 2, tzinfo=UTC
    )


def test_the_public_holidays_of_a_country_are_off():
    office = "calendars: {office: {hours: {mon-fri: ['09:00-18:00']}, country: CN}}"
    year = datetime.now(UTC).year

    assert not a_model(LEAD, office).calendars["office"].works_on(date(year, 10, 1))


def test_the_default_calendar_is_the_one_named_else_the_first_else_always_open():
    two = "calendars: {a: {hours: {mon: ['09:00-18:00']}}, b: {hours: {tue: ['09:00-18:00']}}}"

    assert a_model(LEAD, two + "\ndefault_calendar: b").calendars[""].code == "b"
    assert a_model(LEAD, two).calendars[""].code == "a"
    assert a_model(LEAD).calendars[""].always_open


def test_an_unknown_default_calendar_is_told():
    with pytest.raises(MetadataError) as refused:
        a_model(
            LEAD, "calendars: {office: {hours: {mon: ['09:00-18:00']}}}\ndefault_calendar: ofice"
        )

    assert [problem.cure for problem in refused.value.problems] == ["Write 'office'."]


def test_reports_are_checked_by_the_schema_they_are_given():
    schema = {
        "type": "object",
        "properties": {"label": {}, "kind": {"enum": ["funnel"]}},
        "required": ["kind"],
    }
    layers = [a_layer("core", USER, "reports:\n  f: {kind: funnel, label: Funnel, by: stage}")]

    report = compile_site(layers, field_types(), rule_kinds(), report_schema=schema).reports["f"]

    assert (report.kind, report.label.en, report.body) == ("funnel", "Funnel", {"by": "stage"})
    with pytest.raises(MetadataError, match="'funel' is not known here"):
        compile_site(
            [a_layer("core", USER, "reports: {f: {kind: funel}}")],
            field_types(),
            rule_kinds(),
            report_schema=schema,
        )


def test_defaults_of_the_installation_fill_the_settings_that_a_type_has():
    layers = [
        a_layer(
            "core",
            USER,
            "object: a\nfields: {x: currency, y: {type: currency, currency: EUR}, z: text}",
        )
    ]

    fields = (
        compile_site(layers, field_types(), rule_kinds(), defaults={"currency": "USD"})
        .objects["a"]
        .fields
    )

    assert (fields["x"].type.currency, fields["y"].type.currency) == ("USD", "EUR")


def test_the_roles_can_be_chosen_from_like_shared_options():
    model = a_model(
        "object: user\nfields: {name: text, roles: {type: multi_select, options_from: roles}}",
        "roles: {admin: {zh: 管理员, administrator: true}, sales: Sales}",
    )

    options = model.objects["user"].fields["roles"].type.options
    assert options["admin"].label == Label("Admin", "管理员")
    assert list(options) == ["admin", "sales"]


def test_an_object_of_ones_own_layer_stands_in_the_side_bar_unless_it_is_hidden():
    core = """
    object: lead
    fields: {name: text}
    """
    quiet = "object: quiet\nfields: {name: text}\n"
    nav = "nav: {records: {items: [lead]}, more: {items: [{object: user}]}}\n"
    visit = "object: visit\nfields: {name: text}\n"

    model = a_model(core, quiet, nav, site=visit)
    hidden = a_model(core, quiet, nav, site=visit + "hidden: true\n")

    assert [(one.target, one.group) for one in model.nav] == [
        ("lead", "records"),
        ("visit", "records"),
        ("user", "more"),
    ]
    assert [one.target for one in hidden.nav] == ["lead", "user"]
