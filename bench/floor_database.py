"""Connections as a programmer would hold them by hand: one for each thread, on either database."""

from __future__ import annotations

import json
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

Row = Sequence[Any]


class Rows(ABC):
    """Statements with `?` in the places of values."""

    begin = "BEGIN"

    def __init__(self, url: str) -> None:
        self._url = url
        self._here = threading.local()

    def one(self, statement: str, values: Row) -> Row | None:
        """Return the first row."""
        row: Row | None = self._ran(statement, values).fetchone()
        return row

    def every(self, statement: str, values: Row) -> list[Row]:
        """Return all rows."""
        rows: list[Row] = self._ran(statement, values).fetchall()
        return rows

    def do(self, statement: str, values: Row) -> None:
        """Run a statement that returns nothing."""
        self._ran(statement, values)

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each row."""
        for row in rows:
            self._ran(statement, row)

    def _ran(self, statement: str, values: Row) -> Any:
        return self._connection().execute(statement, values)

    def _connection(self) -> Any:
        if not hasattr(self._here, "connection"):
            self._here.connection = self._connect()
        return self._here.connection

    @abstractmethod
    def _connect(self) -> Any: ...

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done inside, or nothing of it."""
        self._ran(self.begin, ())
        try:
            yield
        except BaseException:
            self._ran("ROLLBACK", ())
            raise
        self._ran("COMMIT", ())

    def moment(self, at: datetime) -> object:
        """Return an instant as this database holds it."""
        return at

    def money(self, amount: Decimal | None) -> object:
        """Return an amount with two decimals as this database holds it."""
        return amount

    def share(self, part: Decimal) -> object:
        """Return a share with four decimals as this database holds it."""
        return part

    @property
    def locking(self) -> str:
        """Return what makes a SELECT lock its rows."""
        return " FOR UPDATE"

    def shown(self, record: dict[str, object]) -> dict[str, object]:
        """Return a record ready for JSON."""
        if record["completeness"] is not None:
            record["completeness"] = _short(Decimal(str(record["completeness"])))
        return record


class PostgresRows(Rows):
    """PostgreSQL by psycopg."""

    def _ran(self, statement: str, values: Row) -> Any:
        return self._connection().execute(_numbered(statement), values)

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each row; psycopg sends them together."""
        with self._connection().cursor() as cursor:
            cursor.executemany(_numbered(statement), rows)

    def _connect(self) -> Any:
        options = "-c timezone=UTC -c random_page_cost=1.1"  # as our own connections have it
        return psycopg.connect(self._url, autocommit=True, prepare_threshold=0, options=options)


class SqliteRows(Rows):
    """SQLite by the standard library; one transaction waits for the other."""

    begin = "BEGIN IMMEDIATE"

    def _connect(self) -> Any:
        made = sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None)
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA synchronous = FULL")
        made.execute("PRAGMA busy_timeout = 10000")
        made.execute("PRAGMA cache_size = -16000")
        return made

    def moment(self, at: datetime) -> object:
        """Return an instant as text."""
        text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        return text + "Z"

    def money(self, amount: Decimal | None) -> object:
        """Return an amount in hundredths."""
        return None if amount is None else int(amount * 100)

    def share(self, part: Decimal) -> object:
        """Return a share in hundredths of a percent."""
        return int(part * 10_000)

    @property
    def locking(self) -> str:
        """Return nothing: there is one writer."""
        return ""

    def shown(self, record: dict[str, object]) -> dict[str, object]:
        """Return a record ready for JSON: amounts as text, lists as lists, whole seconds without their zeros."""
        if record["budget"] is not None:
            record["budget"] = str(Decimal(record["budget"]).scaleb(-2))  # type: ignore[arg-type]
        if record["completeness"] is not None:
            record["completeness"] = _short(Decimal(record["completeness"]).scaleb(-4))  # type: ignore[arg-type]
        if record["tags"] is not None:
            record["tags"] = json.loads(str(record["tags"]))
        for code, value in record.items():
            if isinstance(value, str) and value.endswith(".000000Z"):
                record[code] = value.replace(".000000Z", "Z")
        return record


def rows_of(url: str) -> Rows:
    """Return the connections to a database."""
    return SqliteRows(url) if url.startswith("sqlite") else PostgresRows(url)


def plain(value: object) -> object:
    """Return what orjson does not know by itself."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _numbered(statement: str) -> str:
    return statement.replace("?", "%s")
