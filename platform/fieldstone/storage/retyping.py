"""Carries the values of fields to the columns of their new types while everybody works; the old columns stay as they were.

Copying goes in short transactions, row by row in the order of ids. A trigger notes the rows that are written
meanwhile by whoever still works with the old model; they are carried anew, the last ones after the change is in force.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    TableClause,
    bindparam,
    column,
    delete,
    select,
    table,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

from fieldstone.expressions.sqltypes import PlainText
from fieldstone.storage.platform_tables import PLATFORM, text

fs_touched: Final = Table("fs_touched", PLATFORM, text("place", key=True), text("record", key=True))

BATCH: Final = 1_000
ATTEMPTS: Final = 8
Convert = Callable[[object], object]
"""Returns the value in the other type, None for one that has no counterpart."""


@dataclass(frozen=True)
class Carry:
    """One field's values on their way from column to column; `forth` and `back` convert in both directions."""

    table: str
    source: str
    source_type: TypeEngine[Any]
    target: str
    target_type: TypeEngine[Any]
    forth: Convert
    back: Convert

    @property
    def place(self) -> str:
        """Return what names the column in the list of touched rows."""
        return f"{self.table}.{self.source}"

    @property
    def trigger(self) -> str:
        """Return what the names of its triggers begin with."""
        return f"tg_{sha256(self.place.encode()).hexdigest()[:20]}"


class Carrier:
    """Carries values within one database."""

    def __init__(self, engine: Engine) -> None:
        """Write through `engine`."""
        self._engine = engine

    def watch(self, carries: Iterable[Carry]) -> None:
        """Begin to note rows whose old value is written."""
        for one in carries:
            for statement in _watching(self._engine.dialect.name, one):
                self._patiently(statement)

    def leave(self, carries: Iterable[Carry]) -> None:
        """Note no more rows."""
        for one in carries:
            place = f" ON {one.table}" if self._engine.dialect.name == "postgresql" else ""
            for event in ("i", "u"):
                self._patiently(f"DROP TRIGGER IF EXISTS {one.trigger}_{event}{place}")

    def copy(self, one: Carry) -> None:
        """Carry all values there are."""
        last = ""
        while True:
            with self._engine.begin() as connection:
                rows = self._rows(connection, one, last)
                self._carry(connection, one, rows)
            if len(rows) < BATCH:
                return
            last = rows[-1][0]

    def catch_up(self, connection: Connection, one: Carry) -> int:
        """Carry the values that were written since; return how many."""
        noted = select(fs_touched.c.record).where(fs_touched.c.place == one.place)
        ids = [record for (record,) in connection.execute(noted)]
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            # First forgotten, then read: what is written in between is noted again.
            mine = (fs_touched.c.place == one.place, fs_touched.c.record.in_(chunk))
            connection.execute(delete(fs_touched).where(*mine))
            self._carry(connection, one, self._chosen(connection, one, chunk), fresh=True)
        return len(ids)

    def _rows(self, connection: Connection, one: Carry, last: str) -> Sequence[Any]:
        rows = _rows_of(one)
        asked = select(rows.c.id, rows.c[one.source], rows.c[one.target]).where(rows.c.id > last)
        return connection.execute(asked.order_by(rows.c.id).limit(BATCH)).all()

    def _chosen(self, connection: Connection, one: Carry, ids: Sequence[str]) -> Sequence[Any]:
        rows = _rows_of(one)
        asked = select(rows.c.id, rows.c[one.source], rows.c[one.target]).where(rows.c.id.in_(ids))
        return connection.execute(asked).all()

    def _carry(
        self, connection: Connection, one: Carry, found: Sequence[Any], *, fresh: bool = False
    ) -> None:
        changes = []
        for record, value, held in found:
            if held is not None and not fresh and one.back(held) == value:
                continue  # as it was before it was carried over here: nothing is lost in between
            new = None if value is None else one.forth(value)
            if new != held:
                changes.append({"b_id": record, "b_value": new})
        if changes:
            rows = _rows_of(one)
            change = update(rows).where(rows.c.id == bindparam("b_id"))
            connection.execute(change.values({rows.c[one.target]: bindparam("b_value")}), changes)

    def _patiently(self, statement: str) -> None:
        """Run DDL that waits for others only briefly, again and again."""
        for attempt in range(ATTEMPTS):
            try:
                with self._engine.begin() as connection:
                    if self._engine.dialect.name == "postgresql":
                        connection.exec_driver_sql("SET LOCAL lock_timeout = '400ms'")
                    connection.exec_driver_sql(statement)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != "55P03" or attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.2 * 2**attempt)
            else:
                return


def _rows_of(one: Carry) -> TableClause:
    """Return the table as both models see it: id, old value, new value."""
    return table(
        one.table,
        column("id", PlainText),
        column(one.source, one.source_type),
        column(one.target, one.target_type),
    )


def _watching(dialect: str, one: Carry) -> list[str]:
    """Return the DDL of two triggers; all names in it are generated."""
    inserted, updated = "AFTER INSERT", f"AFTER UPDATE OF {one.source}"
    filled = (
        f"WHEN (NEW.{one.source} IS NOT NULL)"  # new records of the new model have nothing there
    )
    if dialect == "postgresql":
        note = f"EXECUTE FUNCTION fs_touch('{one.place}')"
        make = "CREATE OR REPLACE TRIGGER"
        return [
            "CREATE OR REPLACE FUNCTION fs_touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO fs_touched(place, record) VALUES (TG_ARGV[0], NEW.id) "
            "ON CONFLICT DO NOTHING; RETURN NULL; END $$",
            f"{make} {one.trigger}_i {inserted} ON {one.table} FOR EACH ROW {filled} {note}",
            f"{make} {one.trigger}_u {updated} ON {one.table} FOR EACH ROW {note}",
        ]
    note = f"INSERT OR IGNORE INTO fs_touched(place, record) VALUES ('{one.place}', NEW.id)"  # noqa: S608 - generated names
    make = "CREATE TRIGGER IF NOT EXISTS"
    return [
        f"{make} {one.trigger}_i {inserted} ON {one.table} {filled} BEGIN {note}; END",
        f"{make} {one.trigger}_u {updated} ON {one.table} BEGIN {note}; END",
    ]
