"""Messages that did not get through or wait long: counted, listed, put out again, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from fieldstone.storage.outbox import fs_outbox

DEAD: Final = "dead"
WAITING: Final = "waiting"
STATES: Final = (DEAD, WAITING)
LONG: Final = timedelta(minutes=15)
"""What is not delivered by now waits long."""
IN_HAND: Final = timedelta(seconds=60)
"""What comes back within this time may be in a worker's hands: nobody else touches it."""


@dataclass(frozen=True)
class Undelivered:
    """A message that was given up, or waits long; `due` is its next try, `ended_at` when it was given up."""

    id: int
    channel: str
    to: str
    topic: str
    object_name: str
    record_id: str
    payload: Mapping[str, Any]
    state: str
    attempts: int
    due: datetime
    created_at: datetime
    ended_at: datetime | None
    error: str

    @property
    def is_dead(self) -> bool:
        """Tell whether nobody tries it again by itself."""
        return self.state == DEAD


@dataclass(frozen=True)
class Tally:
    """How many messages of a channel were given up and wait long, and since when the oldest of them stands."""

    channel: str
    dead: int
    waiting: int
    since: datetime


@dataclass(frozen=True)
class Chosen:
    """Which of them: some by their numbers, else all of a channel, else all."""

    ids: tuple[int, ...] | None = None
    channel: str = ""


class Undeliveries:
    """What did not get through, within one connection."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        """Look at the moment `now`, by the database's clock."""
        self._connection = connection
        self._now = now

    def tallies(self) -> list[Tally]:
        """Return the channels that have something to look at, the one with most given up first."""
        kept = fs_outbox.c
        dead = func.sum(case((kept.state == DEAD, 1), else_=0))
        asked = (
            select(kept.channel, dead, func.count(), func.min(kept.created_at))
            .where(self._stuck())
            .group_by(kept.channel)
        )
        rows = [
            Tally(row[0], int(row[1]), int(row[2]) - int(row[1]), row[3])
            for row in self._connection.execute(asked)
        ]
        return sorted(rows, key=lambda one: (-one.dead, -one.waiting, one.channel))

    def dead(self) -> int:
        """Return how many messages were given up and still stand so."""
        asked = select(func.count()).where(fs_outbox.c.state == DEAD)
        return int(self._connection.execute(asked).scalar_one())

    def listed(
        self, state: str, channel: str = "", limit: int = 50, before: int | None = None
    ) -> list[Undelivered]:
        """Return what was given up, or waits long, the newest first; of one channel, and older than a message."""
        wanted = [self._stuck(), self._in_state(state)]
        if channel:
            wanted.append(fs_outbox.c.channel == channel)
        if before is not None:
            wanted.append(fs_outbox.c.id < before)
        asked = select(*_COLUMNS).where(*wanted).order_by(fs_outbox.c.id.desc()).limit(limit)
        return [_undelivered(row) for row in self._connection.execute(asked)]

    def of_record(self, channel: str, record: str) -> list[Undelivered]:
        """Return what a record asked for by a channel and has not got; of each receiver only the newest counts."""
        asked = (
            select(*_COLUMNS)
            .where(
                fs_outbox.c.record == record,
                fs_outbox.c.channel == channel,
            )
            .order_by(fs_outbox.c.id)
        )
        newest = {row.to: row for row in self._connection.execute(asked)}.values()
        return [_undelivered(row) for row in newest if row.state in (DEAD, "pending")]

    def again(self, chosen: Chosen) -> list[int]:
        """Put these out anew, and return which: each once, however often and by how many it is asked.

        What was given up has all its tries again; what waits is due now, unless a worker has it or will soon.
        """
        anew = {"state": "pending", "attempts": 0, "last_error": None}
        dead = self._moved(chosen, fs_outbox.c.state == DEAD, **anew)
        return dead + self._moved(chosen, self._rests())

    def drop(self, chosen: Chosen, error: str) -> list[int]:
        """Give these up for good, and return which: nobody sees them again, and they go with what was delivered."""
        gone = {"state": "dropped", "done_at": self._now, "last_error": error}
        either = or_(fs_outbox.c.state == DEAD, self._rests(), self._never_tried())
        return self._moved(chosen, either, **gone)

    def _moved(self, chosen: Chosen, standing: ColumnElement[bool], **values: object) -> list[int]:
        moving = update(fs_outbox).where(standing)
        if chosen.ids is not None:
            moving = moving.where(fs_outbox.c.id.in_(chosen.ids))
        elif chosen.channel:
            moving = moving.where(fs_outbox.c.channel == chosen.channel)
        fresh = {"due": self._now, "done_at": None, **values}
        rows = self._connection.execute(moving.values(fresh).returning(fs_outbox.c.id))
        return sorted(row.id for row in rows)

    def _stuck(self) -> ColumnElement[bool]:
        """Tell what is to be looked at: given up, or not delivered for long."""
        waits = and_(fs_outbox.c.state == "pending", fs_outbox.c.created_at < self._now - LONG)
        return or_(fs_outbox.c.state == DEAD, waits)

    def _in_state(self, state: str) -> ColumnElement[bool]:
        return fs_outbox.c.state == (DEAD if state == DEAD else "pending")

    def _rests(self) -> ColumnElement[bool]:
        """Tell what waits for a later try, and lies in nobody's hands."""
        return and_(fs_outbox.c.state == "pending", fs_outbox.c.due > self._now + IN_HAND)

    def _never_tried(self) -> ColumnElement[bool]:
        """Tell what waits because nobody works."""
        return and_(fs_outbox.c.state == "pending", fs_outbox.c.attempts == 0)


_COLUMNS: Final = tuple(
    fs_outbox.c[name]
    for name in (
        "id",
        "channel",
        "to",
        "topic",
        "object",
        "record",
        "payload",
        "state",
        "attempts",
        "due",
        "created_at",
        "done_at",
        "last_error",
    )
)


def _undelivered(row: Any) -> Undelivered:
    return Undelivered(
        row.id,
        row.channel,
        row.to,
        row.topic,
        row.object or "",
        row.record or "",
        row.payload or {},
        row.state,
        row.attempts,
        row.due,
        row.created_at,
        row.done_at,
        row.last_error or "",
    )
