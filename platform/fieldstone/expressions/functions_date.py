"""Functions over dates, instants, times of day and durations."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from fieldstone.expressions import moments, postgres
from fieldstone.expressions.env import Env
from fieldstone.expressions.function import (
    DATES,
    DATETIMES,
    DURATIONS,
    NUMBERS,
    TIMES,
    Form,
    Function,
    Sql,
)
from fieldstone.expressions.moments import DAY, HOUR, MINUTE
from fieldstone.expressions.numbers import Number
from fieldstone.expressions.sqltypes import Day
from fieldstone.expressions.types import Kind


def _since(unit: int) -> Form:
    def python(env: Env, moment: datetime) -> Decimal | None:
        return moments.units_between(moment, env.now, unit)

    def sql(env: Env, moment: Sql) -> Sql:
        return postgres.units_between(moment, postgres.now(env), unit)

    return Form((DATETIMES,), Kind.NUMBER, python, sql, clock=True)


def _days_since_day(env: Env, day: date) -> int:
    return (env.today - day).days


def _add(unit: int) -> Form:
    def python(moment: datetime, count: Number) -> datetime | None:
        return moments.later(moment, moments.spanning(count, unit))

    def sql(moment: Sql, count: Sql) -> Sql:
        return postgres.later(moment, postgres.rounded_to(count, unit))

    return Form((DATETIMES, NUMBERS), Kind.DATETIME, python, sql, partial=True)


def _length_of(unit: int) -> Form:
    def sql(count: Sql) -> Sql:
        return postgres.span(postgres.rounded_to(count, unit))

    return Form((NUMBERS,), Kind.DURATION, partial(moments.spanning, unit=unit), sql, partial=True)


def _days_between_days(start: date, end: date) -> int:
    return (end - start).days


def _moved(moment: datetime, step: timedelta) -> datetime | None:
    return moments.later(moment, step)


def _moved_back(moment: datetime, step: timedelta) -> datetime | None:
    return moments.later(moment, -step)


def _shorter(one: timedelta, other: timedelta) -> timedelta | None:
    return moments.summed(one, -other)


def _elapsed(end: datetime, start: datetime) -> timedelta | None:
    return moments.between(start, end)


def _date_part(name: str, field: str) -> tuple[Form, Form]:
    """Return the forms over a date and over an instant on the zone's clock."""

    def of_date(day: date) -> int:
        return day.isoweekday() if name == "isoweekday" else int(getattr(day, name))

    def of_moment(env: Env, moment: datetime) -> int:
        return of_date(moments.local(env, moment))

    def sql(env: Env, moment: Sql) -> Sql:
        return postgres.part(field, postgres.local(env, moment))

    def sql_of_date(day: Sql) -> Sql:
        return postgres.part(field, day)

    return (
        Form((DATES,), Kind.NUMBER, of_date, sql_of_date),
        Form((DATETIMES,), Kind.NUMBER, of_moment, sql, clock=True),
    )


def _hour_of(clock_time: time) -> int:
    return clock_time.hour


def _hour_in_zone(env: Env, moment: datetime) -> int:
    return moments.local(env, moment).hour


def _date_in_zone(env: Env, moment: datetime) -> date:
    return moments.local(env, moment).date()


def _hour_in_zone_sql(env: Env, moment: Sql) -> Sql:
    return postgres.part("hour", postgres.local(env, moment))


def _date_in_zone_sql(env: Env, moment: Sql) -> Sql:
    return sa.cast(postgres.local(env, moment), Day())


def _days_since_day_sql(env: Env, day: Sql) -> Sql:
    return postgres.days_between(day, postgres.today(env))


def _never_in_sql(*_: Any) -> Sql:
    raise AssertionError("a constant part is bound as a value and never becomes SQL")


def _stretch_sql(sign: int) -> Any:
    def sql(moment: Sql, step: Sql) -> Sql:
        return postgres.later(moment, postgres.as_number(step) * postgres.number(sign))

    return sql


ADD: Final = (
    Form((DATETIMES, DURATIONS), Kind.DATETIME, _moved, _stretch_sql(1), partial=True),
    Form(
        (DURATIONS, DURATIONS),
        Kind.DURATION,
        moments.summed,
        lambda one, other: postgres.span(postgres.as_number(one) + postgres.as_number(other)),
        partial=True,
    ),
)
SUBTRACT: Final = (
    Form((DATETIMES, DURATIONS), Kind.DATETIME, _moved_back, _stretch_sql(-1), partial=True),
    Form(
        (DURATIONS, DURATIONS),
        Kind.DURATION,
        _shorter,
        lambda one, other: postgres.span(postgres.as_number(one) - postgres.as_number(other)),
        partial=True,
    ),
    Form(
        (DATETIMES, DATETIMES),
        Kind.DURATION,
        _elapsed,
        lambda end, start: postgres.span(postgres.microseconds_between(start, end)),
        partial=True,
    ),
)

# What the tree puts in place of a comparison with days_since(...) or with a day.
OPERATORS: Final = (
    Function(
        "moment_ago",
        (Form((DURATIONS,), Kind.DATETIME, moments.ago, _never_in_sql, clock=True),),
        "The moment so long before now.",
        "{0} ago",
        "{0}之前",
        uses_now=True,
        written=False,
    ),
    Function(
        "day_ago",
        (Form((NUMBERS,), Kind.DATE, moments.day_ago, _never_in_sql, clock=True),),
        "The day so many days before today.",
        "{0} days ago",
        "{0}天前",
        uses_now=True,
        written=False,
    ),
    Function(
        "day_start",
        (
            Form(
                (DATES, NUMBERS),
                Kind.DATETIME,
                moments.start_of,
                _never_in_sql,
                partial=True,
                clock=True,
            ),
        ),
        "The first instant of the day so many days later, in the zone.",
        "the start of {0}",
        "{0}零点",
        written=False,
    ),
)

