"""What deadlines of every kind are written with: the clock, the reminders, what happens then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import named
from fieldstone.base.workdays import parse_span
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.rules.assignments import span_from
from fieldstone.rules.clock import Clock
from fieldstone.rules.contract import Builder
from fieldstone.rules.cooldown import COOLDOWN, cooldown_from
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.deadline_terms import (
    CONSEQUENCE,
    EXTENSION,
    consequence_from,
    extension_from,
)
from fieldstone.rules.kind import CHOICE, SPAN
from fieldstone.rules.ladder_yaml import STEPS, own_ladder
from fieldstone.rules.qualifying import qualifying_from
from fieldstone.rules.spans import spans_from

GRACE: Final = parse_span("4 hours")
OWNER: Final = "owner"


def deadline_from(
    raw: Mapping[str, Any], build: Builder, starts: str, stops: str
) -> Deadline | None:
    """Return the deadline of a rule whose clock starts and stops with these fields."""
    by = build.field("by", raw["by"]) if "by" in raw else ""
    within = spans_from(raw["within"], "within", by, build)
    following = spans_from(raw["next"], "next", by, build) if "next" in raw else None
    counts = qualifying_from(raw.get("counts"), "counts", build)
    then = consequence_from(raw.get("then", {}), build)
    grace = span_from(raw["grace"], "grace", build) if "grace" in raw else GRACE
    own = own_ladder(raw.get("remind"), "remind", by, build)
    shared = build.known("ladder", "rule", raw["ladder"]) if "ladder" in raw else ""
    extension = extension_from(raw.get("extend"), build)
    cooldown = cooldown_from(raw.get("cooldown"), "cooldown", build, (then.reason,))
    if not starts or within is None or grace is None:
        return None
    clock = Clock(starts, stops, within, following, counts)
    hours = raw.get("hours_of") == OWNER
    return Deadline(clock, own, shared, then, cooldown, grace, extension, hours)


def instant_from(path: str, name: object, build: Builder) -> str:
    """Return a field of the rule's object that holds an instant; another one is reported."""
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


SHARED: Final[Mapping[str, Any]] = {
    "by": {
        **CHOICE,
        "description": "The field by whose value time, channels and strength are given",
    },
    "hours_of": {
        "const": OWNER,
        "description": "The owner's own working hours and time zone count, not the calendar's",
    },
    "remind": STEPS,
    "ladder": named(
        "rule", "reminder_ladder", description="A reminder_ladder whose steps remind, too"
    ),
    "then": CONSEQUENCE,
    "cooldown": COOLDOWN,
    "grace": {**SPAN, "description": "What a record gets whose time passed while nobody could act"},
    "extend": EXTENSION,
}
