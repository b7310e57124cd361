"""The JSON Schemas of sample_data/*.yaml and tests/*.yaml of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TEXT: Final = {"type": "string", "minLength": 1}
VALUES: Final = {"type": "object"}
ALIAS: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
BLOCK: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["object", "rows"],
    "properties": {
        "object": TEXT,
        "values": {**VALUES, "description": "Values that all rows share"},
        "rows": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2000,
            "items": {
                "type": "object",
                "properties": {
                    "as": {**ALIAS, "description": "A name by which later rows point here: $name"},
                    "created": {"type": "number", "description": "Days from now, such as -30"},
                    "stages": {
                        "type": "object",
                        "additionalProperties": {"type": "number"},
                        "description": "When each stage was entered, in days from now",
                    },
                },
            },
        },
    },
    "additionalProperties": False,
}
SAMPLES: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["samples"],
    "properties": {"samples": {"type": "array", "minItems": 1, "items": BLOCK}},
    "additionalProperties": False,
}


def _step(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": dict(properties),
        "additionalProperties": False,
    }


BY: Final = {
    **TEXT,
    "description": "Who does it: a person of the test; left out, the administrator",
}
REFUSED: Final = {**TEXT, "description": "It must be refused with this code"}
STEPS: Final[Mapping[str, Any]] = {
    "create": _step(
        {"object": TEXT, "as": ALIAS, "values": VALUES, "by": BY, "refused": REFUSED}, "object"
    ),
    "change": _step(
        {"record": ALIAS, "values": VALUES, "by": BY, "refused": REFUSED}, "record", "values"
    ),
    "act": _step(
        {"record": ALIAS, "action": TEXT, "with": VALUES, "by": BY, "refused": REFUSED},
        "record",
        "action",
    ),
    "wait": {**TEXT, "description": "How much time passes: 3 days, 4 hours; deadlines then act"},
    "expect": _step({"record": ALIAS, "values": VALUES}, "record", "values"),
    "count": _step(
        {"object": TEXT, "when": TEXT, "is": {"type": "integer", "minimum": 0}}, "object", "is"
    ),
    "told": _step({"person": ALIAS, "times": {"type": "integer", "minimum": 0}}, "person", "times"),
}
TEST: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["steps"],
    "properties": {
        "label": {"type": ["string", "object"]},
        "now": {**TEXT, "description": "The instant at which it begins, with a zone"},
        "people": {
            "type": "object",
            "additionalProperties": VALUES,
            "description": "name: values of the user; the administrator is always there",
        },
        "given": {"type": "array", "items": BLOCK},
        "steps": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "properties": dict(STEPS),
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
TESTS: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["tests"],
    "properties": {"tests": {"type": "object", "minProperties": 1, "additionalProperties": TEST}},
    "additionalProperties": False,
}
