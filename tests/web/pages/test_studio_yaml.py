"""The YAML editor's questions: what may stand here, and what is wrong so far."""

from __future__ import annotations

import pytest

from tests.web.pages.office import Office, Visitor

FILE = "metadata/lead.yaml"


@pytest.fixture
def admin(office: Office) -> Visitor:
    return office.visitor("admin")


def offered(admin: Visitor, text: str, file: str = FILE) -> dict[str, str]:
    before, _, after = text.partition("|")
    place = {"line": before.count("\n"), "column": len(before.rpartition("\n")[2])}
    answer = admin.post("/studio/yaml/complete", file=file, text=before + after, **place)
    assert answer.status_code == 200
    found = answer.json
    assert isinstance(found, list)
    return {one["label"]: one["detail"] for one in found}


def wrong(admin: Visitor, text: str, file: str = FILE) -> list[dict[str, object]]:
    found = admin.post("/studio/yaml/check", file=file, text=text).json
    assert isinstance(found, list)
    return found


def test_names_of_the_running_site_are_offered_with_their_labels(admin: Visitor) -> None:
    stage = "object: lead\nstages: {pipelines: {standard: {stages: {contacted: {needs: ["
    rule = "rules:\n  x:\n    kind: deadline\n    object: ticket\n    starts: |"

    assert offered(admin, "object: lead\nfields:\n  |")["budget"] == "Budget"
    assert offered(admin, f"{stage}|")["mobile"] == "Mobile"
    assert offered(admin, "object: lead\npermissions:\n  |")["sales"] == "Salesperson"
    assert (
        offered(admin, "object: lead\npermissions:\n  sales:\n    fields:\n      |")["budget"]
        == "Budget"
    )
    assert offered(admin, "object: x\nfields:\n  a: {type: lookup, to: |")["customer"] == "Customer"
    assert offered(admin, "object: lead\nviews:\n  all: {columns: [|")["company"] == "Company"
    assert "first_answer_at" in offered(admin, rule, "rules/x.yaml")
    assert "lead_assignment" in offered(admin, "rules:\n  |", "rules/x.yaml")
    assert "roles" in offered(admin, "nav: {}\n|", "metadata/site.yaml")


RULE = "rules:\n  x:\n    object: lead\n    kind: "


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{RULE}deadline\n    starts: |", {"created_at", "owned_at"}),
        (f"{RULE}deadline\n    by: grade\n    within: {{|", {"good", "medium", "poor"}),
        (f"{RULE}deadline\n    by: grade\n    within:\n      |", {"good"}),
        (f"{RULE}deadline\n    then: {{return_to: |", {"public_pool"}),
        (f"{RULE}deadline\n    then: {{set: {{|", {"budget", "stage"}),
        (f"{RULE}deadline\n    remind:\n      - to: |", {"owner", "owner.manager", "role:sales"}),
        (f"{RULE}assignment\n    entries:\n      - to: {{user: |", {"admin@harbor.example"}),
        (f"{RULE}assignment\n    entries:\n      - to: {{rotation: |", {"sales_turns"}),
        (f"{RULE}scoring\n    events:\n      activities: {{at: |", {"done_at"}),
        (f"{RULE}scoring\n    events:\n      activities: {{at: done_at}}\n    items:\n      a: {{of: |", {"activities"}),
        (f"{RULE}duplicate\n    keys: {{phone: mobile}}\n    against:\n      |", {"customer"}),
        (f"{RULE}duplicate\n    keys: {{phone: mobile}}\n    against:\n      customer: {{keys: {{|", {"phone"}),
        (f"{RULE}duplicate\n    against:\n      customer: {{keys: {{phone: |", {"phone", "website"}),
        (f"{RULE}conversion_map\n    stage: |", {"converted"}),
        (f"{RULE}conversion_map\n    carry:\n      activity: {{link: |", {"lead"}),
        (f"{RULE}lifecycle_transition\n    field: lifecycle\n    lower: |", {"nurturing"}),
        (f"{RULE}lifecycle_transition\n    field: lifecycle\n    recycle:\n      out_of: [|", {"marketing_lead"}),
        (f"{RULE}cooldown\n    reasons: [|", {"no_follow_up", "returned"}),
        (f"{RULE}ranking_program\n    metrics:\n      a:\n        object: opportunity\n        at: |", {"closed_on"}),
        (f"{RULE}claim\n    time_zone: |", {"Asia/Shanghai"}),
        ("rules:\n  lead_assignment:\n    entries:\n      - to: {known_by: |", {"lead_duplicate"}),
        ("object: lead\nviews:\n  all: {sort: |", {"created_at", "-created_at"}),
        ("object: lead\nviews:\n  all: {by: |", {"stage", "grade"}),
        ("object: lead\nstages: {pipelines: {standard: {stages: {won: {only_by: |", {"convert"}),
        ("object: lead\nstages: {pipelines: {standard: {moves: {|", {"contacted"}),
        ("object: lead\npermissions: {sales: {actions: [|", {"claim", "convert"}),
        ("object: lead\nfields:\n  n: {type: rollup, of: |", {"activities"}),
        ("object: lead\nfields:\n  n: {type: rollup, of: activities, value: |", {"done_at"}),
        ("object: lead\nfields:\n  grade: {options: {|", {"good"}),
        ("nav:\n  a: {items: [{dashboard: |", {"leads"}),
    ],
)  # fmt: skip
def test_what_a_schema_says_is_named_is_offered(
    admin: Visitor, text: str, wanted: set[str]
) -> None:
    file = "rules/x.yaml" if text.startswith("rules") else FILE
    file = "metadata/site.yaml" if text.startswith("nav") else file

    assert wanted <= set(offered(admin, text, file))


def test_fields_of_the_wrong_type_are_not_offered(admin: Visitor) -> None:
    assert "budget" not in offered(admin, f"{RULE}deadline\n    starts: |", "rules/x.yaml")
    assert "name" not in offered(admin, "object: lead\nviews:\n  a: {by: |")


def test_problems_come_with_their_places(admin: Visitor) -> None:
    text = "object: lead\nfields:\n  size: {type: curency}\n  age: integer\nviews:\n  all: {columns: [nme]}\n"
    found = wrong(admin, text)

    assert [(one["line"], str(one["text"]).split()[0]) for one in found] == [
        (3, "lead.fields.size.type"),
        (6, "lead.views.all.columns[1]"),
    ]
    assert found[0]["column"] == 16
    assert wrong(admin, "object: lead\nfields:\n  size: integer\n") == []
    assert wrong(admin, "object: lead\nfields: [\n")
    assert wrong(admin, "a: 1", "etc/passwd")[0]["line"] == 1
