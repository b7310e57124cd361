"""One actor looking at the whole model: names that exist for them, and columns that show them no more.

Filters, sorts, aggregates and views go through here. A field that the viewer may never read plain
has no name; one that is plain on some rows only counts as missing on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, false

from fieldstone.access.access import Access, access_to
from fieldstone.access.scopes import Clause, at
from fieldstone.changes.nouns import Actor
from fieldstone.expressions.columns import Columns
from fieldstone.expressions.env import Env
from fieldstone.expressions.types import Kind, Type
from fieldstone.model.site_model import Model, ModelScope


@dataclass(frozen=True, eq=False)
class Viewer:
    """An actor and a model. `special` replaces the access to one object (records in a pool)."""

    model: Model
    actor: Actor
    special: Access | None = None

    @property
    def administers(self) -> bool:
        """Tell whether a role of the actor is an administrator's."""
        roles = self.model.roles
        return any(roles[role].administrator for role in self.actor.roles if role in roles)

    def access(self, object_name: str) -> Access:
        """Return the actor's access to one object."""
        if self.special is not None and self.special.object_name == object_name:
            return self.special
        return access_to(self.model, self.actor, object_name)

    def scope(self, object_name: str) -> VisibleScope:
        """Return what this viewer's expressions over an object may name."""
        return VisibleScope(self, self.model.scope(object_name))

    def columns(self, columns: Columns, object_name: str, env: Env) -> VisibleColumns:
        """Return the columns of an object with everything this viewer may not see taken out."""
        return VisibleColumns(columns, self, object_name, env)

    def follows(self, object_name: str, name: str) -> str:
        """Return the object behind a lookup or relation that this viewer may follow, else ""."""
        follow = self.scope(object_name).follow(name)
        return follow.object_name if follow else ""


@dataclass(frozen=True)
class VisibleScope:
    """An object as one viewer's expressions see it; satisfies expressions.types.Scope."""

    viewer: Viewer
    inner: ModelScope

    @property
    def object_name(self) -> str:
        """Return the code of the object."""
        return self.inner.object_name

    def type_of(self, name: str) -> Type | None:
        """Return the type of a name, None for one that does not exist for this viewer."""
        found = self.inner.type_of(name)
        if found is None or name == "id":
            return found
        spec = self.viewer.model.objects[self.object_name]
        access = self.viewer.access(self.object_name)
        if name not in spec.relations:
            return found if access.field(name).known else None
        relation = spec.relations[name]
        if relation.owned:
            return found if access.field(name).known else None
        there = self.viewer.access(relation.object_name)
        return found if there.may_read and there.field(relation.field).known else None

    def follow(self, name: str) -> VisibleScope | None:
        """Return the scope behind a lookup or relation, None where the viewer may not look."""
        if name == "user":
            found = self.inner.follow(name)
            return VisibleScope(self.viewer, found) if found else None
        if self.type_of(name) is None:
            return None
        inner = self.inner.follow(name)
        if inner is None or not self.viewer.access(inner.object_name).may_read:
            return None
        return VisibleScope(self.viewer, inner)

    def names(self) -> Sequence[str]:
        """Return every name that exists for this viewer."""
        return [name for name in self.inner.names() if self.type_of(name) is not None]

    def object_label(self, language: str) -> str:
        """Return what people call one record of the object."""
        return self.inner.object_label(language)

    def label(self, name: str, language: str) -> str:
        """Return what people call a field or relation."""
        return self.inner.label(name, language)

    def option_label(self, name: str, option: str, language: str) -> str:
        """Return what people call an option of a select field."""
        return self.inner.option_label(name, option, language)


@dataclass(frozen=True, eq=False)
class VisibleColumns:
    """The columns of one object for one viewer; satisfies expressions.columns.Columns."""

    columns: Columns
    viewer: Viewer
    object_name: str
    env: Env

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self.columns.dialect

    def column(self, path: str) -> ColumnElement[Any]:
        """Return a column that is missing wherever the viewer may not read it."""
        plain = self.columns.column(path)
        guards = self._guards(path)
        return case((and_(*guards), plain), else_=None) if guards else plain

    def rows(self, name: str) -> tuple[FromClause, Columns, Clause]:
        """Return the child rows that the viewer may see."""
        alias, columns, tie = self.columns.rows(name)
        relation = self.viewer.model.objects[self.object_name].relations[name]
        child = VisibleColumns(columns, self.viewer, relation.object_name, self.env)
        return alias, child, and_(tie, *self._row_guards(name, columns))

    def _row_guards(self, name: str, columns: Columns) -> list[Clause]:
        relation = self.viewer.model.objects[self.object_name].relations[name]
        if relation.owned:
            # Line items are seen with their document, which the statement has already picked.
            return self._field_guards(self.object_name, name, "")
        child = self.viewer.access(relation.object_name)
        guards = [] if child.read_scope.everything else [child.read_scope.clause(columns, self.env)]
        right = child.field(relation.field)
        if not right.always:
            guards.append(right.plain_clause(columns, self.viewer.actor, self.env))
        return guards

    def _guards(self, path: str) -> list[Clause]:
        """Return the conditions under which every step of a dotted path is visible."""
        here, prefix, guards = self.object_name, "", []
        *steps, last = path.split(".")
        for step in steps:
            guards += self._field_guards(here, step, prefix)
            prefix += step + "."
            here = self.viewer.follows(here, step)
            if not here:
                return [false()]
            scope = self.viewer.access(here).read_scope
            if not scope.everything:
                guards.append(scope.clause(at(self.columns, prefix), self.env))
        return [*guards, *self._field_guards(here, last, prefix)]

    def _field_guards(self, object_name: str, code: str, prefix: str) -> list[Clause]:
        if code == "id":
            return []
        access = self.viewer.access(object_name)
        right = access.field(code)
        if right.always:
            return []
        return [right.plain_clause(at(self.columns, prefix), self.viewer.actor, self.env)]


def is_record(found: Type | None) -> bool:
    """Tell whether a type leads to one record of another object."""
    return found is not None and found.kind is Kind.RECORD and bool(found.of)
