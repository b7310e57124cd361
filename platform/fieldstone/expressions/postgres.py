"""Pieces of PostgreSQL arithmetic that answer NULL where plain SQL would raise an error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, TIMESTAMP

from fieldstone.expressions.env import Env
from fieldstone.expressions.function import Sql
from fieldstone.expressions.moments import LONGEST, LONGEST_DAYS
from fieldstone.expressions.sqltypes import ComputedNumber, Day, Instant, Span, WholeNumber

_FIRST_DAY: Final = date(1, 1, 1)
_DAYS_OF_ALL_YEARS: Final = date.max.toordinal()
_BEFORE_TIME: Final = "0001-12-31 23:59:59.999999+00 BC"
_AFTER_TIME: Final = "10000-01-01 00:00:00+00"
_FIELDS: Final = {name: name for name in ("year", "month", "day", "hour", "isodow", "epoch")}


def number(value: int | Decimal) -> Sql:
    """Return a number of ours as a NUMERIC parameter."""
    return sa.literal(Decimal(value), ComputedNumber())


def _outside_is_null(value: Sql, low: Sql, high: Sql, kind: Any) -> Sql:
    # LEAST and GREATEST skip NULL, so a missing value ends at `low` and is NULL again. The
    # value is named once only: nested expressions must not grow by doubling.
    held = sa.func.least(sa.func.greatest(value, low), high)
    return sa.func.nullif(sa.func.nullif(held, low), high, type_=kind)


def bounded(value: Sql, limit: int) -> Sql:
    """Return a number, NULL when it is above `limit` or below -limit."""
    return _outside_is_null(value, number(-limit - 1), number(limit + 1), ComputedNumber())


def quotient(one: Sql, other: Sql) -> Sql:
    """Return the quotient with 10 decimals half up, NULL by zero; see numbers.divided."""
    cut = sa.func.div(
        one * number(10**11), sa.func.nullif(other, number(0)), type_=ComputedNumber()
    )
    return sa.func.round(
        cut * number(Decimal(1).scaleb(-11)), sa.literal(10, sa.Integer), type_=ComputedNumber()
    )


def part(field: str, value: Sql) -> Sql:
    """Return a part of a date or time as a whole number; `field` is one of ours, never a user's."""
    return sa.cast(sa.extract(_FIELDS[field], value), WholeNumber())


def local(env: Env, moment: Sql) -> Sql:
    """Return an instant as the clock of the zone shows it."""
    zone = sa.literal(env.timezone.key, sa.Text())
    return sa.func.timezone(zone, moment, type_=TIMESTAMP())


def microseconds_between(start: Sql, end: Sql) -> Sql:
    """Return exact microseconds, as a NUMERIC."""
    difference = sa.extract(_FIELDS["epoch"], end) - sa.extract(_FIELDS["epoch"], start)
    return sa.type_coerce(difference, ComputedNumber()) * number(1_000_000)


def units_between(start: Sql, end: Sql, unit: int) -> Sql:
    """Return how many units it is from start to end, with 10 decimals half up."""
    return quotient(microseconds_between(start, end), number(unit))


def span(microseconds: Sql) -> Sql:
    """Return a duration, NULL beyond 100,000 days."""
    return sa.cast(bounded(microseconds, LONGEST), Span())


def as_number(duration: Sql) -> Sql:
    """Return a duration's microseconds as NUMERIC, so that no sum overflows."""
    return sa.cast(duration, ComputedNumber())


def later(moment: Sql, microseconds: Sql) -> Sql:
    """Return the moment so many microseconds later; NULL outside the years 1 to 9999."""
    step: Sql = sa.cast(bounded(microseconds, LONGEST), sa.Double())
    one = sa.cast(sa.literal("1 microsecond", sa.Text()), INTERVAL())
    moved = sa.type_coerce(moment, TIMESTAMP(timezone=True)) + sa.type_coerce(
        step * one, INTERVAL()
    )
    ends = [
        sa.cast(sa.literal(end, sa.Text()), TIMESTAMP(timezone=True))
        for end in (_BEFORE_TIME, _AFTER_TIME)
    ]
    return _outside_is_null(moved, ends[0], ends[1], Instant())


def days_later(day: Sql, count: Sql) -> Sql:
    """Return the day so many whole days later; NULL outside the years 1 to 9999."""
    step = bounded(sa.func.trunc(count, type_=ComputedNumber()), LONGEST_DAYS)
    ordinal = days_between(sa.literal(_FIRST_DAY, Day()), day) + step
    inside = _outside_is_null(ordinal, number(-1), number(_DAYS_OF_ALL_YEARS), ComputedNumber())
    first = sa.type_coerce(sa.literal(_FIRST_DAY, Day()), sa.Date())
    return sa.type_coerce(first + sa.cast(inside, sa.Integer()), Day())


def days_between(start: Sql, end: Sql) -> Sql:
    """Return whole days from one date to another, as a NUMERIC."""
    difference = sa.type_coerce(end, sa.Date()) - sa.type_coerce(start, sa.Date())
    return sa.cast(sa.type_coerce(difference, sa.Integer()), ComputedNumber())


def now(env: Env) -> Sql:
    """Return the moment of the request as a parameter."""
    return sa.literal(env.now, Instant())


def today(env: Env) -> Sql:
    """Return the day it is in the zone as a parameter."""
    return sa.literal(env.today, Day())


def rounded_to(value: Sql, unit: int) -> Sql:
    """Return so many units as whole microseconds, half up."""
    return sa.func.round(value * number(unit), type_=ComputedNumber())
