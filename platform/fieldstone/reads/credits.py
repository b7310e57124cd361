"""Whose a result is: of whoever had the record when it happened, not of whoever has it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, select

from fieldstone.expressions.columns import Columns
from fieldstone.expressions.expression import parse
from fieldstone.reads.frame import Frame
from fieldstone.reads.populations import held_by
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.storage.journal import fs_owner_span, fs_stage_history

CLOSED: Final = ("won", "lost")
MOST: Final = 20_000


def owner_then(frame: Frame, at: str) -> ColumnElement[Any]:
    """Return who is credited with a record.

    A closed one belongs to whoever had it when it was closed; any other to whoever had it at the moment, or last on the
    day, that its field `at` tells; where nothing is known, to its present owner.
    """
    record = frame.raw.column("id")
    entry = fs_stage_history.c
    closing = select(entry.owner).where(
        entry.object == frame.object_name,
        entry.record == record,
        entry.left_at.is_(None),
        entry.kind.in_(CLOSED),
    )
    # The order makes SQLite look by record, also where it has sampled no values yet.
    closing = closing.order_by(entry.entered_at.desc()).limit(1)
    told = [closing.scalar_subquery(), _holder(frame, at)]
    return func.coalesce(*told, frame.raw.column("owner"))


def ids_credited(
    sight: Sight,
    object_name: str,
    query: Query,
    at: str = "",
    person: str = "",
    *,
    then: bool = False,
) -> list[str]:
    """Return the ids of the records of a query, with `at` of those alone that are credited to a person; at most 20,000.

    `then` asks for who had them at that moment, closed ones too.
    """
    frame = sight.frame(object_name)
    where = held_by(sight, frame, object_name, query)
    if at:
        where.append((owner_at if then else owner_then)(frame, at) == person)
    record = frame.raw.column("id")
    rows = sight.fetch(frame.select([record], where).order_by(record.desc()).limit(MOST))
    return [str(row[0]) for row in rows]


@dataclass(frozen=True)
class HadAt:
    """A group of its own kind: who had each record at the moment of its field."""

    field: str


def owner_at(frame: Frame, at: str) -> ColumnElement[Any]:
    """Return who had a record at the moment of its field `at`; where nothing is known, who has it."""
    return func.coalesce(_holder(frame, at), frame.raw.column("owner"))


def _holder(frame: Frame, at: str) -> ColumnElement[Any]:
    span, record = fs_owner_span.c, frame.raw.column("id")
    had = and_(span.object == frame.object_name, span.record == record, span.owner.is_not(None))
    holding = select(span.owner).where(had, _around(frame, at)).order_by(span.since.desc())
    return holding.limit(1).scalar_subquery()


def _around(frame: Frame, at: str) -> ColumnElement[bool]:
    """Return that a span of ownership holds the moment of a record, or touches its day."""
    moment, span = frame.raw.column(at), fs_owner_span.c
    if frame.spec.fields[at].type.name != "date":
        return and_(span.since <= moment, or_(span.until.is_(None), span.until > moment))
    day_of = parse("date_of(created_at)", frame.viewer.model.scope(frame.object_name))
    since, until = (
        day_of.clause(_InPlace(frame.raw.dialect, one), frame.env)
        for one in (span.since, span.until)
    )
    return and_(since <= moment, or_(span.until.is_(None), until >= moment))


@dataclass(frozen=True, eq=False)
class _InPlace:
    """Columns of an expression over one value, which stands in the place of whatever it names."""

    dialect: str
    value: ColumnElement[Any]

    def column(self, path: str) -> ColumnElement[Any]:
        """Return the value."""
        del path
        return self.value

    def rows(self, name: str) -> tuple[FromClause, Columns, ColumnElement[bool]]:
        """Nothing stands behind a value."""
        raise KeyError(name)
