"""Records that wait before somebody gets them: for a while by `delay`, or in the hold queue because nobody is free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import named
from fieldstone.base.workdays import Span, parse_span
from fieldstone.changes.nouns import Draft, TimerRequest
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import RESTORED, Builder, Facts, Rule
from fieldstone.rules.kind import A_POOL, NUMBER_FIELD, SPAN
from fieldstone.rules.wording import pool_label

HOLD: Final = "hold"
DELAY: Final = "delay"
POOL: Final = "pool"
USER: Final = "user"
OLDEST: Final = "oldest"
HIGHEST: Final = "highest"
DRAINS: Final = (OLDEST, HIGHEST)
QUEUED: Final = "queued"
"""What a rule asks that takes a record from its owner: let it wait, give it to nobody at once."""
NAMELESS: Final = Label("")


@dataclass(frozen=True)
class Target:
    """Where a record goes that no entry could give away: ("hold" | "pool" | "user", code)."""

    kind: str
    code: str = ""
    label: Label = NAMELESS


@dataclass(frozen=True)
class Queue:
    """The hold queue: how long a record waits there, where it goes then, and who is drained first."""

    within: Span | None = None
    then: Target | None = None
    drain: str = OLDEST
    by: str = ""  # the number field of the record, for "highest"

    def entered(self, rule: Rule, draft: Draft, facts: Facts) -> tuple[TimerRequest, ...]:
        """Return the timer of a record that enters the queue now; none when it waits there already.

        Without a deadline the timer lies far ahead: it is also what the queue is listed by.
        """
        before, restored = draft.before, draft.change.action == RESTORED
        waits = before is not None and before.get("owner") is None and before.get("pool") is None
        if waits and not restored:
            return ()
        span = self.within or NEVER
        due = facts.calendar(rule.calendar).after(facts.now, span)
        return (TimerRequest(rule.code, HOLD, due, {"since": facts.now.isoformat()}),)


NEVER: Final = parse_span("1825 days")


@dataclass(frozen=True)
class Delay:
    """How long a new record waits before it is given to somebody."""

    span: Span

    def until(self, rule: Rule, draft: Draft, facts: Facts) -> datetime | None:
        """Return when a record may be given away, None when it may now."""
        created = facts.now if draft.before is None else draft.before.get("created_at")
        if not isinstance(created, datetime):
            return None
        due = facts.calendar(rule.calendar).after(created, self.span)
        return due if due > facts.now else None


def fallback_from(raw: object, build: Builder) -> tuple[Target, Queue]:
    """Compile `fallback`: hold, {hold: {...}}, {pool: CODE} or {user: EMAIL}."""
    if not isinstance(raw, Mapping):
        return Target(HOLD), Queue()
    if HOLD not in raw:
        return _target(raw, "fallback", build), Queue()
    held: Mapping[str, Any] = raw[HOLD]
    by = held.get("by", "")
    if held.get("drain") == HIGHEST and not by:
        build.problem(
            "fallback.hold.drain", "missing_key", "'highest' needs a field.", "Add 'by: score'."
        )
    then = held.get("then")
    if ("for" in held) != (then is not None):
        build.problem(
            "fallback.hold",
            "missing_key",
            "A deadline needs to say who gets the record then, and the other way round.",
            "Write both 'for: 4 working hours' and 'then: {user: EMAIL}'.",
        )
    return Target(HOLD), Queue(
        span_from(held["for"], "fallback.hold.for", build) if "for" in held else None,
        _target(then, "fallback.hold.then", build) if then else None,
        held.get("drain", OLDEST),
        build.field("fallback.hold.by", by) if by else "",
    )


def _target(raw: Mapping[str, Any], path: str, build: Builder) -> Target:
    if POOL in raw:
        code = build.known(f"{path}.pool", "pool", raw[POOL])
        return Target(POOL, code, pool_label(build.scope, code))
    return Target(USER, str(raw[USER]))


_POOL_OR_PERSON: Final = {POOL: A_POOL, USER: named(USER)}
_TARGET: Final = {
    "type": "object",
    "properties": _POOL_OR_PERSON,
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_QUEUE: Final = {
    "type": "object",
    "properties": {
        "for": {**SPAN, "description": "How long a record waits in the queue"},
        "then": {**_TARGET, "description": "The pool or person that gets it afterwards"},
        "drain": {"enum": list(DRAINS), "description": "Who leaves the queue first"},
        "by": {**NUMBER_FIELD, "description": "The number field of the record, for 'highest'"},
    },
    "additionalProperties": False,
    "minProperties": 1,
}
FALLBACK: Final = {
    "description": "What becomes of a record that no entry could give away",
    "oneOf": [
        {"const": HOLD},
        {
            "type": "object",
            "properties": {HOLD: _QUEUE, **_POOL_OR_PERSON},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ],
}
