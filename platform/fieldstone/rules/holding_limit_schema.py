"""What may be written in a holding limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import named
from fieldstone.rules.gains import WAYS
from fieldstone.rules.groups import GROUP_KEYS
from fieldstone.rules.kind import A_POOL, ASKED, BOTH_LANGUAGES, COUNT

REFUSE, HOLD, POOL, USER = "refuse", "hold", "pool", "user"
OVERFLOWS: Final = (REFUSE, HOLD)
EVERYBODY: Final = "all"


def _limit_schema(text: str, *, everybody: bool) -> dict[str, Any]:
    shared = {EVERYBODY: {"const": True}} if everybody else {}
    return {
        "type": "array",
        "minItems": 1,
        "description": text,
        "items": {
            "type": "object",
            "properties": {
                **GROUP_KEYS,
                **shared,
                "most": {**COUNT, "minimum": 0, "description": "The most that may be held."},
            },
            "required": ["most"],
            "additionalProperties": False,
            "minProperties": 2,
            "maxProperties": 2,
        },
    }


SCHEMA: Final[Mapping[str, Any]] = {
    "properties": {
        "counts": {**ASKED, "description": "Which records count as held; left out: all."},
        "limits": _limit_schema(
            "What one person may hold: person before role, team, department and all.",
            everybody=True,
        ),
        "together": _limit_schema("What the people of a group may hold together.", everybody=False),
        "mode": {
            "enum": ["hard", "soft"],
            "description": "hard refuses, soft warns and lets pass.",
        },
        "applies_to": {
            "type": "array",
            "items": {"enum": list(WAYS)},
            "minItems": 1,
            "uniqueItems": True,
            "description": "The ways of coming to own a record that are judged; left out: all.",
        },
        "overflow": {
            "description": "Where a record goes that a rule or an import would give to somebody who is full.",
            "oneOf": [
                {"enum": list(OVERFLOWS)},
                {
                    "type": "object",
                    "properties": {POOL: A_POOL, USER: named(USER)},
                    "additionalProperties": False,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        },
        "message": {**BOTH_LANGUAGES, "description": "What is told instead of the numbers."},
    },
    "required": [],
}
