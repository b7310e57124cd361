"""Turns a marketing lead into a sales lead and back: thresholds of points with hysteresis, and recycling by judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import keyed, named, one_or_more, several
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.rules.assignments import assigned_from
from fieldstone.rules.contract import MOVE, Builder
from fieldstone.rules.fading import length_from
from fieldstone.rules.kind import (
    A_POOL,
    ASSIGNMENTS,
    CHOICE,
    COUNT,
    FIELD,
    INSTANT,
    NUMBER_FIELD,
    SPAN,
    TEXT,
    Kind,
)
from fieldstone.rules.lifecycle_body import Crossing, Lifecycle, Mark, Recycle, Rest
from fieldstone.rules.notices import audiences_from
from fieldstone.rules.wording import field_label

BOTH: Final = frozenset({"up", "down"})
COOLED: Final = "cooled_down"
REACHED: Final = "threshold_reached"
WORTHLESS: Final = "judged_worthless"


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Lifecycle | None:
    """Resolve the states, the marks and what crossings do."""
    field = build.field("field", raw["field"])
    lower, upper = (_state(key, raw[key], field, build) for key in ("lower", "upper"))
    marks = _marks(raw, build)
    recycle = _recycle(raw["recycle"], field, (upper, lower), build) if "recycle" in raw else None
    if not (field and lower and upper and marks):
        return None
    named = {lower, upper, *((recycle.to, recycle.last) if recycle else ())}
    scope = build.scope
    direction = str(raw.get("direction", "both"))
    dwell = length_from(raw["min_dwell"], "min_dwell", build) if "min_dwell" in raw else None
    return Lifecycle(
        field,
        lower,
        upper,
        {
            one: Label(scope.option_label(field, one, "en"), scope.option_label(field, one, "zh"))
            for one in sorted(named)
        },
        marks,
        raw.get("match", "all") == "all",
        BOTH if direction == "both" else frozenset({direction}),
        dwell,
        _rest(raw["rest"], build) if "rest" in raw else None,
        _crossing(raw.get("rises", {}), "rises", build, REACHED),
        _crossing(raw.get("on_exit", {}), "on_exit", build, COOLED),
        recycle,
    )


def _state(path: str, written: object, field: str, build: Builder) -> str:
    return build.option(path, field, written)


def _marks(raw: Mapping[str, Any], build: Builder) -> tuple[Mark, ...]:
    written = raw.get("hysteresis_gap", 0)
    gaps = _gaps(written, build) if isinstance(written, Mapping) else {}
    found = []
    for name, rises in raw["thresholds"].items():
        field = build.field(f"thresholds.{name}", name, of_key=True)
        kind = build.scope.type_of(field) if field else None
        if kind is not None and kind.kind is not ValueKind.NUMBER:
            text, cure = f"{name!r} holds no number.", "Name a field of points, such as score."
            build.problem(f"thresholds.{name}", "not_a_number", text, cure)
        elif field:
            gap = gaps.get(field, 0) if isinstance(written, Mapping) else int(written)
            found.append(Mark(field, field_label(build.scope, field), rises, rises - gap))
    for name in (
        gaps.keys() - {one.field for one in found} if len(found) == len(raw["thresholds"]) else ()
    ):
        text = f"{name!r} has a gap and no threshold."
        cure = "Give it a threshold too."
        build.problem(f"hysteresis_gap.{name}", "gap_without_threshold", text, cure)
    return tuple(found)


def _gaps(raw: Mapping[str, Any], build: Builder) -> dict[str, int]:
    """Return how far points may fall below each threshold, by field."""
    named = {name: build.field(f"hysteresis_gap.{name}", name, of_key=True) for name in raw}
    return {field: int(raw[name]) for name, field in named.items() if field}


def _crossing(raw: Mapping[str, Any], path: str, build: Builder, reason: str) -> Crossing:
    pool = build.known(f"{path}.return_to", "pool", raw["return_to"]) if "return_to" in raw else ""
    audiences = audiences_from(raw["notify"], f"{path}.notify", build) if "notify" in raw else ()
    sets = assigned_from(raw.get("set", {}), f"{path}.set", build)
    return Crossing(sets, audiences, pool, str(raw.get("reason", reason)))


def _rest(raw: Mapping[str, Any], build: Builder) -> Rest | None:
    since = build.field("rest.since", raw["since"])
    length = length_from(raw["for"], "rest.for", build)
    return Rest(since, length) if since and length else None


def _recycle(
    raw: Mapping[str, Any], field: str, usual: tuple[str, str], build: Builder
) -> Recycle | None:
    written = raw.get("out_of", usual)
    states = tuple(
        _state(f"recycle.out_of.{n}", one, field, build) for n, one in enumerate(written)
    )
    to = _state("recycle.to", raw["to"], field, build)
    last = _state("recycle.last", raw.get("last", raw["to"]), field, build)
    count = build.field("recycle.count_into", raw["count_into"])
    reason = build.field("recycle.recycle_reason", raw["recycle_reason"])
    if not (all(states) and to and last and count and reason):
        return None
    then = _crossing(raw, "recycle", build, WORTHLESS)
    return Recycle(states, to, last, int(raw.get("max_recycles", 3)), count, reason, then)


_WHO: Final = {
    **one_or_more(named("person")),
    "description": "Who is told.",
}
_DOES: Final = {
    "set": {**ASSIGNMENTS, "description": "Fields and the values they get"},
    "notify": _WHO,
    "return_to": {**A_POOL, "description": "The pool that gets the record; it has no owner then"},
    "reason": {**TEXT, "description": "The word kept in the history of owners"},
}
_CROSSING: Final = {"type": "object", "properties": _DOES, "additionalProperties": False}
_STATE: Final = named("option", "field")
_POINTS: Final = {"type": "integer", "minimum": -100_000, "maximum": 100_000}
_GAP: Final = {"type": "integer", "minimum": 0, "maximum": 100_000}

KIND = Kind(
    "lifecycle_transition",
    Label("Lifecycle transition", "生命周期转换"),
    MOVE,
    {
        "properties": {
            "field": {**CHOICE, "description": "The select field that holds the state"},
            "lower": {**_STATE, "description": "The state that records rise from"},
            "upper": {**_STATE, "description": "The state that they rise to"},
            "thresholds": {
                "type": "object",
                "propertyNames": NUMBER_FIELD,
                "description": "Fields of points, and from how many on each is reached",
                "minProperties": 1,
                "additionalProperties": _POINTS,
            },
            "match": {"enum": ["all", "any"], "description": "Whether all thresholds count or any"},
            "hysteresis_gap": {
                "oneOf": [_GAP, keyed(NUMBER_FIELD, _GAP, title="by field")],
                "description": "How far below its threshold a field must fall for the way back",
            },
            "min_dwell": {**SPAN, "description": "How long after a crossing the next one waits"},
            "direction": {"enum": ["both", "up", "down"], "description": "Which ways are taken"},
            "rest": {
                "type": "object",
                "description": "No way up until so long after an instant, such as the last judgement",
                "properties": {"since": INSTANT, "for": SPAN},
                "required": ["since", "for"],
                "additionalProperties": False,
            },
            "rises": {**_CROSSING, "description": "What the way up does"},
            "on_exit": {**_CROSSING, "description": "What the way back down does"},
            "recycle": {
                "type": "object",
                "description": "What the action 'judge worthless' does",
                "properties": {
                    "out_of": {**several(_STATE), "description": "States that may be judged"},
                    "to": {**_STATE, "description": "The state that the record returns to"},
                    "max_recycles": {**COUNT, "description": "How often it may come back"},
                    "last": {**_STATE, "description": "The state after one judgement too many"},
                    "count_into": {
                        **NUMBER_FIELD,
                        "description": "The number field that counts judgements",
                    },
                    "recycle_reason": {**FIELD, "description": "The field that keeps the reason"},
                    **_DOES,
                },
                "required": ["to", "count_into", "recycle_reason"],
                "additionalProperties": False,
            },
        },
        "required": ["field", "lower", "upper", "thresholds"],
    },
    compile_rule,
    about=Label(
        "Turns a marketing lead into a sales lead and back, by thresholds of points.",
        "按分数门槛将市场线索转为销售线索，或退回市场线索。",
    ),
)
