"""The form of a rule: what it draws it reads back, list by list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio


@pytest.fixture(scope="module")
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


class Drawn(HTMLParser):
    """What a browser would post of the form on a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._open: tuple[str, str] | None = None  # a text area or a choice that is being read
        self._blank = 0
        self.feed(html.partition('id="entry-form"')[2].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._blank += tag == "template"
        if self._blank:
            return
        if tag in ("select", "textarea"):
            self._open = (said.get("name", ""), "")
        if tag == "option" and self._open and "selected" in said:
            self._open = (self._open[0], said.get("value", ""))
        ticked = said.get("type") not in ("checkbox", "radio") or "checked" in said
        if tag == "input" and said.get("name") and ticked:
            self.values.setdefault(said["name"], []).append(said.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None and self._open and self.lasttag == "textarea":
            self._open = (self._open[0], self._open[1] + data)

    def handle_endtag(self, tag: str) -> None:
        self._blank -= tag == "template"
        if tag in ("select", "textarea") and self._open:
            name, value = self._open
            self._open = None
            if name:
                self.values.setdefault(name, []).append(value)


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
    values[f"fields-{line}-value"] = ["4"]
    confirm(admin, admin.post("/studio/o/-/rules/lead_grading", **values))
    after = office.site.model.rules["lead_grading"].written

    assert '<option value="grade" selected>Grade</option>' in page.text
    assert after["fields"] == {**weights, "mobile": 4}
    assert "Office hours in China" in admin.get("/studio/o/-/rules/lead_claim").text


def test_a_line_that_is_deleted_from_a_map_is_gone(office: Office, admin: Visitor) -> None:
    rules = "/studio/o/-/rules/"
    values = Drawn(admin.get(rules + "partner_leads").text).values
    values["field_map"] = ["name: contact.name\nmobile: {from: contact.phone, default: '-'}"]
    confirm(admin, admin.post(rules + "partner_leads", **values))
    values = Drawn(admin.get(rules + "company_facts_of_leads").text).values
    values |= {"provider": ["http_json"], "settings": ["url: https://a.example/{key}\nallow: [a.example]"]}  # fmt: skip
    confirm(admin, admin.post(rules + "company_facts_of_leads", **values))
    source = office.site.model.rules["partner_leads"].written
    asking = office.site.model.rules["company_facts_of_leads"].written

    assert source["field_map"] == {
        "name": "contact.name",
        "mobile": {"from": "contact.phone", "default": "-"},
    }
    assert asking["settings"] == {"url": "https://a.example/{key}", "allow": ["a.example"]}


def test_a_plan_that_cannot_come_into_force_leads_to_what_stands_in_the_way(admin: Visitor) -> None:
    plan = admin.post("/studio/o/lead/stages/contacted/remove")

    assert plan.status_code == 422
    assert re.search(r'<a href="/studio/o/-/rules/follow_up_in_time"[^>]*>Follow-up</a>', plan.text)
    assert re.search(r'<a href="/studio/o/lead/views/mine"[^>]*>Lead · My leads</a>', plan.text)
    assert "Put into force" not in plan.text


def test_lists_of_the_studio_speak_of_things_by_their_names(admin: Visitor) -> None:
    fields = admin.get("/studio/o/lead/fields").text
    sets = admin.get("/studio/o/-/options").text

    assert "condition: Kind is Call" in fields
    assert "<b>Region</b>" in sets
