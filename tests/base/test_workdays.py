"""Working time: what the clock of a deadline counts."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldstone.base.workdays import (
    ALWAYS,
    Calendar,
    CalendarError,
    parse_slot,
    parse_span,
    public_holidays,
    week_of,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_DAY = ["09:00-12:00", "13:00-18:00"]
OFFICE_WEEK = week_of(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE_DAY))
OFFICE = Calendar("office", "Asia/Shanghai", OFFICE_WEEK)
NIGHT = Calendar("night", "UTC", week_of({"mon": ["22:00-06:00"], "tue": ["05:00-07:00"]}))


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """Build an instant from local wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "amount", "unit", "working"),
    [
        ("4 working hours", 240, "minutes", True),
        ("1 working hour", 60, "minutes", True),
        ("2 working days", 2, "days", True),
        ("2 business days", 2, "days", True),
        ("3 days", 3, "days", False),
        ("30 minutes", 30, "minutes", False),
        ("1 week", 7, "days", False),
        ("4 个工作小时", 240, "minutes", True),
        ("2个工作日", 2, "days", True),
        ("3 天", 3, "days", False),
        ("30分钟", 30, "minutes", False),
    ],
)
def test_a_span_is_read_in_english_and_chinese(
    text: str, amount: int, unit: str, working: bool
) -> None:
    span = parse_span(text)

    assert (span.amount, span.unit, span.working) == (amount, unit, working)
    assert parse_span(span.label.en) == parse_span(span.label.en)
    assert parse_span(span.label.zh).amount == amount


@pytest.mark.parametrize(
    "text", ["", "soon", "-1 days", "1.5 hours", "2 working weeks", "99999 days", "1e9 days"]
)
def test_a_span_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(CalendarError):
        parse_span(text)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-03-02 10:00", "2 working hours", "2026-03-02 12:00"),  # up to the lunch break
        ("2026-03-02 11:00", "2 working hours", "2026-03-02 14:00"),  # over it
        ("2026-03-06 17:00", "4 working hours", "2026-03-09 12:00"),  # over the week end
        (
            "2026-03-07 23:59",
            "4 working hours",
            "2026-03-09 14:00",
        ),  # a Saturday night starts on Monday
        ("2026-03-06 16:00", "1 working day", "2026-03-09 16:00"),
        ("2026-03-06 20:00", "1 working day", "2026-03-10 09:00"),
        ("2026-03-06 16:00", "1 day", "2026-03-07 16:00"),
        ("2026-03-06 16:00", "90 minutes", "2026-03-06 17:30"),
    ],
)
def test_a_deadline_is_counted_in_office_hours(start: str, span: str, end: str) -> None:
    assert OFFICE.after(at(start), parse_span(span)) == at(end)


@pytest.mark.parametrize(
    ("end", "span", "start"),
    [
        ("2026-03-09 10:00", "2 working hours", "2026-03-06 17:00"),
        ("2026-03-09 14:00", "2 working hours", "2026-03-09 11:00"),
        ("2026-03-09 16:00", "1 working day", "2026-03-06 16:00"),
        ("2026-03-09 16:00", "1 hour", "2026-03-09 15:00"),
    ],
)
def test_a_reminder_is_counted_backwards_in_office_hours(end: str, span: str, start: str) -> None:
    assert OFFICE.before(at(end), parse_span(span)) == at(start)


def test_holidays_are_off_and_make_up_workdays_are_on() -> None:
    holidays, workdays = public_holidays("CN", 2026, 2026)
    calendar = Calendar("cn", "Asia/Shanghai", OFFICE_WEEK, holidays, workdays, "CN")

    assert date(2026, 10, 1) in holidays
    assert not calendar.works_on(date(2026, 10, 1))
    assert calendar.works_on(min(workdays))
    assert min(workdays).weekday() >= 5
    assert {day.year for day in workdays} == {2026}
    assert calendar.after(at("2026-09-30 17:00"), parse_span("2 working hours")).astimezone(
        SHANGHAI
    ) == datetime(2026, 10, 8, 10, 0, tzinfo=SHANGHAI)


