"""Imports and what each row became, so that an import can be followed, repeated safely and undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, delete, func, insert, select, update

from fieldstone.storage.platform_tables import PLATFORM, instant, json, text, whole
from fieldstone.storage.prepared import Adding

fs_import: Final = Table(
    "fs_import",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("file"),
    text(
        "state", null=False
    ),  # matching, checking, checked, running, done, failed, undoing, undone
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
        """Note that an import begins; `facts`: file, mapping, and the state when it does not run yet."""
        values = {"state": "running", **facts}
        self._connection.execute(
            insert(fs_import).values(
                id=import_id, object=object_name, actor=actor, created_at=now, **values
            )
        )

    def turn(self, import_id: str, before: Sequence[str], state: str, **facts: object) -> bool:
        """Put an import into another state; False when it was in none of `before`, as after a second click."""
        mine = update(fs_import).where(fs_import.c.id == import_id, fs_import.c.state.in_(before))
        return self._connection.execute(mine.values(state=state, **facts)).rowcount == 1

    def add(self, import_id: str, rows: Sequence[ImportRow]) -> None:
        """Note what became of lines, in the transaction that wrote them."""
        _ADD_ROWS.later(
            self._connection,
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

    def forget_rows(self, import_id: str) -> None:
        """Forget what became of the lines: a check is repeated, or followed by the import itself."""
        self._connection.execute(
            delete(fs_import_row).where(fs_import_row.c["import"] == import_id)
        )

    def drop(self, import_id: str) -> None:
        """Forget an import that never ran."""
        self._connection.execute(delete(fs_import).where(fs_import.c.id == import_id))

    def get(self, import_id: str) -> Mapping[str, Any] | None:
        """Return an import's state, mapping and counts."""
        asked = select(*_IMPORT).where(fs_import.c.id == import_id)
        row = self._connection.execute(asked).mappings().first()
        return None if row is None else dict(row)

    def recent(self, limit: int, actor: str | None = None) -> list[Mapping[str, Any]]:
        """Return the latest imports, those of `actor` or of everybody."""
        asked = select(*_IMPORT).order_by(fs_import.c.created_at.desc(), fs_import.c.id.desc())
        if actor is not None:
            asked = asked.where(fs_import.c.actor == actor)
        return [dict(row) for row in self._connection.execute(asked.limit(limit)).mappings()]


_IMPORT = tuple(
    fs_import.c[name]
    for name in (
        "id",
        "object",
        "file",
        "state",
        "mapping",
        "counts",
        "actor",
        "created_at",
        "ended_at",
    )
)
_ROW = tuple(
    fs_import_row.c[name] for name in ("line", "outcome", "record", "version", "before", "problems")
)
_ADD_ROWS = Adding(fs_import_row)
