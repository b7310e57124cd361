"""Days off and make-up working days out of an iCalendar file, as companies and governments publish them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from icalendar import Calendar

from fieldstone.base.errors import Problem, RefusedError

LARGEST: Final = 1_000_000  # bytes
MOST_DAYS: Final = 1_000
LONGEST: Final = 100  # of a name
# What such files call a day that is worked although it would be off: 国庆节（班）, 补班, "make-up workday".
_WORKED: Final = re.compile(r"[（(]班[）)]|补班|上班|make-?up|work(ing)? ?day", re.IGNORECASE)
_MARK: Final = re.compile(r"\s*[（(](休|班)[）)]\s*")


@dataclass(frozen=True)
class SpecialDay:
    """One day that is not as its weekday: worked or off, and what it is called."""

    day: date
    works: bool
    name: str


def special_days(text: bytes) -> tuple[SpecialDay, ...]:
    """Return the days of a file, each once, in order. Raises RefusedError for what is no such file.

    An event of several days is each of them; one with times is the days it touches. Events that repeat, and cancelled
    ones, are left out: such files name each day.
    """
    if len(text) > LARGEST:
        raise _refused("too_large", "The file is larger than a megabyte.", "Import fewer years.")
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except ValueError:
        raise _refused(
            "no_calendar", "This is no iCalendar file.", "Choose a file that ends in .ics."
        ) from None
    found: dict[date, SpecialDay] = {}
    for event in events:
        for one in _days(event):
            found.setdefault(one.day, one)
    if not found:
        raise _refused("no_days", "The file names no days.", "Choose a calendar of holidays.")
    if len(found) > MOST_DAYS:
        text_ = f"The file names {len(found)} days."
        raise _refused("too_many", text_, f"Import at most {MOST_DAYS} days at once.")
    return tuple(found[day] for day in sorted(found))


def _days(event: Any) -> list[SpecialDay]:
    if "RRULE" in event or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return []
    start, end = _value(event, "DTSTART"), _value(event, "DTEND")
    if start is None:
        return []
    first = start.date() if isinstance(start, datetime) else start
    last = first if end is None else _last(end)
    name = str(event.get("SUMMARY", "")).strip()
    works = _WORKED.search(name) is not None
    shown = _MARK.sub("", name)[:LONGEST]
    count = min(max(0, (last - first).days), MOST_DAYS)
    return [SpecialDay(first + timedelta(days=n), works, shown) for n in range(count + 1)]


def _value(event: Any, name: str) -> date | None:
    found = getattr(event.get(name), "dt", None)
    return found if isinstance(found, date) else None


def _last(end: date) -> date:
    """Return the last day of an event; its end is the first moment, or day, after it."""
    if isinstance(end, datetime):
        return (end - timedelta(microseconds=1)).date()
    return end - timedelta(days=1)


def _refused(code: str, message: str, cure: str) -> RefusedError:
    return RefusedError([Problem(code, "file", message, cure)])
