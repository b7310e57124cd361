"""Timers as the worker meets them: seen without a lock, claimed by removing them, spread after a long stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)

from fieldstone.rules.contract import DueTimer
from fieldstone.storage.platform_tables import among, listed
from fieldstone.storage.timers import DUE, TakenTimer, fs_timer

FIRST_DUE: Final = "first_due"
"""Where a timer that was moved keeps the instant that its rule asked for."""


@dataclass(frozen=True)
class Waiting:
    """How many deadlines of one rule, set by one version of it, run, are late, and come soon."""

    rule: str
    version: int
    running: int
    late: int
    soon: int


class DueTimers:
    """Due timers within one connection.

    A write locks its record and then sets the record's timers. The worker keeps that order (it reads the
    record before it claims the timer), so that the two cannot wait for each other.
    """

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def seen(self, now: datetime, limit: int, *, after: int = 0) -> tuple[TakenTimer, ...]:
        """Return due timers, oldest first, held by nobody: each must be claimed before it acts.

        The first `after` of them are left out. A timer that was put off or spread still tells the instant at which
        it was due first.
        """
        asked = select(*_SEEN).where(fs_timer.c.due <= now).order_by(fs_timer.c.due, fs_timer.c.id)
        asked = asked.offset(after) if after else asked
        return tuple(
            TakenTimer(
                row.id,
                row.object,
                DueTimer(
                    row.rule, row.kind, row.record, _first(row), row.version, row.payload or {}
                ),
            )
            for row in self._connection.execute(asked.limit(limit))
        )

    def claim(self, seen: Sequence[TakenTimer], now: datetime) -> frozenset[str]:
        """Remove timers that are still due and return their ids: not those that were taken, moved or removed since."""
        ids, dialect = [one.id for one in seen], self._connection.dialect.name
        mine = delete(fs_timer).where(among(fs_timer.c.id, dialect), fs_timer.c.due <= now)
        gone = self._connection.execute(
            mine.returning(fs_timer.c.id), {"ids": listed(ids, dialect)}
        )
        return frozenset(timer_id for (timer_id,) in gone)

    def counts(self, now: datetime, soon: datetime) -> list[Waiting]:
        """Return what stands at the due time of each rule: all, late, due soon, by version of the rule."""
        standing = fs_timer.c
        asked = (
            select(
                standing.rule,
                standing.version,
                func.count(),
                func.sum(case((standing.due <= now, 1), else_=0)),
                func.sum(case((and_(standing.due > now, standing.due <= soon), 1), else_=0)),
            )
            .where(standing.kind == DUE)
            .group_by(standing.rule, standing.version)
            .order_by(standing.rule, standing.version)
        )
        return [
            Waiting(rule, int(version), int(n), int(late), int(near))
            for rule, version, n, late, near in self._connection.execute(asked)
        ]

    def put_off(self, seen: TakenTimer, now: datetime, until: datetime) -> bool:
        """Look at a timer again later; False when it is no longer due."""
        payload = {**seen.timer.payload, FIRST_DUE: seen.timer.due.isoformat()}
        later = update(fs_timer).where(_still(seen, now)).values(due=until, payload=payload)
        return self._connection.execute(later).rowcount == 1

    def spread(self, late_before: datetime, now: datetime, cap: int, every: timedelta) -> int:
        """Spread the timers of each rule that were due before `late_before`, and return how many were moved.

        Of one rule `cap` stay due at once and `cap` more follow after each `every`, in the order in which
        they were due: people who come back to a long stop find time to act before everything is recalled.
        """
        late = fs_timer.c.due < late_before
        crowded = select(fs_timer.c.rule).where(late).group_by(fs_timer.c.rule)
        moved: list[dict[str, object]] = []
        for rule in self._connection.execute(crowded.having(func.count() > cap)).scalars().all():
            standing = select(*_SEEN).where(late, fs_timer.c.rule == rule)
            rows = self._connection.execute(standing.order_by(fs_timer.c.due, fs_timer.c.id))
            moved += [
                {
                    "b_id": row.id,
                    "b_due": row.due,
                    "v_due": now + every * (place // cap),
                    "v_payload": {**(row.payload or {}), FIRST_DUE: _first(row).isoformat()},
                }
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
    .values(due=bindparam("v_due"), payload=bindparam("v_payload"))
)


def _still(seen: TakenTimer, now: datetime) -> ColumnElement[bool]:
    """A timer that was asked for anew keeps its id; it is then due later, or due with the same right."""
    return and_(fs_timer.c.id == seen.id, fs_timer.c.due <= now)


def _first(row: Row[Any]) -> datetime:
    kept = (row.payload or {}).get(FIRST_DUE)
    found: datetime = datetime.fromisoformat(kept) if kept else row.due
    return found
