"""What arrived through each source, word for word, and what became of it; what is above a limit waits here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    select,
    update,
)

from fieldstone.base.errors import Problem
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    skipping,
    text,
    upserting,
    whole,
)

fs_arrival: Final = Table(
    "fs_arrival",
    PLATFORM,
    text("id", key=True),
    text("source", null=False),
    text("object", null=False),
    text("key"),  # what names this arrival to its sender: a repeat is no second arrival
    text("batch"),
    text("state", null=False),
    text("hour", null=False),  # 2026-11-29T13 in UTC, by which the flow is counted
    json("payload"),
    json("trace"),
    json("problems"),
    text("outcome"),  # created, touched
    text("record"),
    text("touch"),
    instant("received_at", null=False),
    instant("due", null=False),
    instant("settled_at"),
    whole("attempts", null=False),
    UniqueConstraint("source", "key", name="ux_fs_arrival_key"),
    Index("ix_fs_arrival_hour", "source", "hour"),
    Index("ix_fs_arrival_state", "state", "source", "due"),
    Index("ix_fs_arrival_received", "source", "received_at"),
    Index("ix_fs_arrival_batch", "batch"),
    Index("ix_fs_arrival_record", "record"),
)

fs_intake_count: Final = Table(
    "fs_intake_count",
    PLATFORM,
    text("source", key=True),
    text("period", key=True),  # m:2026-11-29T13:05, d:2026-11-29, a:HASH:2026-11-29T13
    whole("used", null=False),
    instant("ends_at", null=False),
)

WAITING, UNCONFIRMED, DONE, REFUSED, SPAM = "waiting", "unconfirmed", "done", "refused", "spam"
STATES: Final = (WAITING, UNCONFIRMED, DONE, REFUSED, SPAM)
OUTCOMES: Final = ("created", "touched")
CLICKS: Final = "c:"  # before the day, in periods of fs_intake_count
CLICKERS: Final = "k:"  # before the day and who clicked
MOST_CLICKS: Final = 1_000_000_000


@dataclass(frozen=True)
class Arrival:
    """One thing that arrived. `trace` holds utm_*, referrer, page, consent, language, and the sender's address as a hash."""

    id: str
    source: str
    object_name: str
    payload: Mapping[str, Any]
    trace: Mapping[str, Any]
    received_at: datetime
    state: str = WAITING
    key: str | None = None
    batch: str | None = None
    due: datetime | None = None
    problems: Sequence[Mapping[str, str]] = ()
    outcome: str = ""
    record: str | None = None
    touch: str | None = None
    settled_at: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True)
class Settled:
    """What became of an arrival: created or touched `record`, or why it was refused."""

    state: str
    outcome: str = ""
    record: str | None = None
    touch: str | None = None
    problems: Sequence[Problem] = field(default=())


@dataclass(frozen=True)
class Flow:
    """How many arrivals of one source in one hour ended in one way."""

    source: str
    hour: str
    state: str
    outcome: str
    count: int


@dataclass(frozen=True)
class Ended:
    """Which arrivals are meant: of these sources, within hours (the last one left out, "": none), that ended so.

    Without an end all, those of programs only if `programs`.
    """

    sources: Sequence[str]
    since: str
    until: str = ""
    end: str = ""
    programs: bool = False


def _ended(wanted: Ended) -> list[ColumnElement[bool]]:
    one = fs_arrival.c
    where = [one.source.in_(list(wanted.sources)), one.hour >= wanted.since]
    where += [one.hour < wanted.until] if wanted.until else []
    if not wanted.end:
        return where if wanted.programs else [*where, one.state != SPAM]
    taken = and_(one.state == DONE, one.outcome == wanted.end)
    return [*where, taken if wanted.end in OUTCOMES else one.state == wanted.end]


