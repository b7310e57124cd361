"""Reminder steps in YAML, shared by reminder ladders and by deadlines that bring their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fieldstone.base.named import keyed, named, one_or_more
from fieldstone.base.workdays import CalendarError, parse_slot
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from, template_from
from fieldstone.rules.contract import Builder
from fieldstone.rules.kind import ASKED, BOTH_LANGUAGES, BY, CHOICE, SPAN, TEXT
from fieldstone.rules.ladder import (
    IN_PAGE,
    LOUDER,
    STRENGTHS,
    URGENT,
    USUAL,
    Ladder,
    Quiet,
    Step,
)
from fieldstone.rules.notices import CHANNELS, audiences_from
from fieldstone.rules.spans import ANY, asked_by

PERSON = "user"


def steps_from(raw: object, path: str, build: Builder) -> tuple[Step, ...]:
    """Compile a list of steps."""
    several = raw if isinstance(raw, (list, tuple)) else ()
    return tuple(_step(one, f"{path}.{i}", build) for i, one in enumerate(several))


def own_ladder(raw: object, path: str, by: str, build: Builder) -> Ladder:
    """Return the ladder of a deadline that brings its own steps: in the page, without quiet hours."""
    steps = tuple(
        step if step.by or step.strength else replace(step, by={ANY: IN_PAGE})
        for step in steps_from(raw, path, build)
    )
    name = _of_owner("name", path, build) if steps else None
    return Ladder(steps, by, USUAL, owner_name=name, asks=asked_by(by, build))


def ladder_from(raw: Mapping[str, Any], build: Builder) -> Ladder | None:
    """Compile a reminder ladder."""
    by = build.field("by", raw["by"]) if "by" in raw else ""
    quiet = _quiet(raw["quiet"], build) if "quiet" in raw else None
    digest = _minute(raw["digest"], build) if "digest" in raw else None
    if ("quiet" in raw and quiet is None) or ("digest" in raw and digest is None):
        return None
    ways = {one: tuple(several) for one, several in raw.get("channels", {}).items()}
    return Ladder(
        steps_from(raw["steps"], "steps", build),
        by,
        {**LOUDER, **ways},
        quiet,
        digest,
        bool(raw.get("acknowledge", False)),
        build.expression("stop_when", raw.get("stop_when"), expects=BOOLEAN),
        _of_owner("time_zone", "steps", build),
        _of_owner("name", "steps", build),
        asked_by(by, build),
    )


def _of_owner(name: str, path: str, build: Builder) -> Expression | None:
    """Return the expression of a value of the owner, where records have owners that hold it."""
    if build.scope.type_of("owner") is None:
        return None
    people = build.scope.follow("owner")
    if people is None or people.type_of(name) is None:
        return None
    return build.expression(path, f"owner.{name}")


def _step(raw: Mapping[str, Any], path: str, build: Builder) -> Step:
    spans = {
        name: span_from(raw[name], f"{path}.{name}", build) if name in raw else None
        for name in ("before", "after", "every")
    }
    by = raw.get("by", {})
    channels = by if isinstance(by, Mapping) else {ANY: by}
    strength = raw.get("strength", {})
    return Step(
        spans["before"],
        spans["after"],
        spans["every"],
        audiences_from(raw["to"], f"{path}.to", build),
        audiences_from(raw["copy"], f"{path}.copy", build) if "copy" in raw else (),
        {str(band): tuple(several) for band, several in channels.items()},
        dict(strength) if isinstance(strength, Mapping) else {ANY: str(strength)},
        template_from(raw["message"], f"{path}.message", build) if "message" in raw else None,
    )


def _quiet(raw: Mapping[str, Any], build: Builder) -> Quiet | None:
    try:
        hours = parse_slot(str(raw["hours"]))
    except CalendarError as error:
        build.problem("quiet.hours", "bad_slot", f"{error}.", "Write '21:00-08:00'.")
        return None
    return Quiet(hours, tuple(raw.get("except", (URGENT,))))


def _minute(raw: object, build: Builder) -> int | None:
    try:
        return parse_slot(f"{raw}-24:00")[0]
    except CalendarError:
        build.problem("digest", "bad_time", f"{raw!r} is no time of the day.", "Write '09:00'.")
        return None


WHO = {
    "title": "To whom",
    "description": "Who is told.",
    **one_or_more(named("person")),
}
WAYS = {"type": "array", "items": {"enum": list(CHANNELS)}, "minItems": 1}
_STRENGTH = {"enum": list(STRENGTHS)}
STEP = {
    "type": "object",
    "properties": {
        "before": {**SPAN, "description": "How long before the due time"},
        "after": {**SPAN, "description": "How long after the due time"},
        "at": {"const": "due", "description": "When the due time has passed"},
        "to": WHO,
        "message": BOTH_LANGUAGES,
        "every": {**SPAN, "description": "Repeat it until the work is done or acknowledged"},
        "copy": {**WHO, "title": "Copy to", "description": "Who gets a copy that names the owner"},
        "by": {
            "description": "Channels, or channels by the value of `by`",
            "oneOf": [WAYS, keyed(BY, WAYS)],
        },
        "strength": {
            "description": "How strongly: one word, or one by the value of `by`",
            "oneOf": [_STRENGTH, keyed(BY, _STRENGTH)],
        },
    },
    "required": ["to"],
    "oneOf": [{"required": ["before"]}, {"required": ["at"]}, {"required": ["after"]}],
    "additionalProperties": False,
}
STEPS = {"type": "array", "items": STEP, "minItems": 1}
LADDER_PROPERTIES: Mapping[str, Any] = {
    "by": {**CHOICE, "description": "The field by whose value channels and strength are given"},
    "steps": STEPS,
    "channels": {
        "type": "object",
        "description": "The channels of each strength, for steps that name none",
        "properties": dict.fromkeys(STRENGTHS, WAYS),
        "additionalProperties": False,
    },
    "quiet": {
        "type": "object",
        "description": "Hours of the day, in the owner's time zone, in which nothing is sent",
        "properties": {
            "hours": {**TEXT, "description": "21:00-08:00"},
            "except": {"type": "array", "items": _STRENGTH},
        },
        "required": ["hours"],
        "additionalProperties": False,
    },
    "digest": {**TEXT, "description": "The time of day at which messages are put together: 09:00"},
    "acknowledge": {
        "type": "boolean",
        "description": "People may say that they have seen it; then the steps that are left fall silent",
    },
    "stop_when": {
        **ASKED,
        "description": "Records that nobody is reminded of any more",
    },
}
