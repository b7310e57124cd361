"""Timers as the worker meets them: seen without a lock, claimed by removing them, spread after a long stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select, update

from fieldstone.rules.contract import DueTimer
from fieldstone.storage.timers import TakenTimer, fs_timer


class DueTimers:
    """Due timers within one connection.

    A write locks its record and then sets the record's timers. The worker keeps that order (it reads the
    record before it claims the timer), so that the two cannot wait for each other.
    """

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def seen(self, now: datetime, limit: int) -> tuple[TakenTimer, ...]:
        """Return due timers, oldest first, held by nobody: each must be claimed before it acts."""
        asked = select(*_SEEN).where(fs_timer.c.due <= now).order_by(fs_timer.c.due, fs_timer.c.id)
        return tuple(
            TakenTimer(
                row.id,
                row.object,
                DueTimer(row.rule, row.kind, row.record, row.due, row.version, row.payload or {}),
            )
            for row in self._connection.execute(asked.limit(limit))
        )

    def claim(self, seen: TakenTimer) -> bool:
        """Remove a timer that still stands as it was seen; False when it was taken, moved or removed since."""
        return self._connection.execute(delete(fs_timer).where(_as_seen(seen))).rowcount == 1

    def put_off(self, seen: TakenTimer, until: datetime) -> bool:
        """Look at a timer again later; False when it no longer stands as it was seen."""
        later = update(fs_timer).where(_as_seen(seen)).values(due=until)
        return self._connection.execute(later).rowcount == 1

    def spread(self, late_before: datetime, now: datetime, cap: int, every: timedelta) -> int:
        """Spread the timers of each rule that were due before `late_before`, and return how many were moved.

        Of one rule `cap` stay due at once and `cap` more follow after each `every`, in the order in which
        they were due: people who come back to a long stop find time to act before everything is recalled.
        """
        late = fs_timer.c.due < late_before
        crowded = select(fs_timer.c.rule).where(late).group_by(fs_timer.c.rule)
        moved: list[dict[str, object]] = []
        for rule in self._connection.execute(crowded.having(func.count() > cap)).scalars():
            standing = select(fs_timer.c.id, fs_timer.c.due).where(late, fs_timer.c.rule == rule)
            rows = self._connection.execute(standing.order_by(fs_timer.c.due, fs_timer.c.id))
            moved += [
                {"b_id": row.id, "b_due": row.due, "v_due": now + every * (place // cap)}
                for place, row in enumerate(rows)
                if place >= cap
            ]
        if moved:
            self._connection.execute(_MOVE, moved)
        return len(moved)


_SEEN: Final = tuple(
    fs_timer.c[name]
    for name in ("id", "object", "record", "rule", "kind", "due", "version", "payload")
)
_MOVE: Final = (
    update(fs_timer)
    .where(fs_timer.c.id == bindparam("b_id"), fs_timer.c.due == bindparam("b_due"))
    .values(due=bindparam("v_due"))
)


def _as_seen(seen: TakenTimer) -> ColumnElement[bool]:
    return and_(fs_timer.c.id == seen.id, fs_timer.c.due == seen.timer.due)