class Arrivals:
    """Arrivals within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection
        self._dialect = connection.dialect.name

    def add(self, one: Arrival) -> bool:
        """Keep an arrival; False when its source has sent it before."""
        adding = (
            upserting(fs_arrival, self._dialect)
            .values(
                id=one.id,
                source=one.source,
                object=one.object_name,
                key=one.key,
                batch=one.batch,
                state=one.state,
                hour=one.received_at.strftime("%Y-%m-%dT%H"),
                payload=one.payload,
                trace=one.trace,
                received_at=one.received_at,
                due=one.due or one.received_at,
                attempts=0,
            )
            .on_conflict_do_nothing(index_elements=["source", "key"])
        )
        return self._connection.execute(adding.returning(fs_arrival.c.id)).first() is not None

    def settle(self, arrival_id: str, what: Settled, now: datetime) -> None:
        """Note what became of an arrival."""
        values = {
            "state": what.state,
            "outcome": what.outcome or None,
            "record": what.record,
            "touch": what.touch,
            "problems": [asdict(problem) for problem in what.problems] or None,
            "settled_at": now,
            "attempts": fs_arrival.c.attempts + 1,
        }
        self._connection.execute(_one(arrival_id).values(**values))

    def turn(self, arrival_id: str, before: Sequence[str], state: str, due: datetime) -> bool:
        """Put an arrival into another state; False when it was in none of `before`, as after a second click."""
        mine = _one(arrival_id).where(fs_arrival.c.state.in_(before))
        turned = self._connection.execute(mine.values(state=state, due=due, problems=None))
        return turned.rowcount == 1

    def amend(self, arrival_id: str, payload: Mapping[str, object]) -> None:
        """Correct what arrived."""
        self._connection.execute(_one(arrival_id).values(payload=payload))

    def postpone(self, arrival_id: str, due: datetime) -> None:
        """Look at a waiting arrival again later."""
        values = {"due": due, "attempts": fs_arrival.c.attempts + 1}
        self._connection.execute(_one(arrival_id).values(**values))

    def get(self, arrival_id: str, *, locked: bool = False) -> Arrival | None:
        """Return an arrival; `locked` until the transaction ends."""
        asked = select(fs_arrival).where(fs_arrival.c.id == arrival_id)
        row = self._connection.execute(asked.with_for_update() if locked else asked).first()
        return None if row is None else _arrival(row)

    def by_key(self, source: str, key: str) -> Arrival | None:
        """Return what a source has sent under this key."""
        asked = select(fs_arrival).where(fs_arrival.c.source == source, fs_arrival.c.key == key)
        row = self._connection.execute(asked).first()
        return None if row is None else _arrival(row)

    def waiting(self, now: datetime) -> list[str]:
        """Return the sources of which something waits and is due."""
        asked = select(fs_arrival.c.source).where(
            fs_arrival.c.state == WAITING, fs_arrival.c.due <= now
        )
        found = self._connection.execute(asked.distinct().order_by(fs_arrival.c.source))
        return [source for (source,) in found]

    def take(self, source: str, now: datetime) -> Arrival | None:
        """Return a source's first waiting arrival, locked until the transaction ends."""
        asked = (
            select(fs_arrival)
            .where(
                fs_arrival.c.state == WAITING,
                fs_arrival.c.source == source,
                fs_arrival.c.due <= now,
            )
            .order_by(fs_arrival.c.due, fs_arrival.c.id)
            .limit(1)
        )
        row = self._connection.execute(skipping(asked, self._dialect)).first()
        return None if row is None else _arrival(row)

    def recent(
        self, source: str, *, states: Sequence[str] = (), batch: str = "", limit: int = 50
    ) -> list[Arrival]:
        """Return a source's latest arrivals, newest first."""
        asked = select(fs_arrival).where(fs_arrival.c.source == source)
        if states:
            asked = asked.where(fs_arrival.c.state.in_(list(states)))
        if batch:
            asked = asked.where(fs_arrival.c.batch == batch)
        newest = asked.order_by(fs_arrival.c.received_at.desc(), fs_arrival.c.id.desc())
        return [_arrival(row) for row in self._connection.execute(newest.limit(limit))]

    def flow(self, since: str, source: str = "") -> list[Flow]:
        """Return how many arrivals ended how, by source and hour, from an hour on."""
        columns = fs_arrival.c
        asked = select(columns.source, columns.hour, columns.state, columns.outcome, func.count())
        asked = asked.where(columns.hour >= since)
        if source:
            asked = asked.where(columns.source == source)
        grouped = asked.group_by(columns.source, columns.hour, columns.state, columns.outcome)
        return [
            Flow(row[0], row[1], row[2], row[3] or "", int(row[4]))
            for row in self._connection.execute(grouped)
        ]

    def ended(self, wanted: Ended, *, limit: int, offset: int = 0) -> tuple[list[Arrival], int]:
        """Return what arrived and ended so, newest first, and how much there is of it in all."""
        where = _ended(wanted)
        count = self._connection.execute(select(func.count()).select_from(fs_arrival).where(*where))
        newest = select(fs_arrival).where(*where)
        newest = newest.order_by(fs_arrival.c.received_at.desc(), fs_arrival.c.id.desc())
        rows = self._connection.execute(newest.limit(limit).offset(offset))
        return [_arrival(row) for row in rows], int(count.scalar_one())

    def ids(self, wanted: Ended, *, limit: int) -> list[str]:
        """Return the ids of what arrived and ended so, newest first."""
        one = fs_arrival.c
        asked = (
            select(one.id).where(*_ended(wanted)).order_by(one.received_at.desc(), one.id.desc())
        )
        return [str(row[0]) for row in self._connection.execute(asked.limit(limit))]

    def take_place(self, source: str, period: str, limit: int, ends_at: datetime) -> bool:
        """Take one of `limit` places of a period; False when none is left. One statement decides."""
        adding = upserting(fs_intake_count, self._dialect).values(
            source=source, period=period, used=1, ends_at=ends_at
        )
        adding = adding.on_conflict_do_update(
            index_elements=["source", "period"],
            set_={"used": fs_intake_count.c.used + 1},
            where=fs_intake_count.c.used < limit,
        )
        return (
            self._connection.execute(adding.returning(fs_intake_count.c.used)).first() is not None
        )

    def made(self, source: str, since: str = "") -> list[tuple[str, str]]:
        """Return (hour, record) of each new record that a source made, from an hour on; a record stands once."""
        one = fs_arrival.c
        asked = select(func.min(one.hour), one.record).where(
            one.source == source, one.hour >= since, one.state == DONE, one.outcome == OUTCOMES[0]
        )
        grouped = asked.where(one.record.is_not(None)).group_by(one.record)
        return [(row[0], row[1]) for row in self._connection.execute(grouped)]

    def first_hour(self, source: str) -> str:
        """Return the hour of a source's first arrival, "" before it."""
        asked = select(func.min(fs_arrival.c.hour)).where(fs_arrival.c.source == source)
        return self._connection.execute(asked).scalar() or ""

    def note_click(self, source: str, day: str, address: str, ends_at: datetime) -> None:
        """Count one opening of a form that is paid by click; an address counts once a day."""
        if self.take_place(source, f"{CLICKERS}{day}:{address}", 1, ends_at):
            self.take_place(source, f"{CLICKS}{day}", MOST_CLICKS, ends_at)

    def clicks(self, source: str) -> dict[str, int]:
        """Return how often a form was opened, by day."""
        one = fs_intake_count.c
        asked = select(one.period, one.used).where(
            one.source == source, one.period.like(f"{CLICKS}%")
        )
        return {row[0].removeprefix(CLICKS): row[1] for row in self._connection.execute(asked)}

    def has_backlog(self, source: str) -> bool:
        """Tell whether something of this source waits, behind which others must stand."""
        asked = select(fs_arrival.c.id).where(
            fs_arrival.c.state == WAITING, fs_arrival.c.source == source
        )
        return self._connection.execute(asked.limit(1)).first() is not None

    def counted(self, source: str, period: str) -> int:
        """Return how many were counted in a period."""
        asked = select(fs_intake_count.c.used).where(
            fs_intake_count.c.source == source, fs_intake_count.c.period == period
        )
        return self._connection.execute(asked).scalar() or 0

    def forget(self, source: str, before: datetime) -> int:
        """Empty what arrived before an instant, and return of how many; that it arrived stays known."""
        old = and_(
            fs_arrival.c.source == source,
            fs_arrival.c.received_at < before,
            fs_arrival.c.payload.is_not(None),
        )
        emptied = update(fs_arrival).where(old).values(payload=None, trace=None, problems=None)
        return self._connection.execute(emptied).rowcount


def forget_counts(connection: Connection, now: datetime) -> int:
    """Delete the counts of periods that have ended; return how many."""
    ended = delete(fs_intake_count).where(fs_intake_count.c.ends_at < now)
    return connection.execute(ended).rowcount


def _one(arrival_id: str) -> Any:
    return update(fs_arrival).where(fs_arrival.c.id == arrival_id)


def _arrival(row: Any) -> Arrival:
    return Arrival(
        row.id,
        row.source,
        row.object,
        row.payload or {},
        row.trace or {},
        row.received_at,
        row.state,
        row.key,
        row.batch,
        row.due,
        row.problems or (),
        row.outcome or "",
        row.record,
        row.touch,
        row.settled_at,
        row.attempts,
    )
