"""The JSON Schema of a dashboard in YAML, and the words it may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import named, several
from fieldstone.base.periods import Period
from fieldstone.reads.happenings import KINDS as KINDS_OF_EVENTS

ALL: Final = "all"
PERIODS: Final = (
    Period.THIS_MONTH,
    Period.LAST_30,
    Period.THIS_QUARTER,
    Period.LAST_90,
    Period.THIS_YEAR,
    Period.LAST_365,
    ALL,
)
FORMATS: Final = ("number", "money", "percent", "days", "long_days", "hours")
KINDS: Final = (
    "funnel",
    "histogram",
    "columns",
    "bars",
    "table",
    "stuck",
    "cohorts",
    "survival",
    "fairness",
    "months",
    "tree",
)

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 2000}
_LABEL: Final = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
            "additionalProperties": False,
        },
    ]
}
_RATIO: Final = {
    "type": "object",
    "required": ["of", "in"],
    "properties": {"of": _TEXT, "in": _TEXT},
    "additionalProperties": False,
}
_STAGES: Final = several(named("stage"), maxItems=50)
_FIELD: Final = named("field")
_MOMENT: Final = named("field", "date,datetime")
_DAYS: Final = {
    "type": "object",
    "required": ["from", "to"],
    "properties": {"from": _MOMENT, "to": _MOMENT},
    "additionalProperties": False,
}
# What a figure may be beside a measure: see reports/sources.py.
FURTHER: Final[Mapping[str, Any]] = {
    "event": {
        "type": "object",
        "description": "Records to which it happened in the period, by their owner or pool then",
        "required": ["kind"],
        "properties": {
            "kind": {"enum": list(KINDS_OF_EVENTS)},
            "stages": _STAGES,
            "reasons": several(named("reason"), maxItems=50),
        },
        "additionalProperties": False,
    },
    "quantile": {
        "type": "object",
        "description": "The value that so many percent of the records do not exceed",
        "required": ["value", "percent"],
        "properties": {
            "value": _TEXT,
            "percent": {"type": "integer", "minimum": 1, "maximum": 100},
            "when": _TEXT,
            "credited": {
                "type": "string",
                "description": "By owner: the moment at which it was theirs, which must lie in the period",
            },
        },
        "additionalProperties": False,
    },
    "reached": {
        "type": "object",
        "description": "Records of the period that ever came to one of the stages",
        "required": ["stages"],
        "properties": {"stages": _STAGES},
        "additionalProperties": False,
    },
    "other": {
        "type": "object",
        "description": "A measure of another object, by a group that means the same",
        "required": ["object", "measure"],
        "properties": {
            "object": named("object"),
            "measure": _TEXT,
            "group": _FIELD,
            "below": _FIELD,
            "when": _TEXT,
            "date": _MOMENT,
            "credited": {
                "type": "string",
                "description": "By owner: whoever had the row when it was closed, or at this moment of it",
            },
            "spread": {**_DAYS, "description": "Count the part of the days in the period"},
        },
        "additionalProperties": False,
    },
    "borne": {
        "type": "object",
        "description": "What each group bears of costs that are spread over the records of their channel or campaign",
        "required": ["object", "measure", "by"],
        "properties": {
            "object": named("object"),
            "measure": _TEXT,
            "by": {
                "type": "array",
                "items": _FIELD,
                "minItems": 2,
                "maxItems": 2,
                "description": "The fields, of both objects, on which costs are booked: channel, campaign",
            },
            "when": _TEXT,
            "date": _MOMENT,
            "credited": {
                "type": "string",
                "description": "By owner: whoever had the record when it was closed, or at this moment of it",
            },
            "spread": {**_DAYS, "description": "Count the part of the days in the period"},
        },
        "additionalProperties": False,
    },
}
# A figure: a measure of the rows ("count()", "sum(budget, stage == 'new')"), or one figure in relation to another.
FIGURE: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "label": _LABEL,
        "measure": _TEXT,
        "share": _RATIO,
        "each": _RATIO,
        "return": _RATIO,
        **FURTHER,
        "format": {"enum": list(FORMATS)},
        "good": {"enum": ["up", "down"]},
        "list": _TEXT,
        "hidden": {"type": "boolean"},
        "compare": {"type": "boolean"},
    },
    "additionalProperties": False,
}
CHART: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": list(KINDS)},
        "label": _LABEL,
        "note": _LABEL,
        "wide": {"enum": [4, 5, 6, 7, 8, 12]},
        "count": {"enum": ["reached", "now", "as_of"]},
        "group": _FIELD,
        "parent": {
            **_FIELD,
            "description": "Tree: the field that puts a group's records below each other",
        },
        "top": {
            **_FIELD,
            "description": "Tree: the field of the group's records whose options are the first level",
        },
        "below": {**_FIELD, "description": "Tree: the field whose records are parts of each group"},
        "names": {**named("object"), "description": "The object whose records the groups are"},
        "value": _TEXT,
        "when": _TEXT,
        "date": _MOMENT,
        "start": _MOMENT,
        "end": _MOMENT,
        "figures": {"type": "object", "additionalProperties": FIGURE},
        "most": {"type": "integer", "minimum": 1, "maximum": 50},
    },
    "additionalProperties": False,
}
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["kind", "object", "date"],
    "properties": {
        "kind": {"const": "dashboard"},
        "label": _LABEL,
        "icon": _TEXT,
        "object": named("object"),
        "date": _MOMENT,
        "period": {"enum": [str(one) for one in PERIODS]},
        "figures": {"type": "object", "additionalProperties": FIGURE},
        "charts": {"type": "object", "additionalProperties": CHART},
    },
    "additionalProperties": False,
}