def test_bad_luck_11_a_half_day_counts_for_its_own_hours_only() -> None:
    eve, off = date(2026, 3, 6), date(2026, 3, 9)  # a Friday and the Monday behind it
    saturday = date(2026, 3, 7)
    morning = (parse_slot("09:00-12:00"),)
    calendar = replace(
        OFFICE,
        exceptions=((eve, morning), (saturday, morning)),
        holidays=frozenset({off}),
        workdays=frozenset({saturday}),
    )

    # Half of Friday, half of a Saturday made up for the Monday that is off, then Tuesday.
    assert calendar.after(at("2026-03-06 10:00"), parse_span("4 working hours")) == at(
        "2026-03-07 11:00"
    )
    assert calendar.after(at("2026-03-06 13:00"), parse_span("4 working hours")) == at(
        "2026-03-10 10:00"
    )
    assert calendar.before(at("2026-03-10 10:00"), parse_span("4 working hours")) == at(
        "2026-03-07 09:00"
    )
    assert calendar.between(at("2026-03-06 00:00"), at("2026-03-10 00:00")) == timedelta(hours=6)
    assert not calendar.open_at(at("2026-03-06 14:00"))


def test_a_slot_over_midnight_joins_the_next_day() -> None:
    assert parse_slot("22:00-06:00") == (1320, 1800)
    monday = at("2026-03-02 23:00", "UTC")

    assert NIGHT.after(monday, parse_span("7 working hours")) == at("2026-03-03 06:00", "UTC")
    assert NIGHT.between(monday, monday + timedelta(days=1)) == timedelta(hours=8)
    assert NIGHT.open_at(at("2026-03-03 05:30", "UTC"))
    assert not NIGHT.open_at(at("2026-03-04 05:30", "UTC"))


def test_the_clock_change_neither_gives_nor_takes_working_time() -> None:
    week = week_of({day: ["00:00-24:00"] for day in ("sat", "sun", "mon")})
    berlin = Calendar("berlin", "Europe/Berlin", week)
    before = at("2026-03-29 00:00", "Europe/Berlin")

    assert berlin.between(before, at("2026-03-30 00:00", "Europe/Berlin")) == timedelta(hours=23)
    assert berlin.after(before, parse_span("3 working hours")) == before + timedelta(hours=3)
    assert berlin.after(before, parse_span("1 day")) == before + timedelta(hours=23)


def test_always_open_counts_every_minute() -> None:
    start = at("2026-12-31 23:00", "UTC")

    assert ALWAYS.after(start, parse_span("2 working hours")) == start + timedelta(hours=2)
    assert ALWAYS.after(start, parse_span("2 working days")) == start + timedelta(days=2)
    assert ALWAYS.before(start, parse_span("2 working days")) == start - timedelta(days=2)


def test_a_calendar_without_hours_is_refused() -> None:
    with pytest.raises(CalendarError, match="no working hours"):
        Calendar("never", "UTC", week_of({}))


def test_a_calendar_of_holidays_only_ends_at_the_horizon() -> None:
    days = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(4000))
    calendar = Calendar("closed", "UTC", OFFICE_WEEK, days)

    for span in ("1 working hour", "1 working day"):
        with pytest.raises(CalendarError):
            calendar.after(at("2026-01-02 10:00", "UTC"), parse_span(span))


@pytest.mark.parametrize("text", ["9-18", "25:00-26:00", "09:70-10:00", "", "abc"])
def test_hours_that_are_no_time_of_day_are_refused(text: str) -> None:
    with pytest.raises(CalendarError):
        parse_slot(text)


def test_unknown_weekdays_zones_and_countries_are_named() -> None:
    with pytest.raises(CalendarError, match="monday"):
        week_of({"monday": ["09:00-18:00"]})
    with pytest.raises(CalendarError, match="Mars"):
        Calendar("x", "Mars/Base", OFFICE_WEEK).after(at("2026-03-02 10:00"), parse_span("1 day"))
    with pytest.raises(CalendarError, match="XX"):
        public_holidays("XX", 2026, 2026)


def test_a_calendar_compares_by_value_and_can_be_pickled() -> None:
    copy = pickle.loads(pickle.dumps(OFFICE))

    assert copy == OFFICE
    assert hash(copy) == hash(OFFICE)


INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CALENDARS = st.sampled_from(
    [OFFICE, NIGHT, ALWAYS, Calendar("ny", "America/New_York", OFFICE_WEEK)]
)


@settings(max_examples=60)
@given(CALENDARS, INSTANTS, st.integers(1, 3000))
def test_working_time_after_and_between_agree(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    span = parse_span(f"{minutes} working minutes")
    end = calendar.after(start, span)

    assert calendar.between(start, end) == timedelta(minutes=minutes)
    assert calendar.between(calendar.before(end, span), end) == timedelta(minutes=minutes)
