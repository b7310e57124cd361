"""In which order rows come, and where a page starts: a total order that both databases agree on.

Missing values come last in either direction, and the id settles ties.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, UnaryExpression, and_, asc, desc, false, literal, or_

from fieldstone.access.resolver import Purpose, Resolved, resolve
from fieldstone.access.viewer import Viewer
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.expressions.types import Kind
from fieldstone.reads.frame import Frame
from fieldstone.reads.query import Sort

MOST_KEYS: Final = 5
# What a cursor holds for each kind of sort key.
PYTHON: Final[dict[Kind, type]] = {
    Kind.NUMBER: Decimal,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: datetime,
    Kind.DATE: date,
    Kind.TIME: time,
    Kind.DURATION: timedelta,
}
# Never missing, so that a plain `ORDER BY x DESC` serves and an index can be read backwards.
ALWAYS_FILLED: Final = frozenset({"id", "created_at", "updated_at"})


@dataclass(frozen=True)
class Key:
    """One resolved sort key; `holds` is the Python type of its values."""

    path: str
    descending: bool
    holds: type


@dataclass(frozen=True, eq=False)
class SortColumn:
    """A sort key as a column of the statement at hand."""

    column: ColumnElement[Any]
    descending: bool
    nullable: bool

    def order(self) -> ColumnElement[Any]:
        """Return the ORDER BY element."""
        directed: UnaryExpression[Any] = desc(self.column) if self.descending else asc(self.column)
        return directed.nulls_last() if self.nullable else directed

    def same(self, value: object) -> ColumnElement[bool]:
        """Return the condition of having this very value."""
        return self.column.is_(None) if value is None else self.column == self._bound(value)

    def behind(self, value: object) -> ColumnElement[bool]:
        """Return the condition of coming later than this value."""
        if value is None:
            return false()
        bound = self._bound(value)
        later = self.column < bound if self.descending else self.column > bound
        return or_(later, self.column.is_(None)) if self.nullable else later

    def from_here(self, value: object) -> ColumnElement[bool]:
        """Return the condition of having this value or coming later."""
        return self._within(value, up=not self.descending)

    def turned(self) -> ColumnElement[Any]:
        """Return the ORDER BY element of walking the other way."""
        directed: UnaryExpression[Any] = asc(self.column) if self.descending else desc(self.column)
        return directed.nulls_first() if self.nullable else directed

    def ahead(self, value: object) -> ColumnElement[bool]:
        """Return the condition of coming earlier than this value."""
        if value is None:
            return self.column.is_not(None)
        bound = self._bound(value)
        return self.column > bound if self.descending else self.column < bound

    def up_to_here(self, value: object) -> ColumnElement[bool]:
        """Return the condition of having this value or coming earlier."""
        return self._within(value, up=self.descending)

    def _within(self, value: object, *, up: bool) -> ColumnElement[bool]:
        bound = self._bound(value)
        found: ColumnElement[bool] = self.column >= bound if up else self.column <= bound
        return found

    def _bound(self, value: object) -> ColumnElement[Any]:
        return literal(value, self.column.type)


def keys_of(viewer: Viewer, object_name: str, sort: Sort) -> tuple[Key, ...]:
    """Return the sort keys; raises RefusedError (400) for fields that cannot order records."""
    problems: list[Problem] = []
    keys: list[Key] = []
    if len(sort) > MOST_KEYS:
        text = f"Records are put in order by at most {MOST_KEYS} fields, not {len(sort)}."
        problems.append(Problem("too_many_keys", "sort", text, "Leave out the last ones."))
    for path, descending in dict.fromkeys(sort[:MOST_KEYS]):
        found = resolve(viewer, object_name, path, Purpose.SORT)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            keys.append(_key(viewer, found, descending=descending))
    if problems:
        raise RefusedError(problems, 400)
    return tuple(keys)


def _key(viewer: Viewer, found: Resolved, *, descending: bool) -> Key:
    """Return the key; a link is put in order by the title of what it points to."""
    field = found.field
    if field is None:
        return Key(found.path, descending, str)
    seen = field.type.expression_type
    there = viewer.follows(found.object_name, field.code) if seen.kind is Kind.RECORD else ""
    if there:
        title = viewer.model.objects[there].title
        named = resolve(viewer, there, title, Purpose.SORT)
        if isinstance(named, Resolved) and named.field is not None:
            kind = named.field.type.expression_type.kind
            return Key(f"{found.path}.{title}", descending, PYTHON.get(kind, str))
    return Key(found.path, descending, PYTHON.get(seen.kind, str))


def columns_of(frame: Frame, keys: Sequence[Key]) -> list[SortColumn]:
    """Return the keys as columns, ended by the id in the direction of the last key."""
    columns = [
        SortColumn(frame.columns.column(key.path), key.descending, _may_miss(frame, key.path))
        for key in keys
    ]
    if not keys or keys[-1].path != "id":
        newest_first = keys[-1].descending if keys else True
        columns.append(SortColumn(frame.raw.column("id"), newest_first, nullable=False))
    return columns


def behind(columns: Sequence[SortColumn], values: Sequence[object]) -> ColumnElement[bool]:
    """Return the condition of coming after the row with these sort values.

    a, b, id become: a behind or (a the same and (b behind or (b the same and id behind))), with a bound
    on the first key in front, so that an index range starts at the right place.
    """
    clause = _beyond(columns, values, SortColumn.behind)
    first, value = columns[0], values[0]
    if len(columns) == 1 or first.nullable or value is None:
        return clause
    return and_(first.from_here(value), clause)


def ahead(columns: Sequence[SortColumn], values: Sequence[object]) -> ColumnElement[bool]:
    """Return the condition of coming before the row with these sort values, made as `behind` is."""
    clause = _beyond(columns, values, SortColumn.ahead)
    if len(columns) == 1 or values[0] is None:
        return clause
    return and_(columns[0].up_to_here(values[0]), clause)


def _beyond(
    columns: Sequence[SortColumn],
    values: Sequence[object],
    step: Callable[[SortColumn, object], ColumnElement[bool]],
) -> ColumnElement[bool]:
    clause = step(columns[-1], values[-1])
    for column, value in zip(columns[-2::-1], list(values)[-2::-1], strict=True):
        clause = or_(step(column, value), and_(column.same(value), clause))
    return clause


def _may_miss(frame: Frame, path: str) -> bool:
    if path not in ALWAYS_FILLED:
        return True
    # A field that only some rows show counts as missing on the others.
    return path != "id" and not frame.access.field(path).always
