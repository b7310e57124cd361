"""Books what sources cost: each new record, each click, or a sum a month, as costs of the channel they fill.

Each booking has a name of its own, made of the source, its days, channel and campaign: booking again changes what has
changed and adds nothing twice. A price stays as it was when the day or month was first booked, and what somebody
changed or deleted by hand is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.actions.intake.reception import CLICK
from fieldstone.actions.intake.sources import Intake, intakes_of
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.storage.arrivals import Arrivals
from fieldstone.storage.database import Storage
from fieldstone.writes.pipeline import Writes

COSTS: Final = "channel_cost"
CHANNEL, CAMPAIGN = "channel", "campaign"
NEEDED: Final = frozenset(
    {"name", CHANNEL, "starts_on", "ends_on", "model", "amount", "price", "quantity", "booked_by"}
)
LOOKED_BACK: Final = timedelta(days=62)
"""What is confirmed, corrected or given another channel later than this changes no booking any more."""
FLAT: Final = "flat"
LONGEST_MONTH: Final = timedelta(days=31)
Place = tuple[str, str]  # channel, campaign
SEEN: Final = ("booked_by", "starts_on", "quantity", "updated_by")


@dataclass(frozen=True)
class Bookkeeper:
    """The doors by which costs are read and written, for one model at one instant."""

    storage: Storage
    reads: Reads
    writes: Writes
    model: Model
    ctx: Context
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """Return the day of the site."""
        return self.ctx.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Booking:
    """One cost as it should stand. `quantity` is None for a fixed sum."""

    key: str
    place: Place
    first: date
    last: date
    quantity: int | None


@dataclass(frozen=True)
class Booked:
    """One cost as it stands; a `kept` one was changed or deleted by hand and stays so."""

    id: str
    first: date
    quantity: object
    kept: bool


def book_costs(keeper: Bookkeeper) -> int:
    """Book what every source with a cost has cost so far; return how many bookings are new or changed."""
    spec = keeper.model.objects.get(COSTS)
    if spec is None or not spec.fields.keys() >= NEEDED:
        return 0
    return sum(
        _booked(keeper, intake)
        for intake in intakes_of(keeper.model)
        if intake.source.cost is not None and intake.source.cost.amount
    )


def _booked(keeper: Bookkeeper, intake: Intake) -> int:
    known = _known(keeper, intake)
    since = keeper.today - LOOKED_BACK if known else None
    wanted = {one.key: one for one in _wanted(keeper, intake, since)}
    changes = [
        change
        for key in sorted(wanted.keys() | known.keys())
        if (change := _change(intake, wanted.get(key), known.get(key), since)) is not None
    ]
    done = 0
    for start in range(0, len(changes), HIGHEST_LIMIT):
        # Of two workers that book at the same time the second is refused by the name of the booking.
        part = changes[start : start + HIGHEST_LIMIT]
        outcomes = keeper.writes.submit(keeper.ctx, keeper.model, part)
        done += sum(not one.refused and not one.unchanged for one in outcomes)
    return done


def _known(keeper: Bookkeeper, intake: Intake) -> dict[str, Booked]:
    """Return what a source has booked, by name."""
    found: dict[str, Booked] = {}
    for deleted in (False, True):
        query = Query(
            filter=f"starts_with(booked_by, '{intake.rule.first_code}:')",
            fields=SEEN,
            limit=HIGHEST_LIMIT,
            deleted=deleted,
        )
        while True:
            page = keeper.reads.list(keeper.ctx, keeper.model, COSTS, query)
            for one in page.rows:
                kept, first = one.values["updated_by"] != SYSTEM_ACTOR.id, one.values["starts_on"]
                assert isinstance(first, date)  # noqa: S101 - the field is required
                booked = Booked(one.id, first, one.values["quantity"], kept or deleted)
                found.setdefault(str(one.values["booked_by"]), booked)
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
    return found


def _wanted(keeper: Bookkeeper, intake: Intake, since: date | None) -> Iterator[Booking]:
    """Yield what a source should have booked, from a day on."""
    cost, by_day = intake.source.cost, _made(keeper, intake, since)
    if cost is None:
        return
    if cost.model in (FLAT, CLICK):
        place = _usual_place(keeper, intake, by_day)
        if place is not None:
            telling = _each_month if cost.model == FLAT else _each_click
            yield from telling(keeper, intake, place, since)
        return
    for (day, place), count in by_day.items():
        yield _booking(intake, place, day, day, count)


def _each_month(
    keeper: Bookkeeper, intake: Intake, place: Place, since: date | None
) -> Iterator[Booking]:
    with keeper.storage.looking() as connection:
        begun = Arrivals(connection).first_hour(intake.code)
    first = _day(begun, keeper.zone) if begun else keeper.today
    for month, last in _months(max(first, since or first), keeper.today):
        yield _booking(intake, place, month, last, None)


def _each_click(
    keeper: Bookkeeper, intake: Intake, place: Place, since: date | None
) -> Iterator[Booking]:
    with keeper.storage.looking() as connection:
        clicks = Arrivals(connection).clicks(intake.code)
    for day, count in ((date.fromisoformat(text), count) for text, count in clicks.items()):
        if since is None or day >= since:
            yield _booking(intake, place, day, day, count)


def _months(first: date, today: date) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each month from one day to another."""
    month = first.replace(day=1)
    while month <= today:
        following = (month + LONGEST_MONTH).replace(day=1)
        yield month, following - timedelta(days=1)
        month = following


