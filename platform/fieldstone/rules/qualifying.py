"""Which activities count as a follow-up: of these kinds, with so much content, really reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.rules.contract import Builder, Facts
from fieldstone.rules.kind import CONDITION, INSTANT, LINK, OBJECT


@dataclass(frozen=True)
class Qualifying:
    """Rows of `object_name` that point to the record through `link`, done at `at`, and meet `when`."""

    object_name: str
    link: str
    at: str
    when: Expression | None

    def latest(self, record_ids: Sequence[str], facts: Facts) -> Mapping[str, datetime]:
        """Return when each record was last followed up in earnest; one that never was is left out."""
        return facts.latest(self.object_name, self.link, self.at, record_ids, self.when)


def qualifying_from(raw: Mapping[str, Any] | None, path: str, build: Builder) -> Qualifying | None:
    """Compile {object: activity, link: lead, at: done_at, when: ...}; what is wrong is reported."""
    if raw is None:
        return None
    scope = build.scope_of(raw["object"], f"{path}.object")
    if scope is None:
        return None
    link = build.field(f"{path}.link", raw["link"], scope=scope)
    at = build.field(f"{path}.at", raw["at"], scope=scope)
    found = scope.type_of(at) if at else None
    if found is not None and found.kind is not ValueKind.DATETIME:
        build.problem(
            f"{path}.at",
            "not_an_instant",
            f"{at!r} holds a {found.kind.value}, and a clock needs an instant.",
            "Name a datetime field, such as done_at or created_at.",
        )
        return None
    when = build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN, scope=scope)
    if not link or not at or ("when" in raw and when is None):
        return None
    return Qualifying(raw["object"], link, at, when)


QUALIFYING = {
    "type": "object",
    "description": "Which activities count as a follow-up",
    "properties": {
        "object": {**OBJECT, "description": "The object of the activities"},
        "link": {**LINK, "description": "Their lookup field that names the record"},
        "at": {**INSTANT, "description": "Their datetime field that says when it was done"},
        "when": {
            **CONDITION,
            "description": "Which of them count: kinds, least content, a call that was answered",
        },
    },
    "required": ["object", "link", "at"],
    "additionalProperties": False,
}
