"""What may be written in a rule about the quality of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import keyed, named, one_or_more
from fieldstone.rules.kind import ASSIGNMENTS, BOTH_LANGUAGES, CODES, CONDITION, FIELD, FIELDS
from fieldstone.rules.normalise import OPERATIONS

_OPERATION = {"enum": list(OPERATIONS)}
_WHY = named("option", "reject_reason")
_NEED = {
    "oneOf": [
        FIELD,
        {
            "type": "object",
            "properties": {
                "fields": FIELDS,
                "any_of": FIELDS,
                "when": CONDITION,
                "message": BOTH_LANGUAGES,
                "reason": _WHY,
            },
            "additionalProperties": False,
            "oneOf": [{"required": ["fields"]}, {"required": ["any_of"]}],
        },
    ]
}
_CHECK = {
    "type": "object",
    "properties": {"that": CONDITION, "field": FIELD, "message": BOTH_LANGUAGES, "reason": _WHY},
    "required": ["that"],
    "additionalProperties": False,
}
SCHEMA: Final[Mapping[str, Any]] = {
    "properties": {
        "normalise": {
            "type": "object",
            "propertyNames": FIELD,
            "minProperties": 1,
            "additionalProperties": {
                "oneOf": [
                    _OPERATION,
                    {"type": "array", "items": _OPERATION, "minItems": 1},
                ]
            },
        },
        "require": {"type": "array", "items": _NEED, "minItems": 1},
        "validate": {"type": "array", "items": _CHECK, "minItems": 1},
        "required_at_stage": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": named("stage"),
            "additionalProperties": one_or_more(FIELD),
            "description": "Stage: the fields that must be filled while a record is in it",
        },
        "regions": {
            "type": "object",
            "properties": {
                "into": {
                    **FIELD,
                    "description": "The field that gets the region, where it is empty",
                },
                "from": {**FIELDS, "description": "Where a place is looked for"},
                "places": keyed(named("option", "into"), CODES, minProperties=1),
            },
            "required": ["into", "from", "places"],
            "additionalProperties": False,
        },
        "quarantine": {
            "type": "object",
            "properties": {
                "into": {
                    **named("field", "boolean"),
                    "description": "The switch that is on while something is wrong",
                },
                "set": ASSIGNMENTS,
            },
            "required": ["into"],
            "additionalProperties": False,
        },
        "reject_reason": {
            **FIELD,
            "description": "The field that gets the reason of a need or check",
        },
        "otherwise": {"enum": ["refuse", "warn"]},
        "mark": {
            "type": "object",
            "properties": {"reason": FIELD, "set": ASSIGNMENTS},
            "additionalProperties": False,
            "minProperties": 1,
        },
    },
    "required": [],
}
