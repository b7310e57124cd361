"""The records that a figure is about: those of a query that the viewer may see, as part of a larger statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select

from fieldstone.reads.frame import Frame, condition_of
from fieldstone.reads.listing import Asked, where_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight


def held_by(sight: Sight, frame: Frame, object_name: str, query: Query) -> list[ColumnElement[Any]]:
    """Return every condition on the rows of a query. Raises RefusedError (400) for a malformed filter."""
    conditions = [condition_of(sight.viewer, object_name, query.filter), query.extra]
    held = tuple(one for one in conditions if one is not None)
    return where_of(sight, frame, Asked(query, (), (), held))


def ids_of(sight: Sight, object_name: str, query: Query) -> Select[Any]:
    """Return the statement that gives the ids of a query's records."""
    frame = sight.frame(object_name)
    where = held_by(sight, frame, object_name, query)
    return frame.select([frame.raw.column("id")], where)


def fetched(sight: Sight, statement: Select[Any]) -> Sequence[Any]:
    """Return the rows of a statement, whose columns are known to who made it."""
    return sight.fetch(statement)
