"""What a deadline leads to when it is missed, and how often somebody may ask for more time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import Assigned, assigned_from, span_from
from fieldstone.rules.contract import Builder, Facts
from fieldstone.rules.kind import A_POOL, ASSIGNMENTS, CONDITION, ROLES, SPAN, TEXT
from fieldstone.rules.ladder_yaml import WHO
from fieldstone.rules.notices import Audience, audiences_from
from fieldstone.rules.wording import pool_label

TO_POOL, TO_NEXT, TO_QUEUE = "return_to", "reassign", "queue"


@dataclass(frozen=True)
class PoolCase:
    """A pool for the records that meet a condition; None is met by all."""

    when: Expression | None
    pool: str
    label: Label


@dataclass(frozen=True)
class Consequence:
    """What happens when nobody acted in time. `way` is "return_to", "reassign", "queue" or "" (the owner keeps it)."""

    way: str = ""
    pools: tuple[PoolCase, ...] = ()
    reason: str = "deadline"
    audiences: tuple[Audience, ...] = ()
    sets: tuple[Assigned, ...] = ()

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the record."""
        people = (who.person for who in self.audiences if who.person is not None)
        pools = (case.when for case in self.pools if case.when is not None)
        return (*people, *pools, *(one for value in self.sets for one in value.reads))

    def pool_for(self, row: Mapping[str, object], facts: Facts) -> PoolCase | None:
        """Return the pool a record goes back to; the first case that fits."""
        for case in self.pools:
            if case.when is None or case.when.evaluate(row, facts.env) is True:
                return case
        return None

    def told(self, row: Mapping[str, object], facts: Facts) -> Label | None:
        """Return in words what happens to a record, None when its owner keeps it."""
        if self.way == TO_POOL:
            case = self.pool_for(row, facts)
            name = case.label if case else Label("")
            return Label(f"back to {name.en}", f"退回{name.text('zh')}") if case else None
        return _WORDS.get(self.way)

    def taken_away(self, row: Mapping[str, object], facts: Facts) -> dict[str, object]:
        """Return the values that take a record from its owner."""
        if self.way == TO_POOL:
            case = self.pool_for(row, facts)
            return {"owner": None, "pool": case.pool} if case else {}
        return {"owner": None, "pool": None} if self.way else {}


_WORDS = {
    TO_NEXT: Label("given to somebody else", "重新分配"),
    TO_QUEUE: Label("waits to be assigned", "进入待分配队列"),
}


@dataclass(frozen=True)
class Extension:
    """How often the due time may be moved, and by how much; people of the roles `beyond` may move it more often."""

    span: Span
    times: int
    beyond: tuple[str, ...] = ()

    def allowed(self, used: int, roles: frozenset[str]) -> bool:
        """Tell whether somebody with these roles may move it once more."""
        return used < self.times or not roles.isdisjoint(self.beyond)


def consequence_from(raw: Mapping[str, Any], build: Builder) -> Consequence:
    """Compile `then`."""
    pools = _pools(raw["return_to"], build) if "return_to" in raw else ()
    way = next((one for one in (TO_POOL, TO_NEXT, TO_QUEUE) if raw.get(one)), "")
    audiences = audiences_from(raw["notify"], "then.notify", build) if "notify" in raw else ()
    return Consequence(
        way,
        pools,
        str(raw.get("reason", "deadline")),
        audiences,
        assigned_from(raw.get("set", {}), "then.set", build),
    )


def _pools(raw: object, build: Builder) -> tuple[PoolCase, ...]:
    several = raw if isinstance(raw, (list, tuple)) else [{"pool": raw}]
    found = []
    for i, one in enumerate(several):
        path = "then.return_to" if several is not raw else f"then.return_to.{i}.pool"
        pool = build.known(path, "pool", one["pool"])
        when = build.expression(f"then.return_to.{i}.when", one.get("when"), expects=BOOLEAN)
        if pool:
            found.append(PoolCase(when, pool, pool_label(build.scope, pool)))
    return tuple(found)


def extension_from(raw: Mapping[str, Any] | None, build: Builder) -> Extension | None:
    """Compile `extend`."""
    if raw is None:
        return None
    span = span_from(raw["by"], "extend.by", build)
    beyond = tuple(
        build.known(f"extend.beyond.{i}", "role", one)
        for i, one in enumerate(raw.get("beyond", ()))
    )
    return None if span is None else Extension(span, int(raw.get("times", 1)), beyond)


CONSEQUENCE = {
    "type": "object",
    "description": "What happens when the due time has passed",
    "properties": {
        "return_to": {
            "description": "The pool it goes back to, or pools by condition, the first that fits",
            "oneOf": [
                A_POOL,
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {"when": CONDITION, "pool": A_POOL},
                        "required": ["pool"],
                        "additionalProperties": False,
                    },
                },
            ],
        },
        "reassign": {
            "type": "boolean",
            "description": "The assignment rules choose somebody else",
        },
        "queue": {
            "type": "boolean",
            "description": "It loses its owner and waits until somebody is free or assigns it",
        },
        "notify": WHO,
        "set": ASSIGNMENTS,
        "reason": {**TEXT, "description": "Kept in the history; cool-downs may ask for it"},
    },
    "additionalProperties": False,
    "allOf": [
        {"not": {"required": pair}}
        for pair in ([TO_POOL, TO_NEXT], [TO_POOL, TO_QUEUE], [TO_NEXT, TO_QUEUE])
    ],
}
EXTENSION = {
    "type": "object",
    "description": "Whoever works on it may ask for more time",
    "properties": {
        "by": {**SPAN, "description": "How much time each extension gives"},
        "times": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "description": "How often (1 when left out)",
        },
        "beyond": {**ROLES, "description": "Roles that may extend more often than that"},
    },
    "required": ["by"],
    "additionalProperties": False,
}
