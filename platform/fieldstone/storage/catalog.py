"""What is in the database: tables, columns and indexes, read with one statement each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True)
class Catalog:
    """Type texts by table and column; names of indexes; indexes whose building failed half-way."""

    columns: Mapping[str, Mapping[str, str]]
    indexes: frozenset[str]
    broken_indexes: tuple[str, ...]

    def same_type(self, table: str, column: str, wanted: str) -> bool:
        """Tell whether a column has the wanted type, however each side spells it."""
        return _spelled(self.columns[table][column]) == _spelled(wanted)

    def has_rows(self, connection: Connection, table: str) -> bool:
        """Tell whether a table holds anything."""
        return connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first() is not None  # noqa: S608 - a generated name


def read_catalog(connection: Connection) -> Catalog:
    """Return the catalogue of the database at hand."""
    return (
        _postgresql(connection) if connection.dialect.name == "postgresql" else _sqlite(connection)
    )


def _sqlite(connection: Connection) -> Catalog:
    columns: dict[str, dict[str, str]] = {}
    for table, name, kind in connection.exec_driver_sql(
        "SELECT m.name, p.name, p.type FROM sqlite_master m, pragma_table_info(m.name) p "
        "WHERE m.type = 'table'"
    ):
        columns.setdefault(table, {})[name] = kind
    indexes = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")
    return Catalog(columns, frozenset(name for (name,) in indexes), ())


def _postgresql(connection: Connection) -> Catalog:
    columns: dict[str, dict[str, str]] = {}
    for table, name, kind in connection.exec_driver_sql(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') "
        "AND a.attnum > 0 AND NOT a.attisdropped"
    ):
        columns.setdefault(table, {})[name] = kind
    indexes: set[str] = set()
    broken: list[str] = []
    for name, valid in connection.exec_driver_sql(
        "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE c.relnamespace = current_schema()::regnamespace"
    ):
        indexes.add(name) if valid else broken.append(name)
    return Catalog(columns, frozenset(indexes), tuple(sorted(broken)))


_LONG_NAMES = {
    "timestampwithtimezone": "timestamptz",
    "timewithouttimezone": "time",
    "charactervarying": "varchar",
}


def _spelled(kind: str) -> str:
    short = re.sub(r'collate\s*"?\w+"?', "", kind.lower())
    short = re.sub(r"\s+", "", short)
    return _LONG_NAMES.get(short, short)
