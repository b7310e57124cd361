"""Statements that are built once and handed to the driver as they are, and writes that go to the database together.

SQLAlchemy takes as long over a statement as PostgreSQL takes to find a row. What is asked in every write is
therefore compiled once, and what nobody reads before the end of a transaction waits and is sent in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Engine,
    Insert,
    Table,
    Update,
    event,
    insert,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeEngine

from fieldstone.storage.ahead import AHEAD, Ahead
from fieldstone.storage.answers import Answer, Convert
from fieldstone.storage.at_once import (
    NOTHING,
    STREAMED,
    Several,
    Values,
    changed_rows,
    fixed_values,
    new_rows,
    renewing,
    rows_in_place,
)
from fieldstone.storage.platform_tables import upserting

WAITING: Final = "fieldstone.waiting"
_TABLES: Final = re.compile(r"\b(?:fs|o)_\w+")


@dataclass(frozen=True, eq=False)
class Compiled:
    """A statement in the words of one database."""

    sql: str
    names: tuple[str, ...]  # of its values, in the order of their places
    converts: tuple[tuple[str, Convert], ...]  # values that the driver wants in another form
    fixed: Values  # values that stand in the statement itself, as the driver takes them
    tables: frozenset[str]
    types: tuple[TypeEngine[Any], ...]  # of the columns it returns
    by_place: bool  # values go by place, as SQLite has it, not by name
    several: Several | None  # how several rows go at once, None: one after the other
    counted: bool  # a list within it is spelled out anew for each length, as only SQLAlchemy can

    def bound(self, values: Values) -> Any:
        """Return the values of one row as the driver takes them; it may hold more than the statement asks for."""
        found = {**self.fixed, **values}
        for name, convert in self.converts:
            value = found[name]
            if value is not None:
                found[name] = convert(value)
        return [found[name] for name in self.names] if self.by_place else found


class Prepared:
    """A statement that is built once; it is compiled at its first use on a database."""

    def __init__(self, statement: Executable) -> None:
        """Take a statement whose values are all bound by name."""
        self._statement = statement
        self._compiled: dict[tuple[str, tuple[str, ...]], Compiled] = {}
        self._results: dict[str, list[tuple[int, Convert]]] = {}

    def rows(
        self, connection: Connection, values: Values = NOTHING, *, after_all: bool = False
    ) -> list[tuple[Any, ...]]:
        """Return the rows it finds; writes that wait and that it could see are sent first.

        `after_all` sends all that wait with it, for a question that has to be the last.
        """
        return self.answer(connection, values, after_all=after_all).rows()

    def answer(
        self, connection: Connection, values: Values = NOTHING, *, after_all: bool = False
    ) -> Answer:
        """Return the same rows as the driver gave them."""
        if self.compiled(connection.dialect, values).counted:
            return Answer([tuple(row) for row in connection.execute(self._statement, values)])
        compiled, cursor = self._answered(connection, values, after_all=after_all)
        return self.answered(compiled, cursor, connection.dialect)

    def answered(self, compiled: Compiled, cursor: Any, dialect: Dialect) -> Answer:
        """Return what a cursor holds that this statement was executed on."""
        found: list[tuple[Any, ...]] = cursor.fetchall()
        if not found:
            return Answer(found)
        places = self._results.get(dialect.name)
        if places is None:
            places = self._results[dialect.name] = _converters(compiled, cursor, dialect)
        return Answer(found, places, compiled.types)

    def run(self, connection: Connection, values: Values) -> int:
        """Execute it once, now; return how many rows it touched."""
        return int(self._answered(connection, values, after_all=False)[1].rowcount)

    def later(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Execute it for each row before the transaction ends, or before somebody could see the difference.

        Very many new rows set out at once, with what waits before them, and arrive while the caller goes on.
        """
        if not rows:
            return
        compiled = self.compiled(connection.dialect, rows[0])
        waiting = waiting_of(connection)
        waiting.add(compiled, [compiled.bound(row) for row in rows])
        if compiled.several and compiled.several.stream and len(rows) >= AHEAD:
            _Sending(connection, waiting).ahead()

    def _answered(
        self, connection: Connection, values: Values, *, after_all: bool
    ) -> tuple[Compiled, Any]:
        compiled = self.compiled(connection.dialect, values)
        waiting = waiting_of(connection)
        seen = after_all or not waiting.tables.isdisjoint(compiled.tables)
        first = waiting if seen else None
        return compiled, _Sending(connection, first).answer(compiled, values)

    def compiled(self, dialect: Dialect, values: Values) -> Compiled:
        """Return it in the words of a database; which columns new rows fill `values` say."""
        names = tuple(values) if isinstance(self._statement, Insert) else ()
        found = self._compiled.get((dialect.name, names))
        if found is None:
            found = _compile(self._statement, dialect, names, self._several(dialect, names))
            self._compiled[dialect.name, names] = found
        return found

    def _several(self, dialect: Dialect, names: Sequence[str]) -> Several | None:
        """Return how several rows go at once, where that is possible."""
        del dialect, names
        return None


