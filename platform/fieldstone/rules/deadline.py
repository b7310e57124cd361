"""The deadline rule in YAML: follow-up and conversion deadlines, first responses, stagnation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span, parse_span
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.rules.assignments import assigned_from, span_from, template_from
from fieldstone.rules.contract import OBLIGE, Builder
from fieldstone.rules.cooldown import COOLDOWN, cooldown_from
from fieldstone.rules.deadline_body import ANY, Consequence, Deadline, Reminder
from fieldstone.rules.kind import ASSIGNMENTS, BOTH_LANGUAGES, CODES, SPAN, TEXT, Kind
from fieldstone.rules.notices import CHANNELS, audiences_from
from fieldstone.rules.wording import pool_label

GRACE = parse_span("4 hours")
IN_PAGE = ("in_page",)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Deadline | None:
    """Resolve the clock's fields, the spans and the people."""
    starts = _instant("starts", raw["starts"], build)
    stops = _instant("stops", raw["stops"], build) if "stops" in raw else ""
    by = build.field("by", raw["by"]) if "by" in raw else ""
    within = _within(raw["within"], by, build)
    reminders = tuple(
        _reminder(one, f"remind.{i}", build) for i, one in enumerate(raw.get("remind", ()))
    )
    then = _consequence(raw.get("then", {}), build)
    grace = span_from(raw["grace"], "grace", build) if "grace" in raw else GRACE
    if not starts or not within or grace is None:
        return None
    return Deadline(
        starts,
        stops,
        by,
        within,
        _bands(by, within, build),
        reminders,
        then,
        cooldown_from(raw.get("cooldown"), "cooldown", build, (then.reason,)),
        grace,
    )


def _instant(path: str, name: object, build: Builder) -> str:
    code = build.field(path, name)
    found = build.scope.type_of(code) if code else None
    if found is not None and found.kind is not ValueKind.DATETIME:
        build.problem(
            path,
            "not_an_instant",
            f"{code!r} holds a {found.kind.value}, and a clock needs an instant.",
            "Name a datetime field, such as created_at, owned_at or stage_entered_at.",
        )
        return ""
    return code


def _within(raw: object, by: str, build: Builder) -> dict[str, Span]:
    if not isinstance(raw, Mapping):
        span = span_from(raw, "within", build)
        return {} if span is None else {ANY: span}
    if not by:
        build.problem(
            "within",
            "by_missing",
            "Spans by value are given, but not whose value.",
            "Add 'by: FIELD', for example 'by: grade'.",
        )
    found = build.scope.type_of(by) if by else None
    spans: dict[str, Span] = {}
    for value, written in raw.items():
        if found is not None and found.choices and value not in (*found.choices, ANY):
            build.problem(
                f"within.{value}",
                "unknown_option",
                f"{value!r} is no option of {by!r}.",
                f"Use: {', '.join(found.choices)}, or default.",
            )
        span = span_from(written, f"within.{value}", build)
        if span is not None:
            spans[str(value)] = span
    return spans


def _bands(by: str, within: Mapping[str, Span], build: Builder) -> dict[str, Label]:
    scope = build.scope
    return {
        value: Label(scope.option_label(by, value, "en"), scope.option_label(by, value, "zh"))
        for value in within
        if value != ANY
    }


def _reminder(raw: Mapping[str, Any], path: str, build: Builder) -> Reminder:
    before = span_from(raw["before"], f"{path}.before", build) if "before" in raw else None
    by = raw.get("by", IN_PAGE)
    channels = (
        {str(band): tuple(several) for band, several in by.items()}
        if isinstance(by, Mapping)
        else {ANY: tuple(by)}
    )
    text = template_from(raw["message"], f"{path}.message", build) if "message" in raw else None
    return Reminder(before, audiences_from(raw["to"], f"{path}.to", build), channels, text)


def _consequence(raw: Mapping[str, Any], build: Builder) -> Consequence:
    pool = build.known("then.return_to", "pool", raw["return_to"]) if "return_to" in raw else ""
    audiences = audiences_from(raw["notify"], "then.notify", build) if "notify" in raw else ()
    return Consequence(
        pool,
        bool(raw.get("reassign", False)),
        str(raw.get("reason", "deadline")),
        audiences,
        assigned_from(raw.get("set", {}), "then.set", build),
        pool_label(build.scope, pool) if pool else None,
    )


_WHO = {"oneOf": [TEXT, CODES]}
_CHANNELS = {"type": "array", "items": {"enum": list(CHANNELS)}, "minItems": 1}
_REMINDER = {
    "type": "object",
    "properties": {
        "before": SPAN,
        "at": {"const": "due"},
        "to": _WHO,
        "by": {"oneOf": [_CHANNELS, {"type": "object", "additionalProperties": _CHANNELS}]},
        "message": BOTH_LANGUAGES,
    },
    "required": ["to"],
    "oneOf": [{"required": ["before"]}, {"required": ["at"]}],
    "additionalProperties": False,
}

KIND = Kind(
    "deadline",
    Label("Deadline", "时限"),
    OBLIGE,
    {
        "properties": {
            "starts": TEXT,
            "stops": TEXT,
            "by": TEXT,
            "within": {
                "oneOf": [
                    SPAN,
                    {"type": "object", "additionalProperties": SPAN, "minProperties": 1},
                ]
            },
            "remind": {"type": "array", "items": _REMINDER, "minItems": 1},
            "then": {
                "type": "object",
                "properties": {
                    "return_to": TEXT,
                    "reassign": {"type": "boolean"},
                    "notify": _WHO,
                    "set": ASSIGNMENTS,
                    "reason": TEXT,
                },
                "additionalProperties": False,
                "not": {"required": ["return_to", "reassign"]},
            },
            "cooldown": COOLDOWN,
            "grace": SPAN,
        },
        "required": ["starts", "within"],
    },
    compile_rule,
)
