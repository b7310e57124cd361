"""Working time: calendars of opening hours and holidays, and spans such as "4 working hours"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import FieldstoneError
from fieldstone.base.label import Label

Slot = tuple[int, int]  # minutes after local midnight; an end above 1440 lies on the next day
Interval = tuple[datetime, datetime]

DAY_MINUTES = 1440
LATEST_END = 2 * DAY_MINUTES
WEEK = 7
# Further than this nobody means a deadline, and a calendar of holidays only must not loop for ever.
HORIZON_DAYS = 3660
LONGEST_DAYS = 1830


class CalendarError(FieldstoneError, ValueError):
    """A calendar without working time, a span that cannot be read, or an instant too far away."""


@dataclass(frozen=True)
class Span:
    """A length of time; `unit` is minutes or days, `working` tells which clock counts it."""

    amount: int
    unit: str
    working: bool = False
    written: str = ""

    @property
    def label(self) -> Label:
        """Return the span in words: "4 working hours", "4 个工作小时"."""
        amount, word = self.amount, self.unit
        if word == "minutes" and amount and amount % 60 == 0:
            amount, word = amount // 60, "hours"
        english = word if amount != 1 else word[:-1]
        return Label(
            f"{amount} {'working ' if self.working else ''}{english}",
            f"{amount} {_CHINESE[word, self.working]}",
        )


_CHINESE = {
    ("minutes", False): "分钟",
    ("minutes", True): "个工作分钟",
    ("hours", False): "小时",
    ("hours", True): "个工作小时",
    ("days", False): "天",
    ("days", True): "个工作日",
}
_UNITS = {
    "minute": (1, "minutes"),
    "min": (1, "minutes"),
    "hour": (60, "minutes"),
    "day": (1, "days"),
    "week": (WEEK, "days"),
    "分钟": (1, "minutes"),
    "小时": (60, "minutes"),
    "日": (1, "days"),
    "天": (1, "days"),
    "周": (WEEK, "days"),
}
_SPAN = re.compile(
    r"(?P<amount>\d{1,6})\s*(?:个)?\s*(?P<working>working|business|工作)?\s*"
    r"(?P<unit>minute|min|hour|day|week|分钟|小时|日|天|周)s?"
)


@lru_cache(maxsize=1024)
def parse_span(text: str) -> Span:
    """Read "4 working hours", "2 working days", "3 days", "30 minutes", "2 个工作日"; raises CalendarError.

    A working week has no fixed length, so weeks are calendar weeks only.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise CalendarError(f"{text!r} is no length of time; write for example '2 working days'")
    factor, unit = _UNITS[found["unit"]]
    working = found["working"] is not None
    if working and found["unit"] in {"week", "周"}:
        raise CalendarError(f"{text!r}: a working week has no fixed length; write working days")
    amount = int(found["amount"]) * factor
    days = amount if unit == "days" else amount / DAY_MINUTES
    if days > LONGEST_DAYS:
        raise CalendarError(f"{text!r} is longer than {LONGEST_DAYS} days")
    return Span(amount, unit, working, text.strip())