class Adding(Prepared):
    """New rows of a table."""

    def __init__(self, table: Table) -> None:
        """Take the table; which columns are filled the rows say."""
        super().__init__(insert(table).inline())  # the database need not tell the keys it gave
        self._table = table

    def _several(self, dialect: Dialect, names: Sequence[str]) -> Several | None:
        return new_rows(self._table, dialect, names)


class Renewing(Prepared):
    """Rows of a table that renew some columns of the row that stands with the same key, on one database."""

    def __init__(
        self,
        table: Table,
        dialect: str,
        key: Sequence[str],
        fresh: Sequence[str],
        where: ColumnElement[bool] | None = None,
    ) -> None:
        """Take the table, its key, and the columns that are renewed where `where` holds; rows tell all columns."""
        super().__init__(renewing(upserting(table, dialect), key, fresh, where))
        self._told = (table, key, fresh, where)

    def _several(self, dialect: Dialect, names: Sequence[str]) -> Several | None:
        del names
        table, key, fresh, where = self._told
        return rows_in_place(table, dialect, key, fresh, where)


class Changing(Prepared):
    """Changes of rows that the caller holds locked, so that their order does not matter."""

    def __init__(self, statement: Update | Delete) -> None:
        """Take a statement whose values are all bound by name."""
        super().__init__(statement)
        self._changing = statement

    def _several(self, dialect: Dialect, names: Sequence[str]) -> Several | None:
        del names
        return changed_rows(self._changing, dialect)


class Waiting:
    """The writes of one connection that were not sent yet, in the order in which they must be; `ahead` are on their way."""

    def __init__(self) -> None:
        self.ahead = Ahead()
        self.entries: list[tuple[Compiled, list[Any]]] = []
        self.tables: frozenset[str] = frozenset()

    def add(self, compiled: Compiled, rows: list[Any]) -> None:
        """Let rows wait: beside others of the same statement, unless something else wrote these tables since."""
        for entry in reversed(self.entries):
            if entry[0] is compiled:
                entry[1].extend(rows)
                return
            if not entry[0].tables.isdisjoint(compiled.tables):
                break
        self.entries.append((compiled, rows))
        self.tables |= compiled.tables

    def taken(self) -> list[tuple[Compiled, list[Any]]]:
        """Return all entries, which then no longer wait."""
        entries, self.entries, self.tables = self.entries, [], frozenset()
        return entries


def waiting_of(connection: Connection) -> Waiting:
    """Return what waits on this connection."""
    info = connection.info
    found: Waiting | None = info.get(WAITING)
    if found is None:
        found = info[WAITING] = Waiting()
    return found


def send(connection: Connection, *, commit: bool = False) -> None:
    """Send everything that waits; with `commit` the end of the transaction travels with it."""
    waiting = waiting_of(connection)
    if waiting.entries or waiting.ahead:
        _Sending(connection, waiting).everything(commit=commit)


def watch(writer: Engine) -> None:
    """Let the connections of an engine send what waits before anybody could miss it."""

    def before_statement(connection: Connection, _: Any, statement: str, *__: object) -> None:
        waiting = waiting_of(connection)
        if waiting.ahead or any(name in statement for name in waiting.tables):
            send(connection)

    def forget(connection: Connection, *_: object) -> None:
        if not connection.invalidated:  # else it went with what waited on it
            waiting = waiting_of(connection)
            waiting.ahead.given_up()
            waiting.taken()

    event.listen(writer, "before_cursor_execute", before_statement)

    def finish(connection: Connection) -> None:
        send(connection, commit=True)
        waiting_of(connection).ahead.meanwhile = None

    event.listen(writer, "commit", finish)
    event.listen(writer, "rollback", forget)
    # What waits inside a savepoint is part of it: undone with it, and never what came before.
    event.listen(writer, "savepoint", lambda connection, _: send(connection))
    event.listen(writer, "rollback_savepoint", forget)
    event.listen(writer, "release_savepoint", lambda connection, *_: send(connection))


