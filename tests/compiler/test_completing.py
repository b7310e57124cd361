"""What may stand at a place of a YAML text that is being typed, in block and in flow style."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fieldstone import bootstrap
from fieldstone.compiler.completing import Named, offers, spot_at
from fieldstone.compiler.site_shapes import schemas
from fieldstone.reports.shapes import SCHEMA

WORDS = bootstrap.vocabulary()
SCHEMAS = schemas(WORDS.types, WORDS.kinds, SCHEMA)
NAMES = {
    "field": [("mobile", "Mobile"), ("need", "Need")],
    "object": [("lead", "Lead"), ("customer", "Customer")],
    "sibling": [("name", "Name")],
}
NAMED: Named = lambda sort, _: NAMES.get(sort, ())  # noqa: E731 - reads as what it is
STAGE = "object: lead\nstages:\n  pipelines:\n    standard:\n      stages:\n        contacted:\n          "
RULE = "rules:\n  in_time:\n    kind: deadline\n    "


def offered(text: str, kind: str = "object", entries: Sequence[tuple[str, str]] = ()) -> list[str]:
    """Return what is offered at the | of a text."""
    before, _, after = text.partition("|")
    line, column = before.count("\n"), len(before.rpartition("\n")[2])
    spot = spot_at(before + after, line, column)
    found = offers(SCHEMAS[f"{kind}.schema.json"], spot, NAMED, entries)
    return [one.label for one in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("|", ["object", "fields", "label"]),
        ("object: lead\n|\nlabel: x\n", ["fields", "plural", "icon"]),
        ("object: lead\nfields:\n  a:\n    type: cu|", ["address", "autonumber", "boolean", "currency"]),
        ("object: lead\nfields:\n  a:\n    type: currency\n    |", ["label", "help", "required", "unique"]),
        ("object: lead\nfields:\n  a: {type: currency, required: |", ["true", "false"]),
        ("object: lead\nfields:\n  a: {type: select, options: {x: {color: |", ["gray", "red", "orange"]),
        ("object: lead\nfields:\n  a: {type: lookup, to: |", ["lead", "customer"]),
        ("object: lead\nfields:\n  a:\n    after: |", ["name"]),
        (f"{STAGE}kind: |", ["open", "won", "lost"]),
        (f"{STAGE}needs: [mobile, |", ["mobile", "need"]),
        (f"{STAGE}needs:\n            - |", ["mobile", "need"]),
        (f"{STAGE}label: {{en: a, |", ["zh"]),
        ("object: lead\npermissions:\n  sales: {read: |", ["none", "own", "team", "department", "all"]),
    ],
)  # fmt: skip
def test_keys_and_values_of_an_object_are_offered(text: str, wanted: list[str]) -> None:
    assert offered(text)[: len(wanted)] == wanted


def test_the_settings_of_a_rule_are_those_of_its_kind() -> None:
    assert "remind" in offered(f"{RULE}|", "rules")
    assert "deadline" in offered("rules:\n  a:\n    kind: |", "rules")
    assert offered(f"{RULE}object: |", "rules") == ["lead", "customer"]
    assert {"to", "every"} <= set(
        offered(f"{RULE}remind:\n      - before: 1 day\n        |", "rules")
    )
    assert {"to", "every"} <= set(offered(f"{RULE}remind:\n      - {{before: 1 day, |", "rules"))


def test_what_stands_there_already_is_not_offered_again() -> None:
    text = "object: lead\nfields:\n  a:\n    required: true\n    |\n    type: text\n    label: x\n"

    assert not {"required", "label", "type"} & set(offered(text))
    assert "max_length" in offered(text)


def test_the_entries_of_lower_layers_are_offered_to_be_changed() -> None:
    entries = [("budget", "Budget"), ("name", "Name")]

    assert offered("object: lead\nfields:\n  name: text\n  |", entries=entries) == ["budget"]


@pytest.mark.parametrize(
    "text", ["[|", "{|", "- - |", "a: b: |", '"|', "a: {b: [c, {d: |", "\t|", "a:\n- |", "x: }|"]
)
def test_crooked_texts_are_no_error(text: str) -> None:
    offered(text)