@dataclass(frozen=True)
class Calendar:
    """When people work. `hours` holds the slots of Monday to Sunday in minutes after local midnight.

    `holidays` are days off whatever the weekday; `workdays` are make-up working days, which keep the hours
    of their weekday or, when that is a day off, those of the first working weekday.
    """

    code: str
    zone: str
    hours: tuple[tuple[Slot, ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)
    workdays: frozenset[date] = field(default_factory=frozenset)
    country: str = ""
    exceptions: tuple[tuple[date, tuple[Slot, ...]], ...] = ()  # days with hours of their own
    names: tuple[tuple[date, Label], ...] = ()  # what single days are called
    label: Label | None = None

    def __post_init__(self) -> None:
        """Refuse what has no working time; raises CalendarError."""
        if len(self.hours) != WEEK or not any(self.hours):
            raise CalendarError(f"calendar {self.code!r} has no working hours in any weekday")
        own = (slots for _, slots in self.exceptions)
        for start, end in (slot for slots in (*self.hours, *own) for slot in slots):
            if not 0 <= start < DAY_MINUTES or not start < end <= LATEST_END:
                raise CalendarError(
                    f"calendar {self.code!r}: {start}-{end} is no slot; it must start within the day and end after its start"
                )

    @property
    def always_open(self) -> bool:
        """Tell whether every minute is working time, so that arithmetic needs no walk."""
        return (
            not self.holidays
            and not self.exceptions
            and all(slots == ((0, DAY_MINUTES),) for slots in self.hours)
        )

    def works_on(self, day: date) -> bool:
        """Tell whether `day` has working hours that start on it."""
        return bool(self.slots(day))

    def slots(self, day: date) -> tuple[Slot, ...]:
        """Return the slots that start on a local day; exceptions, holidays and make-up workdays considered."""
        if day in self._own_hours:
            return self._own_hours[day]
        if day in self.workdays:
            return self.hours[day.weekday()] or next(slots for slots in self.hours if slots)
        return () if day in self.holidays else self.hours[day.weekday()]

    @cached_property
    def _own_hours(self) -> Mapping[date, tuple[Slot, ...]]:
        return dict(self.exceptions)

    def open_at(self, instant: datetime) -> bool:
        """Tell whether `instant` lies in working time."""
        if self.always_open:
            return True
        first = next(self._forward(instant), None)
        return first is not None and first[0] <= instant

    def after(self, start: datetime, span: Span) -> datetime:
        """Return the instant `span` after `start`, in UTC; raises CalendarError beyond the horizon.

        Working minutes run only while the calendar is open. Working days keep the time of day: from Friday 16:00,
        one working day ends on Monday 16:00; a start outside the hours counts from the next opening, and an end
        outside the hours moves to the next opening.
        """
        if not span.working or (self.always_open and span.unit == "minutes"):
            return self._plain(start, span, 1)
        return _after(self, start, span)

    def before(self, end: datetime, span: Span) -> datetime:
        """Return the instant `span` before `end`, in UTC; the mirror of `after`."""
        if not span.working or (self.always_open and span.unit == "minutes"):
            return self._plain(end, span, -1)
        if span.unit == "minutes":
            return self._spend_back(end, timedelta(minutes=span.amount))
        return self._days_before(end, span.amount)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` to `end`; negative when `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        if self.always_open:
            return end - start
        total = timedelta()
        for opening, closing in self._forward(start):
            if opening >= end:
                break
            total += min(closing, end) - opening
        return total

    def _working_after(self, start: datetime, span: Span) -> datetime:
        if span.unit == "minutes":
            return self._spend(self._forward(start), timedelta(minutes=span.amount))
        return self._days_after(start, span.amount)

    def _zone(self) -> tzinfo:
        return zone_of(self.zone)

    def _instant(self, day: date, minutes: int) -> datetime:
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return wall.replace(tzinfo=self._zone()).astimezone(UTC)

    def _plain(self, instant: datetime, span: Span, sign: int) -> datetime:
        if span.unit == "minutes":
            return instant.astimezone(UTC) + sign * timedelta(minutes=span.amount)
        # A day is the same time on another date, also when the clocks change in between.
        local = instant.astimezone(self._zone()).replace(tzinfo=None)
        moved = local + sign * timedelta(days=span.amount)
        return moved.replace(tzinfo=self._zone()).astimezone(UTC)

    def _intervals(self, days: Iterable[date]) -> Iterator[Interval]:
        for day in days:
            for start, end in self.slots(day):
                opening, closing = self._instant(day, start), self._instant(day, end)
                # A slot can vanish where the clocks jump forward.
                if closing > opening:
                    yield opening, closing

    def _forward(self, start: datetime) -> Iterator[Interval]:
        # The day before holds the slots that run over midnight.
        first = start.astimezone(self._zone()).date() - timedelta(days=1)
        days = (first + timedelta(days=n) for n in range(HORIZON_DAYS))
        pending: Interval | None = None
        for opening, closing in self._intervals(days):
            if pending is None or opening > pending[1]:
                yield from _from(pending, start)
                pending = (opening, closing)
            else:
                pending = (pending[0], max(pending[1], closing))
            # Round-the-clock calendars would otherwise grow one interval without end.
            if pending[1] - pending[0] >= timedelta(days=1):
                yield from _from(pending, start)
                pending = (pending[1], pending[1])
        yield from _from(pending, start)

    def _spend(self, intervals: Iterator[Interval], left: timedelta) -> datetime:
        for opening, closing in intervals:
            if left <= closing - opening:
                return opening + left
            left -= closing - opening
        raise CalendarError(f"calendar {self.code!r} has too little working time ahead")

    def _days_after(self, start: datetime, days: int) -> datetime:
        opening = self._next_open(start)
        local = opening.astimezone(self._zone())
        day, left = local.date(), days
        for _ in range(HORIZON_DAYS):
            if left <= 0:
                break
            day += timedelta(days=1)
            left -= self.works_on(day)
        else:
            raise CalendarError(f"calendar {self.code!r} has too few working days ahead")
        rest = timedelta(seconds=local.second, microseconds=local.microsecond)
        return self._next_open(self._instant(day, local.hour * 60 + local.minute) + rest)

    def _next_open(self, start: datetime) -> datetime:
        for opening, _ in self._forward(start):
            return opening
        raise CalendarError(f"calendar {self.code!r} has no working time ahead")

    def _spend_back(self, end: datetime, left: timedelta) -> datetime:
        last = end.astimezone(self._zone()).date()
        days = (last - timedelta(days=n) for n in range(HORIZON_DAYS))
        floor = end.astimezone(UTC)
        for day in days:
            for opening, closing in reversed(list(self._intervals([day]))):
                ceiling = min(closing, floor)
                if ceiling <= opening:
                    continue
                if left <= ceiling - opening:
                    return ceiling - left
                left -= ceiling - opening
                floor = opening
        raise CalendarError(f"calendar {self.code!r} has too little working time before")

    def _days_before(self, end: datetime, days: int) -> datetime:
        local = end.astimezone(self._zone())
        day, left = local.date(), days
        for _ in range(HORIZON_DAYS):
            if left <= 0:
                break
            day -= timedelta(days=1)
            left -= self.works_on(day)
        return self._instant(day, local.hour * 60 + local.minute)


@lru_cache(maxsize=8192)
def _after(calendar: Calendar, start: datetime, span: Span) -> datetime:
    """Return `Calendar.after` for working time; the rows of one import share their start and their span."""
    return calendar._working_after(start, span)  # noqa: SLF001 - the same class, remembered


def _from(interval: Interval | None, start: datetime) -> Iterator[Interval]:
    """Yield what of `interval` lies after `start`, if anything."""
    if interval is not None and interval[1] > max(interval[0], start):
        yield max(interval[0], start.astimezone(UTC)), interval[1]


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name; raises CalendarError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarError(
            f"there is no time zone {name!r}; write for example 'Asia/Shanghai'"
        ) from error


ALWAYS = Calendar("always", "UTC", (((0, DAY_MINUTES),),) * WEEK)

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|to|至)\s*(\d{1,2}):(\d{2})")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_slot(text: str) -> Slot:
    """Read "09:00-18:00" as minutes; an end not after the start lies on the next day; raises CalendarError."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise CalendarError(f"{text!r} is no span of the day; write for example '09:00-18:00'")
    start_hour, start_minute, end_hour, end_minute = (int(part) for part in found.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start >= DAY_MINUTES or end > DAY_MINUTES or max(start_minute, end_minute) > 59:  # noqa: PLR2004 - minutes
        raise CalendarError(f"{text!r}: hours go from 00:00 to 24:00")
    return start, end if end > start else end + DAY_MINUTES


def week_of(days: Mapping[str, Sequence[str]]) -> tuple[tuple[Slot, ...], ...]:
    """Return the hours of a week from {"mon": ["09:00-12:00", ...], ...}; days left out are off."""
    unknown = [day for day in days if day not in WEEKDAYS]
    if unknown:
        raise CalendarError(f"{unknown[0]!r} is no weekday; write one of {', '.join(WEEKDAYS)}")
    return tuple(tuple(sorted(parse_slot(slot) for slot in days.get(day, ()))) for day in WEEKDAYS)


@lru_cache(maxsize=64)
def public_holidays(
    country: str, first_year: int, last_year: int
) -> tuple[frozenset[date], frozenset[date]]:
    """Return (days off, make-up working days) of a country, such as "CN", for whole years; raises CalendarError.

    Used when a model is compiled, so that nothing is looked up while a lead waits.
    """
    # The library is slow to import and only calendars with a country need it.
    import holidays

    years = range(first_year, last_year + 1)
    try:
        found = holidays.country_holidays(country.upper(), years=years)
    except NotImplementedError as error:
        raise CalendarError(
            f"no public holidays are known for {country!r}; write a code such as 'CN'"
        ) from error
    made_up = {day for day in getattr(found, "weekend_workdays", ()) if day.year in years}
    return frozenset(found), frozenset(made_up)


# A day off that stands for another one has a name with brackets or a cause in it.
_STANDS_FOR = re.compile(r"\s*[(（].*$")


@lru_cache(maxsize=64)
def holiday_names(country: str, year: int, language: str) -> Mapping[date, str]:
    """Return what the days off of a country are called in "en" or "zh"; empty for an unknown country."""
    import holidays

    spoken = "zh_CN" if language.startswith("zh") else "en_US"
    try:
        found = holidays.country_holidays(country.upper(), years=[year], language=spoken)
    except NotImplementedError:
        return {}
    return {day: _STANDS_FOR.sub("", name) for day, name in found.items()}
