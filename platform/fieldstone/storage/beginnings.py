"""An empty database that is filled in many transactions: filled whole, or empty again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select, text

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.people import fs_session
from fieldstone.storage.site_state import fs_meta, fs_rule
from fieldstone.storage.tables import Tables

UNFINISHED: Final = "beginning"
# What the database knows of its own shape; it holds for the empty one, too.
KEPT: Final = frozenset({fs_meta.name, fs_rule.name})
IN_USE: Final = Problem(
    "in_use",
    "database",
    "the database was left half filled, and people have signed in since.",
    "Use another database, or delete this one yourself.",
)


@contextmanager
def filling(storage: Storage, model: Model, now: datetime) -> Iterator[None]:
    """Let an empty database be filled; whatever ends it early leaves it empty.

    What a killed process could not take back is taken back here the next time. Raises RefusedError when people
    have begun to work with what was left. A database that holds anything else is never emptied.
    """
    tables = storage.use(model)
    with storage.connection() as connection:
        half = _is_half_filled(connection)
        if half and connection.execute(select(func.count()).select_from(fs_session)).scalar():
            raise RefusedError([IN_USE])
    if half:
        _empty(storage, tables, now)
    if not _holds_nothing(storage, tables):
        yield
        return
    with storage.connection() as connection:
        mark = {"name": UNFINISHED, "version": 1, "digest": "", "changed_at": now}
        connection.execute(fs_meta.insert().values(mark))
    try:
        yield
    except BaseException:
        _empty(storage, tables, now)
        raise
    with storage.connection() as connection:
        _unmark(connection)


def _holds_nothing(storage: Storage, tables: Tables) -> bool:
    with storage.looking() as connection:
        return not any(
            connection.execute(select(held.columns["id"]).limit(1)).first()
            for held in tables.objects.values()
        )


def half_filled(storage: Storage) -> bool:
    """Tell whether a database was left half filled."""
    with storage.looking() as connection:
        return _is_half_filled(connection)


def _is_half_filled(connection: Connection) -> bool:
    asked = select(fs_meta.c.name).where(fs_meta.c.name == UNFINISHED)
    return connection.execute(asked).first() is not None


def _unmark(connection: Connection) -> None:
    connection.execute(delete(fs_meta).where(fs_meta.c.name == UNFINISHED))


def _empty(storage: Storage, tables: Tables, now: datetime) -> None:
    with storage.connection() as connection:
        for table in tables.every_table():
            if table.name not in KEPT:
                connection.execute(delete(table))
        for held in tables.objects.values():
            if held.index is not None:
                connection.execute(text(f"DELETE FROM {held.name}_fts"))  # noqa: S608 - a generated name
        _unmark(connection)
    storage.bring_to(
        tables, now
    )  # what every database begins with, such as the ends of the audit's chains
