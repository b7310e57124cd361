"""What a KIND is made of, so that each kind's file states its word, its settings and its compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.named import keyed, named, several
from fieldstone.rules.contract import Builder, RuleBody


@dataclass(frozen=True)
class Kind:
    """One kind of rule; satisfies contract.RuleKind. `schema` holds "properties" and "required", `about` says in a sentence what it is for."""

    name: str
    label: Label
    phase: int
    schema: Mapping[str, Any]
    compile: Callable[[Mapping[str, Any], Builder], RuleBody | None]
    about: Label


TEXT = {"type": "string", "minLength": 1}
# What texts name (base/named.py): the studio lets people choose it, the editor of YAML completes it.
FIELD = named("field")
FIELDS = several(FIELD)
OWN_FIELD = named("own_field")
INSTANT = named("field", "datetime")
NUMBERS = "integer,decimal,currency,percent,formula,rollup"
NUMBER_FIELD = named("field", NUMBERS)
CHOICE = named("field", "select")
LINK = named("field", "lookup,multi_lookup")
BY = named("option", "by")
OBJECT = named("object")
ROLES = several(named("role"))
A_POOL = named("rule", "pool")
REASON = named("reason")
# Asked of a record of the rule's object, or of the `object` named beside it.
ASKED = named("condition")
CONDITION = {**ASKED, "title": "Condition"}
BOTH_LANGUAGES = {
    "oneOf": [
        TEXT,
        {
            "type": "object",
            "properties": {"en": TEXT, "zh": TEXT},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}
CODES = {"type": "array", "items": TEXT, "minItems": 1}
COUNT = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
SPAN = {
    "type": "string",
    "description": "A length of time: 4 working hours, 2 working days, 3 days, 30 minutes",
}
# What fields get: an expression, a text in both languages, or the time so long after now.
ASSIGNMENTS = keyed(
    FIELD,
    {
        "oneOf": [
            {"type": ["string", "number", "boolean", "null"], "format": "worked_out"},
            {
                "type": "object",
                "properties": {"text": BOTH_LANGUAGES, "after": SPAN},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    },
    minProperties=1,
)


def label_from(raw: object, otherwise: Label | None = None) -> Label:
    """Return a label from YAML: plain text, or {en, zh}; `otherwise` when nothing is written."""
    if isinstance(raw, Mapping):
        return Label(str(raw.get("en", "")), str(raw.get("zh", "")))
    if raw is None:
        return otherwise or Label("")
    return Label(str(raw))
