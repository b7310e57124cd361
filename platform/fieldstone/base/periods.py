"""Stretches of days that people name: this week, the last 30 days."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MONTHS_OF_A_QUARTER: Final = 3
DECEMBER: Final = 12


class Period(StrEnum):
    """A named stretch of days around today; weeks begin on Monday."""

    TODAY = "today"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"
    THIS_QUARTER = "this_quarter"
    THIS_YEAR = "this_year"
    LAST_7 = "last_7"
    LAST_30 = "last_30"
    LAST_90 = "last_90"
    LAST_365 = "last_365"
    NEXT_7 = "next_7"
    NEXT_30 = "next_30"


def period(name: str, today: date) -> tuple[date, date]:  # noqa: PLR0911 - one answer for each name
    """Return the first day of the period and the first day after it. Raises ValueError for an unknown name."""
    match Period(name):
        case Period.TODAY:
            return today, today + timedelta(days=1)
        case Period.THIS_WEEK:
            monday = today - timedelta(days=today.weekday())
            return monday, monday + timedelta(days=7)
        case Period.THIS_MONTH:
            return today.replace(day=1), _months_on(today.replace(day=1), 1)
        case Period.THIS_QUARTER:
            month = today.month - (today.month - 1) % MONTHS_OF_A_QUARTER
            first = today.replace(month=month, day=1)
            return first, _months_on(first, MONTHS_OF_A_QUARTER)
        case Period.THIS_YEAR:
            first = today.replace(month=1, day=1)
            return first, first.replace(year=first.year + 1)
        case Period.LAST_7 | Period.LAST_30 | Period.LAST_90 | Period.LAST_365:
            days = int(name.partition("_")[2])
            return today - timedelta(days=days - 1), today + timedelta(days=1)
        case Period.NEXT_7 | Period.NEXT_30:
            return today, today + timedelta(days=int(name.partition("_")[2]))


def _months_on(first: date, months: int) -> date:
    month = first.month + months
    return first.replace(
        year=first.year + (month - 1) // DECEMBER, month=(month - 1) % DECEMBER + 1
    )
