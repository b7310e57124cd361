"""A public pool: who sees which of its records, and what stays masked until somebody claims one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import MOVE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import CODES, TEXT, Kind

GROUPS = ("role", "team", "department", "user")


@dataclass(frozen=True)
class Member:
    """A group that works with the pool. `group` is "role:sales", "team:north"; `sees` None: every record."""

    group: str
    sees: Expression | None = None
    admin: bool = False


@dataclass(frozen=True)
class Pool:
    """The body of a pool rule; the rule's code is the pool's code, its label the pool's name.

    No members: whoever may read the object. `sort` holds (field, descending).
    """

    members: tuple[Member, ...]
    masked: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...]
    columns: tuple[str, ...]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: what members see is asked when the pool is read."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: a pool describes, other rules move records into it."""
        return {}

    def memberships(self, groups: Collection[str]) -> tuple[Member, ...]:
        """Return as what a person belongs to the pool; `groups` are theirs: {"role:sales", "team:north", ...}."""
        if not self.members:
            return (Member(""),)
        return tuple(member for member in self.members if member.group in groups)

    def visible(self, groups: Collection[str]) -> tuple[Expression, ...] | None:
        """Return the conditions of which one must hold for a record to be seen; () is all, None is nothing."""
        found = self.memberships(groups)
        if not found:
            return None
        if any(member.sees is None for member in found):
            return ()
        return tuple(member.sees for member in found if member.sees is not None)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Pool:
    """Resolve groups, fields and what each group sees."""
    members = tuple(
        member
        for place, written in enumerate(raw.get("members", ()))
        for member in _members(written, f"members.{place}", build)
    )
    masked = tuple(build.field(f"masked.{i}", name) for i, name in enumerate(raw.get("masked", ())))
    columns = tuple(
        build.field(f"columns.{i}", name) for i, name in enumerate(raw.get("columns", ()))
    )
    return Pool(members, masked, _sort(raw.get("sort", ()), build), columns)


def _members(raw: Mapping[str, Any], path: str, build: Builder) -> list[Member]:
    sees = build.expression(f"{path}.sees", raw.get("sees"), expects=BOOLEAN)
    found = []
    for group in GROUPS:
        if group in raw:
            name = raw[group]
            if group != "role" or build.known(f"{path}.role", "role", name):
                found.append(Member(f"{group}:{name}", sees, bool(raw.get("admin", False))))
    return found


def _sort(raw: object, build: Builder) -> tuple[tuple[str, bool], ...]:
    several = [raw] if isinstance(raw, str) else list(raw) if isinstance(raw, (list, tuple)) else []
    return tuple(
        (build.field(f"sort.{i}", str(one).lstrip("-")), str(one).startswith("-"))
        for i, one in enumerate(several)
    )


KIND = Kind(
    "pool",
    Label("Public pool", "公海"),
    MOVE,
    {
        "properties": {
            "members": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        **dict.fromkeys(GROUPS, TEXT),
                        "sees": TEXT,
                        "admin": {"type": "boolean"},
                    },
                    "additionalProperties": False,
                    "anyOf": [{"required": [group]} for group in GROUPS],
                },
            },
            "masked": CODES,
            "sort": {"oneOf": [TEXT, CODES]},
            "columns": CODES,
        },
        "required": [],
    },
    compile_rule,
)
