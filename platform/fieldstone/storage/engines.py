"""Database connections that keep their promises: no lost update, no silent time zone, no endless wait."""

from __future__ import annotations

import os
import time
import weakref
from typing import Any, Final

import orjson
import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

from fieldstone.base.errors import FieldstoneError
from fieldstone.expressions.sqlite_functions import register
from fieldstone.storage.prepared import watch

BUSY_SECONDS: Final = 10.0
POOL_SIZE: Final = 8
IDLE_SECONDS: Final = 1.0
STATEMENT_LIMIT: Final = "60s"
IDLE_LIMIT: Final = "60s"

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_of_the_parent: list[Pool] = []


class DatabaseUrlError(FieldstoneError):
    """The database URL names something that Fieldstone does not run on."""


def engines(url: str, *, echo: bool = False) -> tuple[Engine, Engine]:
    """Return the writer's engine and the readers' engine for a database URL.

    On SQLite the writer begins every transaction with BEGIN IMMEDIATE: with the driver's default two
    writers both read the old value and one update is lost without an error.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, echo=echo)
    if parsed.get_backend_name() == "postgresql":
        # Readers have a pool of their own: switching a connection to and from autocommit costs more
        # than finding a row, and each of their statements stands for itself.
        reader = _postgresql(parsed, echo=echo, isolation_level="AUTOCOMMIT")
        writer = _postgresql(parsed, echo=echo, isolation_level="READ COMMITTED")
        watch(writer)
        return writer, reader
    raise DatabaseUrlError(
        f"database url {parsed.render_as_string()!r}: Fieldstone runs on SQLite and PostgreSQL. "
        "Write sqlite:///fieldstone.db or postgresql://user:password@host/name."
    )


def _sqlite(url: URL, *, echo: bool) -> tuple[Engine, Engine]:
    if url.database in (None, "", ":memory:"):
        raise DatabaseUrlError(
            "an SQLite database in memory cannot be shared by readers and the writer. "
            "Name a file: sqlite:///fieldstone.db."
        )
    # One writing connection in each process: threads line up here, in order, instead of in SQLite's
    # busy loop, which may let one starve.
    writer = create_engine(
        url, echo=echo, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=BUSY_SECONDS
    )
    reader = create_engine(url, echo=echo, poolclass=QueuePool, pool_size=POOL_SIZE)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN")):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _beginner(begin))
        _engines.add(engine)
    watch(writer)
    return writer, reader


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL may lose the last commits at a power cut
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -16000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    register(connection)


def _beginner(statement: str) -> Any:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def _postgresql(url: URL, *, echo: bool, isolation_level: str) -> Engine:
    # Pages lie on solid state or in memory. With the default of 4 PostgreSQL walks the newest rows of a list
    # instead of its own index (stage, created_at), and reads half the table for a stage that is rare lately.
    options = (
        f"-c random_page_cost=1.1 -c timezone=UTC -c statement_timeout={STATEMENT_LIMIT} -c jit=off "
        f"-c idle_in_transaction_session_timeout={IDLE_LIMIT}"
    )
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        echo=echo,
        isolation_level=isolation_level,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
        json_deserializer=orjson.loads,
        connect_args={"options": options, "keepalives_idle": 30, "connect_timeout": 10},
    )
    event.listen(engine, "checkout", _ask_if_alive)
    event.listen(engine, "checkin", _note_use)
    _engines.add(engine)
    return engine


def _note_use(_: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ask_if_alive(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Try a connection that lay idle, before a request finds out that the server was restarted.

    One that was used a moment ago is not asked: the question costs as much as finding a row.
    """
    used = record.info.get("used")
    if used is None or time.monotonic() - used < IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not connection.autocommit:
            connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _forget_connections() -> None:
    """After a fork the child leaves the parent's connections alone; even closing one would harm the parent."""
    for engine in list(_engines):
        _of_the_parent.append(engine.pool)
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)
