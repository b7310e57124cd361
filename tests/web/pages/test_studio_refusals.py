"""Hand-made requests to the studio: each is refused in clear words, and nothing changes."""

from __future__ import annotations

import json
import re

import pytest
from werkzeug.test import TestResponse

from tests.web.pages.office import Office, Visitor

LEAD = ["objects", "lead"]
DEEP: list[object] = []
for _ in range(60):
    DEEP = [DEEP]
STEPS: dict[str, list[dict[str, object]]] = {
    "a part that is none": [{"do": "set", "path": ["secrets", "key"], "value": 1}],
    "a path without an object": [{"do": "set", "path": ["objects"], "value": {}}],
    "a value without a path": [{"do": "set", "value": 1}],
    "a move without an end": [{"do": "move", "path": [*LEAD, "stage"]}],
    "a move to nowhere": [{"do": "set", "path": [*LEAD, "help"], "value": "x"}, {"do": "move", "path": ["lead", "stage", "new"], "to": "nowhere"}],
    "a file elsewhere": [{"do": "text", "file": "../../etc/passwd", "text": "a: 1"}],
    "a file of another kind": [{"do": "text", "file": "metadata/x.py", "text": "a: 1"}],
    "a text that is no YAML": [{"do": "text", "file": "metadata/lead.yaml", "text": "object: lead\nfields: [\n"}],
    "a text with an alias": [{"do": "text", "file": "metadata/lead.yaml", "text": "object: &a lead\nlabel: *a\n"}],
    "a field of no type": [{"do": "set", "path": [*LEAD, "fields", "x"], "value": {"type": "curency"}}],
    "a code with a space": [{"do": "set", "path": [*LEAD, "fields", "a b"], "value": "text"}],
    "a code that is an address": [{"do": "set", "path": ["objects", "../lead"], "value": {"fields": {}}}],
    "an empty code": [{"do": "set", "path": ["objects", ""], "value": {"fields": {"a": "text"}}}],
    "a scope that is none": [{"do": "set", "path": [*LEAD, "permissions", "sales", "read"], "value": "everything"}],
    "a role that is none": [{"do": "set", "path": [*LEAD, "permissions", "nobody", "read"], "value": "all"}],
    "a guard that reaches out": [{"do": "set", "path": [*LEAD, "stages", "pipelines", "standard", "stages", "contacted", "guard"], "value": "__import__('os').system('x')"}],
    "a text in the place of a map": [{"do": "set", "path": [*LEAD, "fields"], "value": "text"}],
    "a rename to a code that is none": [{"do": "rename", "path": [*LEAD, "fields", "budget"], "to": "Big Budget"}],
    "a rename onto another": [{"do": "rename", "path": [*LEAD, "fields", "budget"], "to": "mobile"}],
    "a very deep value": [{"do": "set", "path": [*LEAD, "help"], "value": DEEP}],
    "a stage that rules name": [{"do": "set", "path": [*LEAD, "stages", "pipelines", "standard", "stages", "contacted"], "value": None}],
    "the first stage closed": [{"do": "set", "path": [*LEAD, "stages", "pipelines", "standard", "stages", "new", "kind"], "value": "won"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def admin(office: Office) -> Visitor:
    return office.visitor("admin")


def said(answer: TestResponse) -> str:
    """Return the words of a refusal."""
    inside = re.findall(
        r'(?:data-problems>|class="empty-s">)(.*?)(?:</div>\s*</div>|</main>)',
        answer.text,
        re.DOTALL,
    )
    return re.sub(r"<[^>]*>", " ", " ".join(inside)).strip()


@pytest.mark.parametrize("name", STEPS)
def test_steps_that_cannot_be_are_refused_when_planned_and_when_applied(
    office: Office, admin: Visitor, name: str
) -> None:
    before, edits = office.site.model, json.dumps(STEPS[name])
    planned = admin.post("/studio/plan", edits=edits)
    applied = admin.post("/studio/apply", edits=edits, second_word="true")

    assert planned.status_code in (400, 404, 422), planned.status_code
    assert applied.status_code in (400, 404, 422), applied.status_code
    assert said(planned)
    assert said(applied)
    assert office.site.model is before


@pytest.mark.parametrize(
    "base", ["7", "-1", "x", "1e3", "٣", "999999999999999999999999", "0; drop table"]
)
def test_a_plan_made_from_a_state_that_never_was_changes_nothing(
    office: Office, admin: Visitor, base: str
) -> None:
    before = office.site.model
    edits = json.dumps([{"do": "set", "path": [*LEAD, "label"], "value": "Prospect"}])
    answer = admin.post("/studio/apply", edits=edits, base=base)

    assert answer.status_code == (
        409 if base.isdecimal() and base.isascii() and len(base) < 9 else 400
    )
    assert said(answer)
    assert office.site.model is before


FORMS: dict[str, dict[str, object]] = {
    "/studio/objects": {"code": "x" * 300, "en": "X"},
    "/studio/o/lead/fields/new": {"variant": "text", "code": "../x", "label.en": "X"},
    "/studio/o/lead/fields/budget": {"variant": "currency", "code": "name"},
    "/studio/o/lead/stages/new": {"code": "x", "pipeline": "nope"},
    "/studio/o/lead/stages/contacted": {"code": "contacted", "probability": "a lot"},
    "/studio/o/lead/stages/contacted/": {},
    "/studio/o/lead/permissions/nobody": {"read": "all"},
    "/studio/o/nothing/fields/new": {"code": "x"},
    "/studio/o/lead/fields/nothing": {"code": "x"},
    "/studio/o/lead/fields/nothing/remove": {},
    "/studio/o/-/rules/new": {"variant": "spell", "code": "x"},
    "/studio/yaml": {"file": "metadata/../../x.yaml", "text": "a: 1"},
    "/studio/templates/plan": {},
    "/studio/revisions/999999/back": {},
    "/studio/permissions": {"cell.lead.sales.read": "everything"},
    "/studio/o/lead/stages": {"order": ["new"]},
    "/studio/yaml/complete": {"file": "metadata/lead.yaml", "text": "a", "line": "x", "column": "0"},
    "/studio/condition": {"c.name": "when", "c.object": "nothing"},
}  # fmt: skip


@pytest.mark.parametrize("address", FORMS)
def test_forms_that_were_made_by_hand_are_refused(
    office: Office, admin: Visitor, address: str
) -> None:
    before = office.site.model
    answer = admin.post(address, **FORMS[address])

    assert answer.status_code in (400, 404, 422), answer.status_code
    assert said(answer) or 'class="said"' in answer.text or "hint err" in answer.text
    assert office.site.model is before


def studio_addresses(office: Office, method: str) -> list[str]:
    words = {
        "object_name": "lead",
        "kind": "fields",
        "code": "budget",
        "number": 1,
        "name": "insurance",
    }
    found = []
    for rule in office.app.url_map.iter_rules():
        if rule.rule.startswith("/studio") and method in (rule.methods or ()):
            values = {one: words.get(one, "name") for one in rule.arguments}
            found.append(office.app.url_map.bind("localhost").build(rule.endpoint, values, method))
    return found


def test_who_is_no_administrator_gets_in_nowhere(office: Office) -> None:
    seller, nobody = office.visitor("mei"), office.nobody()
    pages, forms = studio_addresses(office, "GET"), studio_addresses(office, "POST")

    assert len(pages) > 10
    assert len(forms) > 10
    assert {a: seller.get(a).status_code for a in pages} == dict.fromkeys(pages, 403)
    assert {a: seller.post(a).status_code for a in forms} == dict.fromkeys(forms, 403)
    assert {nobody.get(a).headers.get("Location", "")[:6] for a in pages} == {"/login"}


def test_a_form_without_the_sessions_token_changes_nothing(office: Office, admin: Visitor) -> None:
    forms = studio_addresses(office, "POST")

    assert {admin.client.post(a, data={"csrf_token": "x"}).status_code for a in forms} == {403}