class _Sending:
    """One conversation with the driver: what waits, and perhaps a question that must come after it."""

    def __init__(self, connection: Connection, waiting: Waiting | None) -> None:
        if not connection.in_transaction():
            connection.begin()  # as SQLAlchemy would: on SQLite all questions see one moment
        self._connection = connection
        self._ahead = waiting_of(connection).ahead
        self._entries = waiting.taken() if waiting is not None else []
        self._raw: Any = connection.connection.dbapi_connection
        self._at_once = connection.dialect.name == "postgresql"

    def answer(self, compiled: Compiled, values: Values) -> Any:
        """Return the cursor of a statement that was sent after what waits."""
        cursor = self._raw.cursor()
        bound = compiled.bound(values)
        self._told(lambda: cursor.execute(compiled.sql, bound))
        return cursor

    def ahead(self) -> None:
        """Send what waits without waiting for it."""
        self._ahead.go(lambda: self._send(None))

    def everything(self, *, commit: bool) -> None:
        """Send what waits."""
        self._told(self._raw.commit if commit and self._at_once else None)

    def _told(self, finally_: Callable[[], object] | None) -> None:
        """Send the entries in their order, and what comes after them with the last ones.

        Raises what SQLAlchemy would raise, so that callers need not know who spoke with the driver.
        """
        dialect = self._connection.dialect
        base: Any = dialect.loaded_dbapi.Error
        try:
            self._ahead.arrived()
            self._send(finally_)
        except base as error:
            gone = dialect.is_disconnect(error, self._raw, None)
            if gone:
                self._connection.invalidate(error)
            statement = "; ".join(entry[0].sql[:200] for entry in self._entries)
            raise DBAPIError.instance(
                statement, None, error, base, connection_invalidated=gone, dialect=dialect
            ) from error

    def _send(self, finally_: Callable[[], object] | None) -> None:
        if not self._at_once:
            for compiled, rows in self._entries:
                self._raw.executemany(compiled.sql, rows)
            if finally_ is not None:
                finally_()
            return
        together: list[tuple[Compiled, list[Any]]] = []
        for compiled, rows in self._entries:
            if compiled.several and compiled.several.stream and len(rows) >= STREAMED:
                self._statements(together, None)
                together.clear()
                self._stream(compiled.several, rows)
            else:
                together.append((compiled, rows))
        self._statements(together, finally_)

    def _statements(
        self,
        entries: Sequence[tuple[Compiled, list[Any]]],
        finally_: Callable[[], object] | None,
    ) -> None:
        """Send statements in one go: PostgreSQL works through them while nobody waits for single answers."""
        if not entries:
            if finally_ is not None:
                finally_()
            return
        with self._raw.pipeline(), self._raw.cursor() as cursor:
            for compiled, rows in entries:
                if len(rows) == 1:
                    cursor.execute(compiled.sql, rows[0])
                elif compiled.several and compiled.several.takes(rows):
                    cursor.execute(compiled.several.sql, compiled.several.bound(rows))
                else:
                    cursor.executemany(compiled.sql, rows)
            if finally_ is not None:
                finally_()

    def _stream(self, several: Several, rows: Sequence[Mapping[str, Any]]) -> None:
        with self._raw.cursor() as cursor, cursor.copy(several.stream) as copy:
            for row in rows:
                copy.write_row(several.plain(row))


def _compile(
    statement: Executable, dialect: Dialect, keys: tuple[str, ...], several: Several | None
) -> Compiled:
    made: Any = statement.compile(dialect=dialect, column_keys=list(keys) or None)  # type: ignore[attr-defined]
    binds = {str(name): bind for bind, name in made.bind_names.items()}
    converts = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in binds.items()
    }
    fixed = fixed_values(made, dialect)
    return Compiled(
        str(made),
        tuple(str(name) for name in made.positiontup or binds),
        tuple((n, one) for n, one in converts.items() if one is not None and n not in fixed),
        fixed,
        frozenset(_TABLES.findall(str(made))),
        tuple(column.type for column in getattr(statement, "exported_columns", ())),
        by_place=made.positiontup is not None,
        several=several,
        counted=bool(made.post_compile_params or made.literal_execute_params),
    )


def _converters(compiled: Compiled, cursor: Any, dialect: Dialect) -> list[tuple[int, Convert]]:
    """Return how the values of some columns are turned into ours, by the column's place."""
    described = [column[1] for column in cursor.description]
    converts = [
        kind.dialect_impl(dialect).result_processor(dialect, code)
        for kind, code in zip(compiled.types, described, strict=True)
    ]
    return [(place, one) for place, one in enumerate(converts) if one is not None]
