"""The form of a rule: what it draws it reads back, list by list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import Drawn, confirm, open_studio


@pytest.fixture(scope="module")
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


@pytest.mark.parametrize(
    "code",
    [
        "opportunity_stagnation", "lead_reminders", "big_deal_won", "follow_up_in_time", "lead_conversion",
        "lead_grading", "lead_scoring", "lead_matching", "public_pool", "lead_claim", "lead_holding", "lead_cooldown",
        "lead_protection", "lead_recall", "lead_interest", "conversion_in_time", "lead_merge", "website_form",
        "lead_assignment", "sales_turns", "sales_ranking", "leaving", "lead_duplicate", "lead_data_quality",
        "company_facts_of_leads",
    ],
)  # fmt: skip
def test_a_form_that_is_sent_as_it_was_drawn_changes_nothing(admin: Visitor, code: str) -> None:
    page = admin.get(f"/studio/o/-/rules/{code}")
    plan = admin.post(f"/studio/o/-/rules/{code}", **Drawn(page.text).values)

    assert "Nothing would change for anybody." in plan.text


def test_a_step_is_changed_and_keeps_what_no_column_shows(office: Office, admin: Visitor) -> None:
    values = Drawn(admin.get("/studio/o/-/rules/lead_reminders").text).values
    before = office.site.model.rules["lead_reminders"].written["steps"]
    values["steps-1-before"] = ["2 working hours"]
    confirm(admin, admin.post("/studio/o/-/rules/lead_reminders", **values))
    after = office.site.model.rules["lead_reminders"].written["steps"]

    assert after[1] == {**before[1], "before": "2 working hours"}
    assert [*after[:1], *after[2:]] == [*before[:1], *before[2:]]


def test_a_grading_is_put_together_line_by_line_and_calls_things_by_their_names(
    office: Office, admin: Visitor
) -> None:
    page = admin.get("/studio/o/-/rules/lead_grading")
    values = Drawn(page.text).values
    weights = office.site.model.rules["lead_grading"].written["fields"]
    line = next(n for n in range(len(weights)) if values[f"fields-{n}-key"] == ["mobile"])
    values[f"fields-{line}-weight"] = ["4"]
    confirm(admin, admin.post("/studio/o/-/rules/lead_grading", **values))
    after = office.site.model.rules["lead_grading"].written

    assert '<option value="grade" selected>Grade</option>' in page.text
    assert after["fields"] == {**weights, "mobile": 4}
    assert "Office hours in China" in admin.get("/studio/o/-/rules/lead_claim").text


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a form posts, the lines of one setting taken away."""
    return {key: said for key, said in values.items() if not key.startswith(f"{name}-")}


def test_a_line_that_is_deleted_from_a_map_is_gone(office: Office, admin: Visitor) -> None:
    rules = "/studio/o/-/rules/"
    values = without(Drawn(admin.get(rules + "partner_leads").text).values, "field_map")
    for n, (field, path) in enumerate((("name", "contact.name"), ("mobile", "contact.phone"))):
        values |= {f"field_map-{n}-_code": [field], f"field_map-{n}-from": [path]}
    values["field_map-1-default"] = ["'-'"]
    confirm(admin, admin.post(rules + "partner_leads", **values))
    values = without(Drawn(admin.get(rules + "company_facts_of_leads").text).values, "settings")
    values |= {"provider": ["http_json"], "settings-0-key": ["url"], "settings-0-value": ["https://a.example/{key}"]}  # fmt: skip
    values |= {"settings-1-key": ["allow"], "settings-1-value": ["[a.example]"]}
    confirm(admin, admin.post(rules + "company_facts_of_leads", **values))
    source = office.site.model.rules["partner_leads"].written
    asking = office.site.model.rules["company_facts_of_leads"].written

    assert source["field_map"] == {
        "name": "contact.name",
        "mobile": {"from": "contact.phone", "default": "-"},
    }
    assert asking["settings"] == {"url": "https://a.example/{key}", "allow": ["a.example"]}


def test_a_stage_that_something_names_is_archived_by_its_form_and_by_retire_alike(
    office: Office, admin: Visitor
) -> None:
    url = "/studio/o/lead/stages/contacted"
    retired = admin.post(f"{url}/remove")
    values = Drawn(admin.get(url).text).values
    archived = admin.post(url, **{**values, "archived": ["false", "true"]})
    for plan in (retired, archived):
        assert plan.status_code == 200
        assert "Retire stage &#34;Contacted&#34; of Lead" in plan.text
        assert "&#34;Contacted&#34; is named in" in plan.text
        assert "view &#34;My leads&#34; of Lead" in plan.text
    confirm(admin, retired)
    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None
    assert pipelines.pipelines["standard"].stages["contacted"].archived
    confirm(admin, admin.post(f"{url}/restore"))
    again = office.site.model.objects["lead"].pipelines
    assert again is not None
    assert not again.pipelines["standard"].stages["contacted"].archived


def test_a_plan_that_cannot_come_into_force_leads_to_what_stands_in_the_way(admin: Visitor) -> None:
    plan = admin.post("/studio/o/-/rules/sales_turns/remove")

    assert plan.status_code == 422
    assert re.search(
        r'<a href="/studio/o/-/rules/lead_assignment"[^>]*>Lead assignment</a>', plan.text
    )
    assert "Put into force" not in plan.text


def test_lists_of_the_studio_speak_of_things_by_their_names(admin: Visitor) -> None:
    fields = admin.get("/studio/o/lead/fields").text
    sets = admin.get("/studio/o/-/options").text

    assert "condition: Kind is Call" in fields
    assert "<b>Region</b>" in sets
