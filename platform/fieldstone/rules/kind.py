"""What a KIND is made of, so that each kind's file states its word, its settings and its compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
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
# A field of the object that is spoken of: the rule's own, or the `object` named beside it; and one of the rule's own whatever is named.
FIELD = {**TEXT, "format": "field"}
OWN_FIELD = {**TEXT, "format": "own_field"}
# Asked of a record of the rule's object, or of the `object` named beside it.
ASKED = {**TEXT, "format": "condition"}
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
ASSIGNMENTS = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "oneOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {
                "type": "object",
                "properties": {"text": BOTH_LANGUAGES, "after": SPAN},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    },
}


def label_from(raw: object, otherwise: Label | None = None) -> Label:
    """Return a label from YAML: plain text, or {en, zh}; `otherwise` when nothing is written."""
    if isinstance(raw, Mapping):
        return Label(str(raw.get("en", "")), str(raw.get("zh", "")))
    if raw is None:
        return otherwise or Label("")
    return Label(str(raw))
