"""What a person owns, hand-over by hand-over, and switching a person off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, not_, select

from fieldstone.expressions.expression import Expression
from fieldstone.storage.columns import ObjectColumns
from fieldstone.storage.reader import Reader


def owned_ids(
    reader: Reader,
    object_name: str,
    person: str,
    conditions: tuple[Expression | None, Sequence[Expression]],
    after: str,
    limit: int,
) -> list[str]:
    """Return up to `limit` ids beyond `after`, in order, of the live records that a person owns.

    `conditions` are what must hold, and what must not (the hand-overs before).
    """
    columns = reader.columns(object_name)
    number = columns.column("id")
    asked = _owned(columns, reader, select(number), person, conditions)
    asked = asked.where(number > after).order_by(number).limit(limit)
    return [record_id for (record_id,) in reader.connection.execute(columns.apply(asked))]


def owned_count(
    reader: Reader,
    object_name: str,
    person: str,
    conditions: tuple[Expression | None, Sequence[Expression]],
) -> int:
    """Return how many live records a person owns that meet the conditions."""
    columns = reader.columns(object_name)
    asked = _owned(columns, reader, select(func.count(columns.column("id"))), person, conditions)
    return int(reader.connection.execute(columns.apply(asked)).scalar_one())


def _owned(
    columns: ObjectColumns,
    reader: Reader,
    asked: Select[Any],
    person: str,
    conditions: tuple[Expression | None, Sequence[Expression]],
) -> Select[Any]:
    return asked.where(
        columns.column("owner") == person,
        columns.column("deleted_at").is_(None),
        *_clauses(columns, reader, conditions),
    )


def _clauses(
    columns: ObjectColumns,
    reader: Reader,
    conditions: tuple[Expression | None, Sequence[Expression]],
) -> Iterator[ColumnElement[bool]]:
    holds, not_these = conditions
    if holds is not None:
        yield holds.clause(columns, reader.env)
    for one in not_these:
        yield not_(func.coalesce(one.clause(columns, reader.env), false()))
