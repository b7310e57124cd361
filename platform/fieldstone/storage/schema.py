"""Brings the database to the model: adds what is missing; what would destroy is named and left alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Index, Table
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from fieldstone.storage.catalog import Catalog, read_catalog
from fieldstone.storage.chain import CHAINS, fs_chain
from fieldstone.storage.locks import number_of
from fieldstone.storage.platform_tables import upserting
from fieldstone.storage.revisions import Revisions
from fieldstone.storage.search import reindex_changed
from fieldstone.storage.tables import Tables

LOCK_LIMIT: Final = "400ms"
"""Who waits behind us waits no longer than this."""
ATTEMPTS: Final = 8
_GATE: Final = number_of("fieldstone/schema")


@dataclass(frozen=True)
class SchemaChange:
    """One difference. `what`: table, column, index or words (added), or note (only named).

    `place` is the physical name, `text` a sentence for people, `statement` the DDL.
    """

    what: str
    place: str
    text: str
    statement: str = ""
    later: bool = False  # runs outside the transaction: an index over rows that are in use


@dataclass(frozen=True)
class Brought:
    """What was added to the database, and what differs but was left alone."""

    done: tuple[SchemaChange, ...]
    notes: tuple[SchemaChange, ...]


def differences(connection: Connection, tables: Tables) -> tuple[SchemaChange, ...]:
    """Compare the database with the model; additions first, then notes."""
    catalog = read_catalog(connection)
    found = [
        change for table in tables.every_table() for change in _of_table(table, catalog, connection)
    ]
    found += [
        _words(held.name)
        for held in tables.objects.values()
        if held.index is not None and f"{held.name}_fts" not in catalog.columns
    ]
    found += _left_over(tables, catalog)
    return tuple(sorted(found, key=lambda change: change.what == "note"))


Within = Callable[[Connection], None]
"""What else is written in the transaction of the additions, after them."""


def bring(engine: Engine, tables: Tables, now: datetime, within: Within | None = None) -> Brought:
    """Apply the additions. Waits for locks only briefly and tries again, so that readers never queue behind it.

    What `within` writes is committed together with them, or not at all.
    """
    for attempt in range(ATTEMPTS):
        try:
            changes = _in_one_transaction(engine, tables, now, within)
            break
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03" or attempt == ATTEMPTS - 1:
                raise
            # Somebody reads the table just now: step back, so that others pass, and come again.
            time.sleep(0.2 * 2**attempt * (0.5 + random.random()))  # noqa: S311 - spreads retries
    else:  # pragma: no cover - the loop either breaks or raises
        changes = ()
    later = [change for change in changes if change.later]
    if later or tables.dialect == "postgresql":
        later += _build_beside_traffic(engine, tables, later)
    done = tuple(c for c in changes if c.what != "note")
    return Brought(done, tuple(c for c in changes if c.what == "note"))


def reindex(engine: Engine, tables: Tables, now: datetime) -> tuple[SchemaChange, ...]:
    """Build search indexes anew where what is searched changed, a batch of rows at a time."""
    return tuple(
        SchemaChange("words", name, f"the search index of {name} was built anew")
        for name in reindex_changed(engine, tables, now)
    )


def _in_one_transaction(
    engine: Engine, tables: Tables, now: datetime, within: Within | None
) -> tuple[SchemaChange, ...]:
    with engine.begin() as connection:
        if tables.dialect == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_LIMIT}'")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            # One process at a time; the others find the work done. A try with back-off, for waiting
            # here would hit the lock time-out anyway.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_GATE})")
        changes = differences(connection, tables)
        for change in changes:
            if change.statement and not change.later:
                connection.exec_driver_sql(change.statement)
        chains = upserting(fs_chain, tables.dialect).on_conflict_do_nothing(
            index_elements=["chain"]
        )
        connection.execute(chains, [{"chain": n, "length": 0, "hash": ""} for n in range(CHAINS)])
        Revisions(connection).prepare(now)
        if within is not None:
            within(connection)
    return changes


def _of_table(table: Table, catalog: Catalog, connection: Connection) -> Iterator[SchemaChange]:
    present = catalog.columns.get(table.name)
    if present is None:
        ddl = str(CreateTable(table).compile(dialect=connection.dialect))
        yield SchemaChange("table", table.name, f"table {table.name} is new", ddl)
        for index in _sorted(table):
            yield _index(index, connection, later=False)
        return
    yield from _of_columns(table, catalog, connection)
    for index in _sorted(table):
        if index.name not in catalog.indexes:
            postgresql = connection.dialect.name == "postgresql"
            busy = postgresql and catalog.has_rows(connection, table.name)
            yield _index(index, connection, later=busy)


def _of_columns(table: Table, catalog: Catalog, connection: Connection) -> Iterator[SchemaChange]:
    present = catalog.columns[table.name]
    for column in table.columns:
        wanted = _type_text(column, connection)
        place = f"{table.name}.{column.name}"
        if column.name not in present:
            yield _column(table, column, connection)
        elif not catalog.same_type(table.name, column.name, wanted):
            text = (
                f"{place} is {present[column.name]}, the model wants {wanted}; it is left as it is"
            )
            yield SchemaChange("note", place, text)
    for name in sorted(present.keys() - {column.name for column in table.columns}):
        place = f"{table.name}.{name}"
        yield SchemaChange("note", place, f"{place} is not in the model; its values are kept")


def _column(table: Table, column: Column[Any], connection: Connection) -> SchemaChange:
    compiler = connection.dialect.ddl_compiler(connection.dialect, None)  # type: ignore[arg-type]
    specification = compiler.get_column_specification(column)
    return SchemaChange(
        "column",
        f"{table.name}.{column.name}",
        f"column {table.name}.{column.name} is new",
        f"ALTER TABLE {table.name} ADD COLUMN {specification}",
    )


def _index(index: Index, connection: Connection, *, later: bool) -> SchemaChange:
    ddl = str(CreateIndex(index).compile(dialect=connection.dialect))
    if later:
        ddl = ddl.replace("INDEX ", "INDEX CONCURRENTLY ", 1)
    return SchemaChange("index", str(index.name), f"index {index.name} is new", ddl, later=later)


def _words(table_name: str) -> SchemaChange:
    # The tokens are cut by us: "ascii" leaves everything beyond ASCII as it is. No positions are kept.
    ddl = (
        f"CREATE VIRTUAL TABLE {table_name}_fts USING fts5(tok, tokenize = 'ascii', detail = none)"
    )
    return SchemaChange("table", f"{table_name}_fts", f"table {table_name}_fts is new", ddl)


def _left_over(tables: Tables, catalog: Catalog) -> Iterator[SchemaChange]:
    known = {table.name for table in tables.every_table()}
    for name in sorted(catalog.columns):
        if name.startswith("o_") and name not in known and "_fts" not in name:
            yield SchemaChange("note", name, f"table {name} is not in the model; it is kept")


def _sorted(table: Table) -> list[Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def _type_text(column: Column[Any], connection: Connection) -> str:
    return str(column.type.compile(dialect=connection.dialect))


def _build_beside_traffic(
    engine: Engine, tables: Tables, wanted: list[SchemaChange]
) -> list[SchemaChange]:
    """Build indexes on tables in use without stopping their writers; one process does it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        broken = read_catalog(connection).broken_indexes
        if not wanted and not broken:
            return []
        mine = f"SELECT pg_try_advisory_lock({_GATE})"
        if not connection.exec_driver_sql(mine).scalar():
            return []  # another process builds them
        try:
            connection.exec_driver_sql("SET statement_timeout = 0")
            for name in broken:
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            rest = [c for c in differences(connection, tables) if c.later]
            for change in rest:
                connection.exec_driver_sql(change.statement)
        finally:
            # A session's lock and settings would come back with the pooled connection.
            connection.invalidate()
    return []
