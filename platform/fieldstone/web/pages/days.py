"""The days that a calendar shows: a month in whole weeks, a week, or a month as a list; weeks begin on Monday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval, format_skeleton

from fieldstone.fieldtypes.locales import locale_of

MODES: Final = ("month", "week", "agenda")
DAY: Final = timedelta(days=1)
WEEK: Final = 7
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200


@dataclass(frozen=True)
class Stretch:
    """What a calendar shows around `day`; `first` to `last` are the days asked for."""

    mode: str
    day: date

    @property
    def month(self) -> date:
        """Return the first day of the month."""
        return self.day.replace(day=1)

    @property
    def first(self) -> date:
        """Return the first day shown."""
        if self.mode == "agenda":
            return self.month
        start = self.month if self.mode == "month" else self.day
        return start - timedelta(days=start.weekday())

    @property
    def last(self) -> date:
        """Return the last day shown."""
        if self.mode == "week":
            return self.first + timedelta(days=WEEK - 1)
        end = _next_month(self.month) - DAY
        return end if self.mode == "agenda" else end + timedelta(days=WEEK - 1 - end.weekday())

    @property
    def days(self) -> list[date]:
        """Return every day shown."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> Stretch:
        """Return the month or week before."""
        day = self.day - timedelta(days=WEEK) if self.mode == "week" else self.month - DAY
        return Stretch(self.mode, max(day, date(FIRST_YEAR, 1, 1)))

    @property
    def after(self) -> Stretch:
        """Return the month or week after."""
        day = self.day + timedelta(days=WEEK) if self.mode == "week" else _next_month(self.month)
        return Stretch(self.mode, min(day, date(LAST_YEAR, 12, 1)))

    def pairs(self, today: date) -> tuple[tuple[str, str], ...]:
        """Return what the address says of it; the present month needs no word."""
        found = [("mode", self.mode)] if self.mode != "month" else []
        if self.mode == "week":
            if self.first != Stretch("week", today).first:
                found.append(("day", self.first.isoformat()))
        elif self.month != today.replace(day=1):
            found.append(("month", f"{self.month:%Y-%m}"))
        return tuple(found)

    def title(self, language: str) -> str:
        """Return "November 2026", or "Nov 23 – 29, 2026" for a week."""
        locale = locale_of(language)
        if self.mode == "week":
            return str(format_interval(self.first, self.last, "yMMMd", locale=locale))
        return str(format_skeleton("yMMMM", self.month, locale=locale))


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def stretch_of(given: Mapping[str, str], today: date) -> Stretch:
    """Return what an address asks for; what it says wrongly is today's month."""
    mode = given.get("mode", "")
    text = given.get("day") or f"{given.get('month', '')}-01"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        day = today
    return Stretch(mode if mode in MODES else "month", day)


def spoken(day: date, language: str) -> str:
    """Return a day in full, with its weekday."""
    return str(format_date(day, "full", locale=locale_of(language)))


def short(day: date, language: str) -> str:
    """Return "Thu, Nov 26" or "11月26日 周四"."""
    locale = locale_of(language)
    name = str(format_date(day, "EEE", locale=locale))
    rest = str(format_skeleton("MMMd", day, locale=locale))
    return f"{rest} {name}" if language.startswith("zh") else f"{name}, {rest}"


def weekdays(language: str) -> list[tuple[str, str]]:
    """Return the short and the whole names of Monday to Sunday."""
    locale, monday = locale_of(language), date(2026, 11, 23)
    days = [monday + timedelta(days=n) for n in range(WEEK)]
    return [
        (
            str(format_date(day, "EEE", locale=locale)),
            str(format_date(day, "EEEE", locale=locale)),
        )
        for day in days
    ]


def start_of(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
