"""How PostgreSQL takes several rows at once: as one statement over a JSON text, or as a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from psycopg.types.json import Json, Jsonb
from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Delete,
    Dialect,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.visitors import iterate, replacement_traverse

from fieldstone.storage.answers import Convert

Values = Mapping[str, object]

STREAMED: Final = 64
"""From so many new rows on, PostgreSQL takes them faster as a stream (COPY) than as a statement."""
ADDED: Final = 2
CHANGED: Final = 16
"""From so many changed rows on, one statement over all of them costs less than one for each."""
NOTHING: Final[Values] = {}
ROWS: Final = "given_rows"
"""The name under which the JSON text is bound."""


@dataclass(frozen=True)
class Several:
    """A statement over `least` rows or more, told as one JSON text."""

    sql: str
    columns: tuple[str, ...]
    least: int
    streamed: tuple[tuple[int, Convert], ...]  # columns that want another form, by place
    key: tuple[str, ...] = ()  # what no two of the rows may share
    stream: str = ""  # how very many go
    fixed: Values = field(default_factory=dict)  # values that stand in the statement itself

    def takes(self, rows: Sequence[Values]) -> bool:
        """Tell whether these rows may go at once: of two for the same place the second must find the first."""
        if len(rows) < self.least:
            return False
        return not self.key or len({tuple(map(row.get, self.key)) for row in rows}) == len(rows)

    def plain(self, row: Values) -> list[Any]:
        """Return the values of one row in the order of the columns."""
        values = [row[name] for name in self.columns]
        for place, convert in self.streamed:
            values[place] = convert(values[place])
        return values

    def bound(self, rows: Sequence[Values]) -> dict[str, object]:
        """Return what the statement is sent with: the rows as one text."""
        whole = [dict(zip(self.columns, self.plain(row), strict=True)) for row in rows]
        return {**self.fixed, ROWS: orjson.dumps(whole, default=_plain).decode()}


def new_rows(table: Table, dialect: Dialect, names: Sequence[str]) -> Several | None:
    """Return how new rows go, with values in these columns; None where the database takes them one by one."""
    if dialect.name != "postgresql":
        return None
    columns = [table.c[name] for name in names]
    adding = postgresql.insert(table).from_select(names, select(*_given(columns).c))
    listed = ", ".join(f'"{one.name}"' for one in columns)
    return _several(
        adding, dialect, columns, least=ADDED, stream=f"COPY {table.name} ({listed}) FROM STDIN"
    )


def rows_in_place(
    table: Table,
    dialect: Dialect,
    key: Sequence[str],
    fresh: Sequence[str],
    where: ColumnElement[bool] | None = None,
) -> Several | None:
    """Return how rows go that renew the columns `fresh` of the one that stands with the same key."""
    if dialect.name != "postgresql":
        return None
    columns = list(table.c)
    adding = postgresql.insert(table).from_select(columns, select(*_given(columns).c))
    renewed = renewing(adding, key, fresh, where)
    return _several(renewed, dialect, columns, least=CHANGED, key=tuple(key))


def renewing(
    adding: Any, key: Sequence[str], fresh: Sequence[str], where: ColumnElement[bool] | None = None
) -> Any:
    """Return an INSERT that renews the columns `fresh` of the row that stands with the same key.

    One that stands and does not meet `where` stays as it is.
    """
    return adding.on_conflict_do_update(
        index_elements=list(key), set_={name: adding.excluded[name] for name in fresh}, where=where
    )


def changed_rows(changing: Update | Delete, dialect: Dialect) -> Several | None:
    """Return how rows are changed whose values are bound by name; the condition tells one from another."""
    if dialect.name != "postgresql":
        return None
    made: Any = changing.compile(dialect=dialect)
    told = {str(name): bind.type for bind, name in made.bind_names.items() if bind.required}
    columns = [column(name, kind) for name, kind in told.items()]
    given = _given(columns)

    def instead(element: Any, **_: Any) -> Any:
        ours = isinstance(element, BindParameter) and element.key in told
        return given.c[element.key] if ours else None

    asked = {one.key for one in iterate(changing.whereclause) if isinstance(one, BindParameter)}
    whole: Any = changing
    over_all: Any = replacement_traverse(whole, {}, instead)
    key = tuple(name for name in told if name in asked)
    return _several(over_all, dialect, columns, least=CHANGED, key=key)


def fixed_values(made: Any, dialect: Dialect) -> dict[str, object]:
    """Return the values that stand in a compiled statement, as the driver takes them."""
    found: dict[str, object] = {}
    for bind, name in made.bind_names.items():
        if not bind.required:
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            value = bind.effective_value
            found[str(name)] = value if convert is None or value is None else convert(value)
    return found


def _several(
    statement: Executable, dialect: Dialect, columns: Sequence[ColumnClause[Any]], **more: Any
) -> Several:
    made: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    streamed = [(at, getattr(one.type, "streamed", None)) for at, one in enumerate(columns)]
    return Several(
        str(made),
        tuple(str(one.name) for one in columns),
        streamed=tuple((place, convert) for place, convert in streamed if convert is not None),
        fixed=fixed_values(made, dialect),
        **more,
    )


def _given(columns: Sequence[ColumnClause[Any]]) -> TableValuedAlias:
    """Return the rows of the JSON text as a table with these columns."""
    rows = cast(bindparam(ROWS, type_=Text, required=True), postgresql.JSON)
    plain = [column(str(one.name), one.type) for one in columns]
    return func.json_to_recordset(rows).table_valued(*plain).render_derived(with_types=True)


def _plain(value: object) -> object:
    """Return what a driver's own wrapper holds; numbers are exact as text."""
    return value.obj if isinstance(value, Json | Jsonb) else str(value)
