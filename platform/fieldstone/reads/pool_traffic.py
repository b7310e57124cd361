"""What goes in and out of a pool: how records came, how they left, how long they lay, and who took them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, or_, select

from fieldstone.reads.sight import Sight
from fieldstone.storage.journal import fs_owner_span

NEW, RETURNED, RECALLED, MOVED_IN = "new", "returned", "recalled", "moved_in"
CLAIMED, ASSIGNED, MOVED_OUT, GONE = "claimed", "assigned", "moved_out", "gone"
WAYS_IN: Final = (NEW, RETURNED, RECALLED, MOVED_IN)
WAYS_OUT: Final = (CLAIMED, ASSIGNED, MOVED_OUT, GONE)
AGES: Final = (1, 7, 30, 90)
"""Upper ends of the age groups, in days; what lay longer is the last group."""
KEPT: Final = "kept"
CLAIM_REASON: Final = "claimed"


@dataclass(frozen=True)
class Taken:
    """What one person took out of the pool in the period, and what of it came back since, each record once.

    `kept` is still in their hands, or went on from there.
    """

    claimed: int = 0
    assigned: int = 0
    returned: int = 0
    recalled: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Traffic:
    """The traffic of one pool in a period: events in it, and what lies there now.

    Each number counts a record once, however often it came and went. `came` and `left` count by way, `whole` as said
    there; `by_day` holds the records that (came, were claimed); `ages` counts what lies there by age group, and `never`
    what lies there and was owned by nobody yet. `wait` is the median time to the claim.
    """

    days: int
    came: Mapping[str, int]
    left: Mapping[str, int]
    whole: Mapping[str, int]  # came, taken (claimed or assigned), back (returned or recalled)
    by_day: Mapping[date, tuple[frozenset[str], frozenset[str]]]
    lying: int
    never: int
    ages: tuple[int, ...]
    wait: timedelta | None
    people: Mapping[str, Taken] = field(default_factory=dict)


def traffic_of(sight: Sight, object_name: str, pool: str, days: int) -> Traffic:
    """Return the traffic of the last `days` days, in the days of the actor."""
    zone, start = _zone_and_start(sight, days)
    came, left = _passed(sight, object_name, pool, start)
    claimed = [one for one in left if one.way_out == CLAIMED and one.until is not None]
    waits = [one.until - one.since for one in claimed if one.until is not None]
    lying, never, ages = _lying(sight, object_name, pool)
    return Traffic(
        days,
        {way: _distinct(one for one in came if one.way_in == way) for way in WAYS_IN},
        {way: _distinct(one for one in left if one.way_out == way) for way in WAYS_OUT},
        {what: _distinct(_of_what(came, left, what, "")) for what in ("came", "taken", "back")},
        _by_day(came, claimed, start.date(), days, zone),
        lying,
        never,
        ages,
        timedelta(seconds=median(one.total_seconds() for one in waits)) if waits else None,
        _people(left),
    )


def records_of_traffic(
    sight: Sight, object_name: str, pool: str, days: int, number: tuple[str, str]
) -> list[str]:
    """Return the ids of the records behind one number of the traffic: (what, which).

    came, left (which way, "" for any), taken, back, took ("PERSON:WAY"), day ("FIRST:LAST:came" or "...:claimed"),
    age (the place of the group), never. What is not known has none.
    """
    what, which = number
    zone, start = _zone_and_start(sight, days)
    if what in ("age", "never"):
        stays = _stays(sight, object_name, pool)
        groups = {one.record: str(_age_group(one.age)) for one in stays}
        if what == "age":
            return [record for record, group in groups.items() if group == which]
        return [one.record for one in stays if not one.owners]
    came, left = _passed(sight, object_name, pool, start)
    found = (
        _of_days(came, left, which, zone) if what == "day" else _of_what(came, left, what, which)
    )
    return list(dict.fromkeys(one.record for one in found))


def _of_what(came: Sequence[_Span], left: Sequence[_Span], what: str, which: str) -> list[_Span]:
    person, _, way = which.rpartition(":")
    return {
        "came": [one for one in came if which in ("", one.way_in)],
        "left": [one for one in left if which in ("", one.way_out)],
        "taken": [one for one in left if one.way_out in (CLAIMED, ASSIGNED)],
        "back": [one for one in came if one.way_in in (RETURNED, RECALLED)],
        "took": [one for one in left if one.after == person and _is_kind(one, way)],
    }.get(what, [])


def _distinct(spans: Iterable[_Span]) -> int:
    return len({one.record for one in spans})


def _is_kind(span: _Span, way: str) -> bool:
    """Tell whether what somebody took was taken this way, came back this way, or is kept."""
    if way == KEPT:
        return span.way_out in (CLAIMED, ASSIGNED) and not span.came_back
    return way in (span.way_out, span.came_back)


def _of_days(
    came: Iterable[_Span], left: Iterable[_Span], which: str, zone: ZoneInfo
) -> list[_Span]:
    first, _, rest = which.partition(":")
    last, _, way = rest.partition(":")
    if way == CLAIMED:
        return [
            one
            for one in left
            if one.way_out == CLAIMED and one.until and first <= _day(one.until, zone) <= last
        ]
    return [one for one in came if first <= _day(one.since, zone) <= last]


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _zone_and_start(sight: Sight, days: int) -> tuple[ZoneInfo, datetime]:
    zone = ZoneInfo(sight.ctx.actor.zone)
    today = sight.ctx.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return zone, today - timedelta(days=days - 1)


def _passed(
    sight: Sight, object_name: str, pool: str, start: datetime
) -> tuple[list[_Span], list[_Span]]:
    """Return the stays that began since `start`, and those that ended."""
    spans = [_Span(*tuple(row)) for row in sight.fetch(_spans(object_name, pool, start))]
    passed = [one for one in spans if one.pool == pool]
    came = [one for one in passed if one.since >= start]
    return came, [one for one in passed if one.until is not None and one.until >= start]


@dataclass(frozen=True)
class _Span:
    """A stay in the pool, with what was before and after it."""

    record: str
    since: datetime
    until: datetime | None
    pool: str | None
    actor: str | None
    ended: str | None
    before: str | None
    pool_before: str | None
    after: str | None
    pool_after: str | None
    ended_after: str | None
    actor_then: str | None
    pool_then: str | None

    @property
    def way_in(self) -> str:
        if self.before is not None:
            return RETURNED if self.actor == self.before else RECALLED
        return MOVED_IN if self.pool_before is not None else NEW

    @property
    def way_out(self) -> str:
        if self.after is not None:
            return CLAIMED if (self.ended or "") == CLAIM_REASON else ASSIGNED
        return MOVED_OUT if self.pool_after is not None else GONE

    @property
    def came_back(self) -> str:
        """Return how the record came back from who took it: returned, recalled or not at all."""
        if self.after is None or self.ended_after is None or self.pool_then is None:
            return ""
        return RETURNED if self.actor_then == self.after else RECALLED


def _spans(object_name: str, pool: str, start: datetime) -> Select[Any]:
    """Return the question for the stays in a pool, each with its neighbours in the life of its record."""
    span = fs_owner_span.c
    passing = select(span.record).where(
        span.object == object_name,
        span.pool == pool,
        or_(span.until.is_(None), span.until >= start),
    )
    turn: dict[str, Any] = {"partition_by": span.record, "order_by": (span.since, span.id)}
    every = (
        select(
            span.record,
            span.since,
            span.until,
            span.pool,
            span.actor,
            span.reason,
            func.lag(span.owner).over(**turn).label("before"),
            func.lag(span.pool).over(**turn).label("pool_before"),
            func.lead(span.owner).over(**turn).label("after"),
            func.lead(span.pool).over(**turn).label("pool_after"),
            func.lead(span.until).over(**turn).label("until_after"),
            func.lead(span.actor, 2).over(**turn).label("actor_then"),
            func.lead(span.pool, 2).over(**turn).label("pool_then"),
        )
        .where(span.record.in_(passing))
        .subquery()
    )
    return select(every).where(every.c.pool == pool)


@dataclass(frozen=True)
class _Stay:
    """A record that lies in the pool now: for how many days, and how many owners it had."""

    record: str
    age: float
    owners: int


def _stays(sight: Sight, object_name: str, pool: str) -> list[_Stay]:
    """Return the live records that lie in the pool."""
    span, held = fs_owner_span.c, sight.tables[object_name].columns
    here = and_(span.record == held["id"], span.until.is_(None))
    earlier = fs_owner_span.alias("earlier")
    had = (
        select(func.count())
        .select_from(earlier)
        .where(earlier.c.record == held["id"], earlier.c.owner.is_not(None))
        .scalar_subquery()
    )
    asked = (
        select(held["id"], span.since, had)
        .select_from(held["id"].table.outerjoin(fs_owner_span, here))
        .where(held["pool"] == pool, held["deleted_at"].is_(None))
    )
    now, found = sight.ctx.now, []
    for row in sight.fetch(asked):
        record, since, owners = tuple(row)
        age = (now - since).total_seconds() / 86400 if since is not None else 0.0
        found.append(_Stay(record, age, owners))
    return found


def _age_group(age: float) -> int:
    return next((n for n, most in enumerate(AGES) if age < most), len(AGES))


def _lying(sight: Sight, object_name: str, pool: str) -> tuple[int, int, tuple[int, ...]]:
    """Return how many live records lie in the pool, how many had no owner ever, and their ages."""
    stays, ages = _stays(sight, object_name, pool), [0] * (len(AGES) + 1)
    for one in stays:
        ages[_age_group(one.age)] += 1
    return len(stays), sum(not one.owners for one in stays), tuple(ages)


def _by_day(
    came: Iterable[_Span], claimed: Iterable[_Span], first: date, days: int, zone: ZoneInfo
) -> dict[date, tuple[frozenset[str], frozenset[str]]]:
    ins: dict[date, set[str]] = {}
    outs: dict[date, set[str]] = {}
    for one in came:
        ins.setdefault(one.since.astimezone(zone).date(), set()).add(one.record)
    for one in claimed:
        if one.until:
            outs.setdefault(one.until.astimezone(zone).date(), set()).add(one.record)
    every = (first + timedelta(days=n) for n in range(days))
    return {day: (frozenset(ins.get(day, ())), frozenset(outs.get(day, ()))) for day in every}


def _people(left: Iterable[_Span]) -> dict[str, Taken]:
    counts: dict[str, dict[str, set[str]]] = {}
    for one in left:
        if one.after is not None:
            tally = counts.setdefault(one.after, {})
            for way in (CLAIMED, ASSIGNED, RETURNED, RECALLED, KEPT):
                if _is_kind(one, way):
                    tally.setdefault(way, set()).add(one.record)
    found = {
        person: Taken(**{way: len(records) for way, records in tally.items()})
        for person, tally in counts.items()
    }
    return dict(sorted(found.items(), key=lambda pair: -pair[1].claimed))