FUNCTIONS: Final = (
    Function(
        "now",
        (Form((), Kind.DATETIME, lambda env: env.now, _never_in_sql, clock=True),),
        "Give the moment of the request or run; the same everywhere in it.",
        "now",
        "当前时间",
        uses_now=True,
        example="due_at < now()",
    ),
    Function(
        "today",
        (Form((), Kind.DATE, lambda env: env.today, _never_in_sql, clock=True, code="env.today"),),
        "Give the day it is in the time zone of the request or run.",
        "today",
        "今天",
        uses_now=True,
        example="birthday == today()",
    ),
    Function(
        "days_since",
        (
            _since(DAY),
            Form((DATES,), Kind.NUMBER, _days_since_day, _days_since_day_sql, clock=True),
        ),
        "Count the days since then, with decimals for a date and time; compared with a number, an index serves it.",
        "the days since {0}",
        "距{0}的天数",
        uses_now=True,
        example="days_since(last_activity_at) > 3",
    ),
    Function(
        "hours_since",
        (_since(HOUR),),
        "Count the hours since then, with decimals; compared with a number, an index serves it.",
        "the hours since {0}",
        "距{0}的小时数",
        uses_now=True,
        example="hours_since(created_at) >= 4",
    ),
    Function(
        "minutes_since",
        (_since(MINUTE),),
        "Count the minutes since then, with decimals; compared with a number, an index serves it.",
        "the minutes since {0}",
        "距{0}的分钟数",
        uses_now=True,
        example="minutes_since(assigned_at) < 30",
    ),
    Function(
        "add_days",
        (
            Form(
                (DATES, NUMBERS), Kind.DATE, moments.days_later, postgres.days_later, partial=True
            ),
            _add(DAY),
        ),
        "Give the date so many whole days later, or the moment so many times 24 hours later.",
        "{1} days after {0}",
        "{0}之后{1}天",
        example="add_days(today(), 7)",
    ),
    Function(
        "add_hours",
        (_add(HOUR),),
        "Give the moment so many hours later.",
        "{1} hours after {0}",
        "{0}之后{1}小时",
        example="add_hours(created_at, 4) < now()",
    ),
    Function(
        "add_minutes",
        (_add(MINUTE),),
        "Give the moment so many minutes later.",
        "{1} minutes after {0}",
        "{0}之后{1}分钟",
        example="add_minutes(created_at, 30)",
    ),
    Function(
        "days_between",
        (
            Form((DATES, DATES), Kind.NUMBER, _days_between_days, postgres.days_between),
            Form(
                (DATETIMES, DATETIMES),
                Kind.NUMBER,
                partial(moments.units_between, unit=DAY),
                lambda start, end: postgres.units_between(start, end, DAY),
            ),
        ),
        "Count the days from the first to the second; negative when the second is earlier.",
        "the days from {0} to {1}",
        "从{0}到{1}的天数",
        example="days_between(created_at, converted_at) <= 30",
    ),
    Function(
        "year",
        _date_part("year", "year"),
        "Give the year of a date, or of a moment in the time zone.",
        "the year of {0}",
        "{0}的年份",
        example="year(signed_on) == 2025",
    ),
    Function(
        "month",
        _date_part("month", "month"),
        "Give the month, 1 to 12.",
        "the month of {0}",
        "{0}的月份",
        example="month(birthday) == month(today())",
    ),
    Function(
        "day",
        _date_part("day", "day"),
        "Give the day of the month, 1 to 31.",
        "the day of the month of {0}",
        "{0}的日",
        example="day(today()) == 1",
    ),
    Function(
        "weekday",
        _date_part("isoweekday", "isodow"),
        "Give the day of the week, 1 (Monday) to 7 (Sunday).",
        "the weekday of {0}",
        "{0}的星期",
        example="weekday(created_at) in [6, 7]",
    ),
    Function(
        "hour",
        (
            Form((DATETIMES,), Kind.NUMBER, _hour_in_zone, _hour_in_zone_sql, clock=True),
            Form((TIMES,), Kind.NUMBER, _hour_of, lambda value: postgres.part("hour", value)),
        ),
        "Give the hour of a time, or of a moment in the time zone, 0 to 23.",
        "the hour of {0}",
        "{0}的小时",
        example="hour(created_at) >= 18",
    ),
    Function(
        "date_of",
        (Form((DATETIMES,), Kind.DATE, _date_in_zone, _date_in_zone_sql, clock=True),),
        "Give the day of a moment in the time zone.",
        "the day of {0}",
        "{0}的日期",
        example="date_of(created_at) == today()",
    ),
    Function(
        "days",
        (_length_of(DAY),),
        "Give a duration of so many days.",
        "{0} days",
        "{0}天",
        example="handling_time > days(2)",
    ),
    Function(
        "hours",
        (_length_of(HOUR),),
        "Give a duration of so many hours.",
        "{0} hours",
        "{0}小时",
        example="handling_time > hours(4)",
    ),
    Function(
        "minutes",
        (_length_of(MINUTE),),
        "Give a duration of so many minutes.",
        "{0} minutes",
        "{0}分钟",
        example="call_length < minutes(2)",
    ),
)
