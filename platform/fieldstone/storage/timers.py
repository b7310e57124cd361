"""Instants at which rules want to look at records again, taken by one worker at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Index,
    Row,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    select,
)

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import TimerRequest
from fieldstone.rules.contract import DueTimer
from fieldstone.storage.platform_tables import (
    CHUNK,
    PLATFORM,
    among,
    instant,
    json,
    listed,
    skipping,
    text,
    whole,
)
from fieldstone.storage.prepared import Changing, Renewing

DUE: Final = "due"
"""The timer at which an obligation is missed; the others remind of it."""

fs_timer: Final = Table(
    "fs_timer",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("rule", null=False),
    text("kind", null=False),
    instant("due", null=False),
    whole("version", null=False),
    json("payload"),
    UniqueConstraint("record", "rule", "kind", name="ux_fs_timer_record"),
    Index("ix_fs_timer_due", "due"),
    Index("ix_fs_timer_rule", "rule"),
)


@dataclass(frozen=True)
class TakenTimer:
    """A due timer, locked until the transaction ends."""

    id: str
    object_name: str
    timer: DueTimer


class Timers:
    """Instants at which rules want to look at records again."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        """Work through `connection`."""
        self._connection = connection
        self._dialect = dialect

    def ask(self, requests: Sequence[tuple[str, str, int, TimerRequest]]) -> None:
        """Set or remove the timers that (object, record, rule version, request) ask for."""
        removed = [
            {"b_record": record, "b_rule": request.rule, "b_kind": request.kind}
            for _, record, _, request in requests
            if request.due is None
        ]
        # The last request for a timer counts, as it would one after the other.
        latest = {
            (record, request.rule, request.kind): _timer_row(object_name, record, version, request)
            for object_name, record, version, request in requests
            if request.due is not None
        }
        _REMOVE_TIMER.later(self._connection, removed)
        _setting(self._dialect).later(self._connection, list(latest.values()))

    def take_due(self, now: datetime, limit: int = 100) -> tuple[TakenTimer, ...]:
        """Return due timers, oldest first, that no other worker holds; locked until the transaction ends."""
        asked = select(*_TIMER).where(fs_timer.c.due <= now).order_by(fs_timer.c.due).limit(limit)
        rows = self._connection.execute(skipping(asked, self._dialect))
        return tuple(
            TakenTimer(
                row.id,
                row.object,
                _timer(row),
            )
            for row in rows
        )

    def remove(self, timer_ids: Iterable[str]) -> None:
        """Remove timers that were looked at."""
        gone = [{"b_id": timer_id} for timer_id in timer_ids]
        if gone:
            self._connection.execute(
                delete(fs_timer).where(fs_timer.c.id == bindparam("b_id")), gone
            )

    def forget(self, record_ids: Iterable[str]) -> None:
        """Remove all timers of records (deleted ones)."""
        gone = [{"b_record": record_id} for record_id in record_ids]
        if gone:
            self._connection.execute(
                delete(fs_timer).where(fs_timer.c.record == bindparam("b_record")), gone
            )

    def of(self, record_id: str) -> tuple[DueTimer, ...]:
        """Return the timers that stand for a record, in the order they are due."""
        return self.of_all([record_id])

    def of_all(self, record_ids: Sequence[str]) -> tuple[DueTimer, ...]:
        """Return the timers that stand for records, in the order they are due."""
        asked = select(*_TIMER).where(among(fs_timer.c.record, self._dialect))
        found: list[DueTimer] = []
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self._dialect)
            found += map(_timer, self._connection.execute(asked, {"ids": ids}))
        return tuple(sorted(found, key=lambda one: one.due))

    def standing(self, rule: str, record_ids: Sequence[str]) -> dict[str, DueTimer]:
        """Return, by record, the timer "due" of one rule that stands for it."""
        asked = select(*_TIMER).where(
            among(fs_timer.c.record, self._dialect),
            fs_timer.c.rule == rule,
            fs_timer.c.kind == DUE,
        )
        found: dict[str, DueTimer] = {}
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self._dialect)
            for row in self._connection.execute(asked, {"ids": ids}):
                found[row.record] = _timer(row)
        return found

    def due_of(self, rule: str, kind: str, records: Sequence[str]) -> dict[str, datetime]:
        """Return when a rule's timer of one kind is due, by record; those without one are left out."""
        timer = fs_timer.c
        asked = select(timer.record, timer.due).where(
            timer.rule == rule, timer.kind == kind, among(timer.record, self._dialect)
        )
        rows = self._connection.execute(asked, {"ids": listed(records, self._dialect)})
        return dict(rows.all())

    def next_due(self) -> datetime | None:
        """Return when the next timer is due, None when there is none."""
        found: datetime | None = self._connection.execute(
            select(fs_timer.c.due).order_by(fs_timer.c.due).limit(1)
        ).scalar()
        return found


_TIMER = tuple(
    fs_timer.c[name]
    for name in ("id", "object", "record", "rule", "kind", "due", "version", "payload")
)
_REMOVE_TIMER = Changing(
    delete(fs_timer).where(
        fs_timer.c.record == bindparam("b_record"),
        fs_timer.c.rule == bindparam("b_rule"),
        fs_timer.c.kind == bindparam("b_kind"),
    )
)


def _timer(row: Row[Any]) -> DueTimer:
    return DueTimer(row.rule, row.kind, row.record, row.due, row.version, row.payload or {})


def _timer_row(
    object_name: str, record_id: str, version: int, request: TimerRequest
) -> dict[str, object]:
    return {
        "id": new_id(),
        "object": object_name,
        "record": record_id,
        "rule": request.rule,
        "kind": request.kind,
        "due": request.due,
        "version": version,
        "payload": request.payload,
    }


@cache
def _setting(dialect: str) -> Renewing:
    key, fresh = ("record", "rule", "kind"), ("object", "due", "version", "payload")
    return Renewing(fs_timer, dialect, key, fresh)
