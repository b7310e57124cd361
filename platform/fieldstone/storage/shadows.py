"""Columns and tables of what is no longer in the model: they keep their values until somebody purges them for good."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, column, delete, func, select, table
from sqlalchemy.exc import OperationalError

from fieldstone.storage.catalog import read_catalog
from fieldstone.storage.kept_columns import fs_column
from fieldstone.storage.tables import Tables

ATTEMPTS: Final = 8


@dataclass(frozen=True)
class Shadow:
    """A column, or a whole table (`column` is ""), that no model reads; `values` is how many records have one in it.

    `there`: the model still has it, archived, so that it is emptied and stays; `option` is the one that is out of use.
    """

    table: str
    column: str
    values: int
    option: str = ""
    there: bool = False


def shadows(connection: Connection, tables: Tables) -> tuple[Shadow, ...]:
    """Return what is kept besides the model in force."""
    known = {
        held.name: {one.name for one in held.table.columns} for held in tables.objects.values()
    }
    found = []
    for name, columns in sorted(read_catalog(connection).columns.items()):
        if not name.startswith("o_") or "_fts" in name:
            continue
        if name not in known:
            found.append(Shadow(name, "", _count(connection, name, "id")))
            continue
        found += [
            Shadow(name, one, _count(connection, name, one))
            for one in sorted(columns.keys() - known[name])
            if one.startswith("f_") and not one.endswith("_bi")
        ]
    return tuple(found)


def purge(engine: Engine, shadow: Shadow) -> None:
    """Drop a shadow, with its indexes and fingerprints. It waits for others only briefly, again and again."""
    for attempt in range(ATTEMPTS):
        try:
            with engine.begin() as connection:
                _drop(connection, shadow)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03" or attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.2 * 2**attempt)
        else:
            return


def _drop(connection: Connection, shadow: Shadow) -> None:
    """Drop it; the names come from the catalogue, which holds generated names only."""
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '400ms'")
    mine = fs_column.c.table == shadow.table
    if not shadow.column:
        connection.exec_driver_sql(f"DROP TABLE {shadow.table}")
        if not postgresql:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {shadow.table}_fts")
        connection.execute(delete(fs_column).where(mine))
        return
    present = read_catalog(connection).columns[shadow.table]
    for one in (shadow.column, f"{shadow.column}_bi"):
        if one not in present:
            continue
        if not postgresql:
            _drop_indexes(connection, shadow.table, one)
        connection.exec_driver_sql(f"ALTER TABLE {shadow.table} DROP COLUMN {one}")
    connection.execute(delete(fs_column).where(mine, fs_column.c.name == shadow.column))


def _drop_indexes(connection: Connection, name: str, dropped: str) -> None:
    """SQLite drops no column that an index holds."""
    asked = (
        "SELECT i.name FROM pragma_index_list(?) i, pragma_index_info(i.name) c WHERE c.name = ?"
    )
    for (index,) in connection.exec_driver_sql(asked, (name, dropped)).all():
        connection.exec_driver_sql(f"DROP INDEX {index}")


def _count(connection: Connection, name: str, of: str) -> int:
    asked = select(func.count(column(of))).select_from(table(name))
    return int(connection.execute(asked).scalar_one())
