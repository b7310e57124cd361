"""Imports and what each row became, so that an import can be followed, repeated safely and undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, func, insert, select, update

from fieldstone.storage.platform_tables import PLATFORM, instant, json, text, whole

fs_import: Final = Table(
    "fs_import",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("file"),
    text("state", null=False),  # running, done, failed, undone
    json("mapping"),
    json("counts"),
    text("actor", null=False),
    instant("created_at", null=False),
    instant("ended_at"),
    Index("ix_fs_import_created_at", "created_at"),
)

fs_import_row: Final = Table(
    "fs_import_row",
    PLATFORM,
    text("import", key=True),
    whole("line", key=True),
    text("outcome", null=False),  # created, updated, attached, rejected, skipped
    text("record"),
    whole("version"),  # of the record after it: an undo leaves alone what changed since
    json("before"),  # the values an update replaced
    json("problems"),
    Index("ix_fs_import_row_record", "record"),
)


@dataclass(frozen=True)
class ImportRow:
    """What became of one line."""

    line: int
    outcome: str
    record_id: str | None = None
    version: int | None = None
    before: Mapping[str, Any] | None = None
    problems: Sequence[Mapping[str, Any]] = ()


class ImportLog:
    """Imports within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def start(
        self, import_id: str, object_name: str, actor: str, now: datetime, **facts: object
    ) -> None:
        """Note that an import begins; `facts`: file, mapping."""
        self._connection.execute(
            insert(fs_import).values(
                id=import_id,
                object=object_name,
                actor=actor,
                state="running",
                created_at=now,
                **facts,
            )
        )

    def add(self, import_id: str, rows: Sequence[ImportRow]) -> None:
        """Note what became of lines, in the transaction that wrote them."""
        if rows:
            self._connection.execute(
                insert(fs_import_row),
                [
                    {
                        "import": import_id,
                        "line": row.line,
                        "outcome": row.outcome,
                        "record": row.record_id,
                        "version": row.version,
                        "before": row.before,
                        "problems": list(row.problems) or None,
                    }
                    for row in rows
                ],
            )

    def finish(self, import_id: str, state: str, now: datetime, counts: Mapping[str, int]) -> None:
        """Note how an import ended."""
        ended = update(fs_import).where(fs_import.c.id == import_id)
        self._connection.execute(ended.values(state=state, ended_at=now, counts=counts))

    def last_line(self, import_id: str) -> int:
        """Return the last line that was dealt with: where a killed import goes on."""
        asked = select(func.max(fs_import_row.c.line)).where(fs_import_row.c["import"] == import_id)
        return int(self._connection.execute(asked).scalar() or 0)

    def rows(self, import_id: str, outcome: str = "") -> Iterator[ImportRow]:
        """Yield what became of the lines, in their order."""
        asked = select(*_ROW).where(fs_import_row.c["import"] == import_id)
        if outcome:
            asked = asked.where(fs_import_row.c.outcome == outcome)
        for line, kind, record, version, before, problems in self._connection.execute(
            asked.order_by(fs_import_row.c.line)
        ):
            yield ImportRow(line, kind, record, version, before, problems or ())

    def get(self, import_id: str) -> Mapping[str, Any] | None:
        """Return an import's state and counts."""
        columns = [
            fs_import.c[n]
            for n in ("id", "object", "file", "state", "counts", "actor", "created_at", "ended_at")
        ]
        row = (
            self._connection.execute(select(*columns).where(fs_import.c.id == import_id))
            .mappings()
            .first()
        )
        return None if row is None else dict(row)


_ROW = tuple(
    fs_import_row.c[name] for name in ("line", "outcome", "record", "version", "before", "problems")
)
