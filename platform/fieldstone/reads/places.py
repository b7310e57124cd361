"""Where a record stands in a list: what comes right before and behind it, and how many come first. Nothing is skipped over."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from fieldstone.reads.frame import may_read
from fieldstone.reads.listing import Asked, basis_of, settled, where_of
from fieldstone.reads.ordering import ahead, behind, columns_of
from fieldstone.reads.query import COUNTED_IN_PLACE, Query
from fieldstone.reads.sight import Sight


@dataclass(frozen=True)
class Beside:
    """The records right before and behind one in a list, None at its ends."""

    previous: str | None
    following: str | None


@dataclass(frozen=True)
class Place:
    """Where a record stands among how many, each COUNTED_IN_PLACE + 1 for more than that; `at` is None for one outside the list."""

    at: int | None
    total: int


def beside_of(sight: Sight, object_name: str, id: str, query: Query) -> Beside | None:
    """Return the neighbours that a record has, or would have, in a list; None when it is not there for the viewer."""
    values = _values(sight, object_name, id, query)
    if values is None:
        return None
    asked = settled(sight.viewer, object_name, query)
    found: list[str | None] = []
    for beyond, turned in ((ahead, True), (behind, False)):
        frame = sight.frame(object_name)
        order = columns_of(frame, asked.keys)
        where = [*where_of(sight, frame, asked), beyond(order, values)]
        statement = frame.select([frame.raw.column("id")], where)
        directed = (one.turned() if turned else one.order() for one in order)
        rows = sight.fetch(statement.order_by(*directed).limit(1))
        found.append(str(rows[0][0]) if rows else None)
    return Beside(*found)


def place_of(sight: Sight, object_name: str, id: str, query: Query) -> Place | None:
    """Return where a record stands in a list; None when it is not there for the viewer."""
    values = _values(sight, object_name, id, query)
    if values is None:
        return None
    asked = settled(sight.viewer, object_name, query)
    total, before = _counted(sight, object_name, asked, values, all_of_it=True)
    frame = sight.frame(object_name)
    itself = [*where_of(sight, frame, asked), frame.raw.column("id") == id]
    if not sight.fetch(frame.select([frame.raw.column("id")], itself)):
        return Place(None, total)
    if total > COUNTED_IN_PLACE:  # those that were counted are any of the list
        before, _ = _counted(sight, object_name, asked, values, all_of_it=False)
    return Place(min(before + 1, COUNTED_IN_PLACE + 1), total)


def _counted(
    sight: Sight, object_name: str, asked: Asked, values: list[object], *, all_of_it: bool
) -> tuple[int, int]:
    """Return how many records a list holds, or what of it comes before `values`; and how many of those do."""
    frame = sight.frame(object_name)
    first = ahead(columns_of(frame, asked.keys), values)
    where = where_of(sight, frame, asked)
    if not all_of_it:
        where.append(first)
    some = frame.select([case((first, 1), else_=0).label("first")], where)
    some_of_it = some.limit(COUNTED_IN_PLACE + 1).subquery()
    asked_for = select(func.count(), func.coalesce(func.sum(some_of_it.c.first), 0))
    count, before = tuple(sight.fetch(asked_for)[0])
    return int(count), int(before)


def _values(sight: Sight, object_name: str, id: str, query: Query) -> list[object] | None:
    """Return what the list is put in order by, of one record; the id ends it."""
    may_read(sight.viewer, object_name)
    asked = settled(sight.viewer, object_name, query)
    frame = sight.frame(object_name)
    order = columns_of(frame, asked.keys)
    where = [*basis_of(sight, frame, query), frame.raw.column("id") == id]
    columns = [one.column.label(f"k{at}") for at, one in enumerate(order)]
    rows = sight.fetch(frame.select(columns, where))
    return list(rows[0]) if rows else None
