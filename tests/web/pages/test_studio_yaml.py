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
    assert "subject" in offered(admin, rule, "rules/x.yaml")
    assert "lead_assignment" in offered(admin, "rules:\n  |", "rules/x.yaml")
    assert "roles" in offered(admin, "nav: {}\n|", "metadata/site.yaml")


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