def _booking(intake: Intake, place: Place, first: date, last: date, count: int | None) -> Booking:
    key = f"{intake.rule.first_code}:{first}:{place[0]}:{place[1]}"
    return Booking(key, place, first, last, count)


def _made(
    keeper: Bookkeeper, intake: Intake, since: date | None
) -> Mapping[tuple[date, Place], int]:
    """Return how many records a source made, by day and by the channel and campaign they have."""
    hour = ""
    if since is not None:
        start = datetime.combine(since, datetime.min.time(), keeper.zone)
        hour = start.astimezone(UTC).strftime("%Y-%m-%dT%H")
    with keeper.storage.looking() as connection:
        made = Arrivals(connection).made(intake.code, hour)
    places = _places(keeper, intake.rule.object_name, [record for _, record in made])
    counted: Counter[tuple[date, Place]] = Counter()
    for one, record in made:
        day, place = _day(one, keeper.zone), places.get(record)
        if place is not None and (since is None or day >= since):
            counted[day, place] += 1
    return counted


def _day(hour: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(f"{hour}:00+00:00").astimezone(zone).date()


def _places(keeper: Bookkeeper, object_name: str, ids: list[str]) -> dict[str, Place]:
    """Return the channel and campaign of records, those in the recycle bin too: they were paid all the same."""
    fields = keeper.model.objects[object_name].fields
    if CHANNEL not in fields:
        return {}
    asked = tuple(one for one in (CHANNEL, CAMPAIGN) if one in fields)
    found: dict[str, Place] = {}
    for start in range(0, len(ids), HIGHEST_LIMIT):
        part = tuple(ids[start : start + HIGHEST_LIMIT])
        for deleted in (False, True):
            query = Query(ids=part, fields=asked, limit=HIGHEST_LIMIT, deleted=deleted)
            for one in keeper.reads.list(keeper.ctx, keeper.model, object_name, query).rows:
                channel, campaign = one.values.get(CHANNEL), one.values.get(CAMPAIGN)
                if channel:
                    found[one.id] = (str(channel), str(campaign or ""))
    return found


def _usual_place(
    keeper: Bookkeeper, intake: Intake, made: Mapping[tuple[date, Place], int]
) -> Place | None:
    """Return the channel that a source gives its records, or else that most of them have; None before there is one."""
    fixed = next((one for one in intake.source.fixed if one.code == CHANNEL), None)
    if fixed is not None and fixed.by:
        query = Query(column=(fixed.by, fixed.value), fields=(fixed.by,), limit=1)
        rows = keeper.reads.list(keeper.ctx, keeper.model, CHANNEL, query).rows
        if rows:
            return rows[0].id, ""
    channels: Counter[str] = Counter()
    for (_, (channel, _)), count in made.items():
        channels[channel] += count
    return (max(channels, key=lambda one: (channels[one], one)), "") if channels else None


def _change(
    intake: Intake, wanted: Booking | None, known: Booked | None, since: date | None
) -> Change | None:
    """Return what makes a cost stand as it should, None where it does."""
    if known is None:
        return _new(intake, wanted) if wanted is not None else None
    if known.kept or (since is not None and known.first < since):
        return None
    quantity = wanted.quantity if wanted is not None else 0
    if known.quantity is None or quantity is None or quantity == known.quantity:
        return None
    return Change(COSTS, Operation.UPDATE, {"quantity": quantity}, known.id, trusted=True)


def _new(intake: Intake, wanted: Booking) -> Change | None:
    cost, (channel, campaign) = intake.source.cost, wanted.place
    if cost is None:
        return None
    label, flat = intake.rule.label.en, wanted.quantity is None
    values: dict[str, object] = {
        "name": f"{label} {wanted.first:%Y-%m}" if flat else f"{label} {wanted.first}",
        CHANNEL: channel,
        "starts_on": wanted.first,
        "ends_on": wanted.last,
        "model": cost.model,
        "booked_by": wanted.key,
    }
    values |= {CAMPAIGN: campaign} if campaign else {}
    amount: Mapping[str, Decimal | int | None] = (
        {"amount": cost.amount} if flat else {"price": cost.amount, "quantity": wanted.quantity}
    )
    return Change(COSTS, Operation.CREATE, {**values, **amount}, trusted=True)
