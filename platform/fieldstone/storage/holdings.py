"""How many records people hold, counted no further than matters, so that the cost does not grow with what they own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    TableValuedAlias,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from fieldstone.expressions.expression import Expression
from fieldstone.storage.platform_tables import listed
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.reader import Reader


def held_up_to(
    reader: Reader, object_name: str, people: Sequence[str], where: Expression | None, up_to: int
) -> dict[str, int]:
    """Return how many live records each person owns, `up_to` for so many or more."""
    passing = where is not None and (where.uses_now or where.uses_user)
    if passing:
        prepared = Prepared(_counting(reader, object_name, where))
    else:
        prepared = reader.tables.once(
            ("held", object_name, where.text if where is not None else ""),
            lambda: Prepared(_counting(reader, object_name, where)),
        )
    bound = {"ids": listed(people, reader.dialect), "b_up_to": up_to}
    rows = prepared.rows(reader.connection, bound)
    return {person: int(count) for person, count in rows}


def _counting(
    reader: Reader, object_name: str, where: Expression | None
) -> Select[tuple[str, int]]:
    person = _each(reader.dialect)
    columns = reader.columns(object_name)
    wanted = [columns.column("owner") == person.c.value, columns.column("deleted_at").is_(None)]
    if where is not None:
        wanted.append(where.clause(columns, reader.env))
    held: Select[Any] = (
        columns.apply(select(literal_column("1").label("one")))
        .where(*wanted)
        .limit(bindparam("b_up_to", type_=Integer))
    )
    counted = select(func.count()).select_from(held.correlate(person).subquery())
    return select(person.c.value, counted.correlate(person).scalar_subquery())


def _each(dialect: str) -> TableValuedAlias:
    """Return the people as rows."""
    if dialect == "postgresql":
        ids = func.unnest(bindparam("ids", type_=ARRAY(Text)))
        return ids.table_valued("value", name="person").render_derived()
    return func.json_each(bindparam("ids", type_=Text)).table_valued("value", name="person")
