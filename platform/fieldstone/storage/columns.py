"""An object's columns as expressions and lists see them: lookups become joins, computed formulas their clause."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, and_, select

from fieldstone.expressions.columns import Columns
from fieldstone.expressions.env import Env
from fieldstone.model.site_model import Model
from fieldstone.storage.tables import ObjectTable, Tables

Asked = TypeVar("Asked", bound=Select[Any])


class ObjectColumns:
    """The columns of one object in one statement; satisfies expressions.columns.Columns.

    Collects the joins that dotted paths take; `apply` puts them into the statement. A lookup
    whose record was deleted gives missing values, as it does in memory.
    """

    def __init__(self, tables: Tables, model: Model, object_name: str, env: Env) -> None:
        """Look at the object's own table; `model` is the one that `tables` were derived from."""
        if model is not tables.model:
            raise ValueError("the tables belong to another model")
        self.dialect = tables.dialect
        self._root = _Window(tables, tables[object_name], tables[object_name].table, env)
        self._windows: dict[str, _Window] = {"": self._root}
        self._source: FromClause = self._root.source

    @property
    def source(self) -> FromClause:
        """Return the table with all joins taken so far."""
        return self._source

    def apply(self, statement: Asked) -> Asked:
        """Return the statement reading from the table and its joins; call it when all columns are placed."""
        return statement.select_from(self._source)

    def column(self, path: str) -> ColumnElement[Any]:
        """Return the column, or the computed value, at "budget" or "channel.kind"."""
        head, _, code = path.rpartition(".")
        return self._window(head).value(code, _Behind(self, head))

    def rows(self, name: str) -> tuple[FromClause, Columns, ColumnElement[bool]]:
        """Return a relation's live rows: alias, its columns, and what ties it to the row."""
        head, _, relation = name.rpartition(".")
        return self._window(head).rows(relation)

    def _window(self, head: str) -> _Window:
        found = self._windows.get(head)
        if found is None:
            before, _, code = head.rpartition(".")
            origin = self._window(before)
            alias = origin.target(code).table.alias(f"j{len(self._windows)}")
            found = _Window(origin.tables, origin.target(code), alias, origin.env)
            tie = and_(alias.c.id == origin.own(code), alias.c.deleted_at.is_(None))
            self._source = self._source.outerjoin(alias, tie)
            self._windows[head] = found
        return found


class _Behind:
    """The columns as a computed formula of a looked-up record sees them."""

    def __init__(self, columns: ObjectColumns, head: str) -> None:
        self._columns = columns
        self._prefix = f"{head}." if head else ""
        self.dialect = columns.dialect

    def column(self, path: str) -> ColumnElement[Any]:
        return self._columns.column(self._prefix + path)

    def rows(self, name: str) -> tuple[FromClause, Columns, ColumnElement[bool]]:
        return self._columns.rows(self._prefix + name)


class ChildColumns:
    """The columns of related rows inside a subquery: lookups stand by themselves as scalar subqueries."""

    def __init__(self, window: _Window) -> None:
        """Look through one window."""
        self._window = window
        self.dialect = window.tables.dialect

    def column(self, path: str) -> ColumnElement[Any]:
        """Return the column, or the computed value, at "kind" or "owner.region"."""
        code, _, rest = path.partition(".")
        if not rest:
            return self._window.value(code, self)
        target = self._window.target(code)
        alias = target.table.alias()
        behind = ChildColumns(_Window(self._window.tables, target, alias, self._window.env))
        tie = and_(alias.c.id == self._window.own(code), alias.c.deleted_at.is_(None))
        value = select(behind.column(rest)).where(tie)
        return value.correlate_except(alias).scalar_subquery()

    def rows(self, name: str) -> tuple[FromClause, Columns, ColumnElement[bool]]:
        """Return the live rows of a relation of these rows."""
        return self._window.rows(name)


class _Window:
    """One place in a statement where an object's rows appear."""

    def __init__(
        self, tables: Tables, object_table: ObjectTable, source: FromClause, env: Env
    ) -> None:
        self.tables = tables
        self.object_table = object_table
        self.source = source
        self.env = env

    def own(self, code: str) -> ColumnElement[Any]:
        """Return a stored column; a secret is represented by its fingerprint."""
        held = self.object_table
        return self.source.c[held.blind.get(code, held.columns[code]).name]

    def value(self, code: str, seen: Columns) -> ColumnElement[Any]:
        """Return a stored column, or the clause of a computed formula over what is `seen` from here."""
        if code in self.object_table.columns:
            return self.own(code)
        formula = self.object_table.spec.fields[code].formula
        if formula is None:
            raise LookupError(f"{self.object_table.spec.code}.{code} has no value in the database")
        return formula.clause(seen, self.env)

    def target(self, code: str) -> ObjectTable:
        """Return the object that a lookup leads to."""
        return self.tables[self.object_table.spec.fields[code].type.expression_type.of]

    def rows(self, name: str) -> tuple[FromClause, Columns, ColumnElement[bool]]:
        relation = self.object_table.spec.relations[name]
        child = self.tables[relation.object_name]
        alias = child.table.alias()
        window = _Window(self.tables, child, alias, self.env)
        tie = and_(window.own(relation.field) == self.own("id"), alias.c.deleted_at.is_(None))
        return alias, ChildColumns(window), tie
