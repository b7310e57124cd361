"""Which rows a right covers, asked of a table (a clause) or of one row in memory (a test)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, or_, true

from fieldstone.changes.nouns import Actor
from fieldstone.expressions.columns import Columns
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression

Clause = ColumnElement[bool]


@dataclass(frozen=True)
class Anchor:
    """The columns that say whose a row is; `prefix` leads to the row that the right is about.

    A line item has the prefix "parent.": it is as visible as its document. `team` and
    `department` are "" where people have none.
    """

    person: str
    team: str = ""
    department: str = ""
    prefix: str = ""


@dataclass(frozen=True)
class Prefixed:
    """The columns of a looked-up row, named as if one stood on it."""

    columns: Columns
    prefix: str

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self.columns.dialect

    def column(self, path: str) -> ColumnElement[Any]:
        """Return a column of the looked-up row."""
        return self.columns.column(self.prefix + path)

    def rows(self, name: str) -> tuple[FromClause, Columns, Clause]:
        """Raise LookupError: child rows are not reached through a lookup."""
        raise LookupError(f"{self.prefix}{name}: child rows of a looked-up record")


def at(columns: Columns, prefix: str) -> Columns:
    """Return the columns of the row behind `prefix` ("" is the row itself)."""
    return Prefixed(columns, prefix) if prefix else columns


def row_at(row: Mapping[str, object], prefix: str) -> Mapping[str, object]:
    """Return the flattened row behind `prefix` of a flattened row."""
    if not prefix:
        return row
    cut = len(prefix)
    return {name[cut:]: value for name, value in row.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class RowRule:
    """The rows that one role reaches: own, team, department or all, under a further condition."""

    reach: str
    anchor: Anchor
    when: Expression | None = None

    @property
    def unlimited(self) -> bool:
        """Tell whether every row is covered, whoever asks."""
        return self.reach == "all" and self.when is None

    @property
    def reads(self) -> frozenset[str]:
        """Return the fields and dotted paths that `covers` needs in the row."""
        anchor = self.anchor
        by_reach = {"team": anchor.team, "department": anchor.department}
        found = set() if self.reach == "all" else {anchor.person, by_reach.get(self.reach, "")}
        when = self.when
        if when is not None:
            found |= {*when.names, *when.paths, *when.rows}
        return frozenset(anchor.prefix + name for name in found if name)

    def clause(self, columns: Columns, actor: Actor, env: Env) -> Clause:
        """Return the condition that picks the covered rows."""
        here = at(columns, self.anchor.prefix)
        parts = [] if self.reach == "all" else [self._reached(here, actor)]
        if self.when is not None:
            # A condition over child rows cannot be asked through a lookup: nothing is covered.
            blind = bool(self.when.rows) and here is not columns
            parts.append(false() if blind else self.when.where(here, env))
        return and_(true(), *parts)

    def covers(self, row: Mapping[str, object], actor: Actor, env: Env) -> bool:
        """Tell the same of a row in memory, which holds what `reads` names."""
        here = row_at(row, self.anchor.prefix)
        if self.reach != "all" and not self._reaches(here, actor):
            return False
        if self.when is None:
            return True
        blind = bool(self.when.rows) and here is not row
        return not blind and bool(self.when.evaluate(here, env))

    def _reached(self, columns: Columns, actor: Actor) -> Clause:
        anchor, own = self.anchor, columns.column(self.anchor.person) == actor.id
        if self.reach == "team" and anchor.team and actor.facts.get("team"):
            return or_(own, columns.column(anchor.team) == actor.facts["team"])
        if self.reach == "department" and anchor.department and actor.departments:
            return or_(own, columns.column(anchor.department).in_(actor.departments))
        return own

    def _reaches(self, row: Mapping[str, object], actor: Actor) -> bool:
        anchor = self.anchor
        if row.get(anchor.person) == actor.id:
            return True
        if self.reach == "team" and anchor.team and actor.facts.get("team"):
            return row.get(anchor.team) == actor.facts["team"]
        if self.reach == "department" and anchor.department:
            return row.get(anchor.department) in actor.departments
        return False


@dataclass(frozen=True)
class RowScope:
    """The rows that all rights of one actor cover together."""

    rules: tuple[RowRule, ...]
    actor: Actor

    @property
    def everything(self) -> bool:
        """Tell whether every row is covered."""
        return any(rule.unlimited for rule in self.rules)

    @property
    def nothing(self) -> bool:
        """Tell whether no row can be covered."""
        return not self.rules

    @property
    def reads(self) -> frozenset[str]:
        """Return the fields and dotted paths that `covers` needs in the row."""
        return reads_of(() if self.everything else self.rules)

    def clause(self, columns: Columns, env: Env) -> Clause:
        """Return the condition that picks the covered rows."""
        if self.everything:
            return true()
        return or_(false(), *(rule.clause(columns, self.actor, env) for rule in self.rules))

    def covers(self, row: Mapping[str, object], env: Env) -> bool:
        """Tell whether a row in memory is covered; it holds what `reads` names."""
        return self.everything or any(rule.covers(row, self.actor, env) for rule in self.rules)


def reads_of(rules: Iterable[RowRule]) -> frozenset[str]:
    """Return all fields and paths that these rules need in a row."""
    return frozenset().union(*(rule.reads for rule in rules))
