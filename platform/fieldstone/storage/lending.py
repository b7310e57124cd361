"""Connections for reading: one for several questions, or the driver's own for a question that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from fieldstone.storage.answers import Answer
from fieldstone.storage.at_once import NOTHING
from fieldstone.storage.prepared import Prepared


class Lender:
    """Opens one connection at the first question that needs it; who closes it is whoever made this."""

    def __init__(self, engine: Engine) -> None:
        """Lend connections of `engine`."""
        self._engine = engine
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """Return the connection, on which several questions follow each other."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def answer(self, prepared: Prepared, values: Mapping[str, object] = NOTHING) -> Answer:
        """Return the answer to a question that no other one has to agree with."""
        if self._connection is not None:
            return prepared.answer(self._connection, values)
        return alone(self._engine, prepared, values)

    def close(self) -> None:
        """Give back what was lent."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def alone(engine: Engine, prepared: Prepared, values: Mapping[str, object] = NOTHING) -> Answer:
    """Return the answer to one question, asked of the driver itself.

    A statement is a moment of its own: no transaction is begun around it, which would cost more than finding
    a row. Raises what SQLAlchemy would raise.
    """
    compiled = prepared.compiled(engine.dialect, values)
    if compiled.counted:
        with engine.connect() as connection:
            return prepared.answer(connection, values)
    base: Any = engine.dialect.loaded_dbapi.Error
    lent: Any = None
    try:
        lent = engine.raw_connection()
        with closing(lent.dbapi_connection.cursor()) as cursor:
            cursor.execute(compiled.sql, compiled.bound(values))
            return prepared.answered(compiled, cursor, engine.dialect)
    except base as error:
        driven = lent.dbapi_connection if lent is not None else None
        gone = engine.dialect.is_disconnect(error, driven, None)
        if gone and lent is not None:
            lent.invalidate(error)
        raise DBAPIError.instance(
            compiled.sql, None, error, base, connection_invalidated=gone, dialect=engine.dialect
        ) from error
    finally:
        if lent is not None:
            lent.close()
