"""Arithmetic with days and instants whose out-of-range answers are missing, never an error."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from fieldstone.expressions.env import Env
from fieldstone.expressions.numbers import Number, divided, multiplied, rounded, whole_part

MICROSECOND: Final = timedelta(microseconds=1)
MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
# A longer step is missing. PostgreSQL multiplies intervals as floats, exact up to 2**53.
LONGEST_DAYS: Final = 100_000
LONGEST: Final = LONGEST_DAYS * DAY
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def span(microseconds: int) -> timedelta | None:
    """Return a duration, missing beyond 100,000 days."""
    return timedelta(microseconds=microseconds) if abs(microseconds) <= LONGEST else None


def microseconds(count: Number, unit: int) -> int:
    """Return so many units as microseconds, half up."""
    return int(rounded(multiplied(count, unit)))


def spanning(count: Number, unit: int) -> timedelta | None:
    """Return so many units as a duration, missing beyond 100,000 days."""
    return span(microseconds(count, unit))


def later(moment: datetime, step: timedelta | None) -> datetime | None:
    """Return the moment after a step; missing outside the years 1 to 9999."""
    if step is None or abs(step // MICROSECOND) > LONGEST:
        return None
    try:
        return moment + step
    except OverflowError:
        return None


def days_later(day: date, count: Number) -> date | None:
    """Return the day so many whole days later; missing outside the years 1 to 9999."""
    whole = whole_part(count)
    if abs(whole) > LONGEST_DAYS:
        return None
    try:
        return day + timedelta(days=whole)
    except OverflowError:
        return None


def between(start: datetime, end: datetime) -> timedelta | None:
    """Return how long it is from start to end, missing beyond 100,000 days."""
    return span((end - start) // MICROSECOND)


def units_between(start: datetime, end: datetime, unit: int) -> Decimal | None:
    """Return how many units it is from start to end, with 10 decimals half up."""
    return divided((end - start) // MICROSECOND, unit)


def summed(one: timedelta, other: timedelta) -> timedelta | None:
    """Return two durations together, missing beyond 100,000 days."""
    return span(one // MICROSECOND + other // MICROSECOND)


def local(env: Env, moment: datetime) -> datetime:
    """Return the moment on the zone's clock; at the ends of time, on the clock of UTC."""
    try:
        return moment.astimezone(env.timezone)
    except OverflowError:
        return moment.astimezone(UTC)


def step_of(count: Number, unit: int) -> timedelta:
    """Return so many units as a duration, cut at the longest one there is."""
    step = microseconds(count, unit)
    if abs(step) > timedelta.max // MICROSECOND:
        return timedelta.max if step > 0 else timedelta.min
    return timedelta(microseconds=step)


def ago(env: Env, step: timedelta) -> datetime:
    """Return the moment so long before now, kept within the years 1 to 9999."""
    try:
        return env.now - step
    except OverflowError:
        return _FIRST if step > timedelta() else _LAST


def day_ago(env: Env, count: Number) -> date:
    """Return the day so many days before today, kept within the years 1 to 9999."""
    ordinal = env.today.toordinal() - whole_part(count)
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def start_of(env: Env, day: date, offset: Number = 0) -> datetime | None:
    """Return the first instant, in the zone, of the day so many days after `day`."""
    shifted = days_later(day, offset)
    if shifted is None:
        return None
    try:
        return datetime.combine(shifted, time(), env.timezone).astimezone(UTC)
    except OverflowError:
        return None
