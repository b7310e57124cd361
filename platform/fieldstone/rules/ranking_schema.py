"""What may be written in a ranking programme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import named, one_or_more, several
from fieldstone.rules.kind import BOTH_LANGUAGES, CHOICE, CONDITION, COUNT, OBJECT, SPAN, TEXT
from fieldstone.rules.rotation import PEOPLE

EVERY: Final = ("day", "week", "month", "quarter")
COUNTING, SUM, AVERAGE, RATE = "count", "sum", "average", "rate"
MEASURES: Final = (COUNTING, SUM, AVERAGE, RATE)
SHARED, SPLIT = "shared", "split"
EXTRAS: Final = ("hour", "day", "week", "month", "quarter")
CLAIMS: Final = "claims"

_PERCENT: Final = {"type": "integer", "minimum": 1, "maximum": 1000}
_ACCESS: Final = {
    **several(named("option", "access_by")),
    "description": "Values of access_by that these people get",
}
SCHEMA: Final[Mapping[str, Any]] = {
    "properties": {
        "of": {
            "type": "object",
            "description": "Who is ranked",
            "properties": PEOPLE,
            "additionalProperties": False,
            "minProperties": 1,
        },
        "metrics": {
            "type": "object",
            "description": "The figures, each with its weight",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "label": BOTH_LANGUAGES,
                    "object": {**OBJECT, "description": "Whose records are counted"},
                    "person": {
                        **named("field", "user"),
                        "description": "The field that points to the person",
                    },
                    "at": {
                        **named("field", "datetime,date"),
                        "description": "The date or instant by which they count",
                    },
                    "measure": {"enum": list(MEASURES), "description": "What is taken of them"},
                    "of": {
                        **TEXT,
                        "title": "Taken of",
                        "description": "A number to add up, or a condition for rate",
                    },
                    "where": {**CONDITION, "description": "Which records count"},
                    "weight": {**COUNT, "description": "How much it counts"},
                    "per_tenure": {
                        "type": "boolean",
                        "description": "Measured by the time a person was here",
                    },
                    "least": {**COUNT, "description": "Fewer records than this say nothing"},
                },
                "required": ["object", "at"],
                "additionalProperties": False,
            },
        },
        "every": {"enum": list(EVERY), "description": "How often it is published"},
        "at": {**TEXT, "description": "The time of day of the first day of the period"},
        "window": {**SPAN, "description": "What counts; left out: the period before"},
        "ties": {
            "enum": [SHARED, SPLIT],
            "description": "Equal scores share a rank, or the metrics in their order split them",
        },
        "rewards": {
            "type": "array",
            "description": "What ranks get",
            "items": {
                "type": "object",
                "properties": {
                    "ranks": {"type": ["string", "integer"], "description": "1, 1-3, 4-"},
                    "weight": {**_PERCENT, "description": "Percentage of their own weight"},
                    "extra": {
                        "type": "object",
                        "description": "Added to caps of assignment, and to claims a day",
                        "properties": {
                            **{f"per_{period}": COUNT for period in EXTRAS},
                            CLAIMS: COUNT,
                        },
                        "additionalProperties": False,
                        "minProperties": 1,
                    },
                    "access": _ACCESS,
                },
                "required": ["ranks"],
                "additionalProperties": False,
            },
        },
        "access_by": {**CHOICE, "description": "The field whose values ranks get access to"},
        "newcomers": {
            "type": "object",
            "description": "The floor of people who came lately (hired_on)",
            "properties": {"within": SPAN, "weight": _PERCENT, "access": _ACCESS},
            "required": ["within"],
            "additionalProperties": False,
        },
        "weight_between": {
            "type": "array",
            "description": "The floor and the cap of all weights, in percent",
            "items": _PERCENT,
            "minItems": 2,
            "maxItems": 2,
        },
        "appeal": {
            "type": "object",
            "description": "How long people may object, and who hears of it",
            "properties": {
                "within": SPAN,
                "to": one_or_more(named("person")),
            },
            "required": ["within", "to"],
            "additionalProperties": False,
        },
    },
    "required": ["of", "metrics"],
}
