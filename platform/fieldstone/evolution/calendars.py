"""Changes single days of a working calendar on a live system: each change is a revision of the site's own layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ical import SpecialDay
from fieldstone.base.names import did_you_mean
from fieldstone.base.workdays import Calendar, CalendarError, parse_slot
from fieldstone.changes.nouns import Context
from fieldstone.evolution.apply import Applied, Wish
from fieldstone.evolution.changing import Changing
from fieldstone.model.site_model import Model

OFF: Final = "off"
WORK: Final = "work"
LONGEST: Final = 366  # days


def calendar_of(model: Model, code: str) -> Calendar:
    """Return a declared calendar. Raises RefusedError (404)."""
    found = model.calendars.get(code) if code else None
    if not isinstance(found, Calendar):
        known = [one for one in model.calendars if one]
        text = f"There is no calendar {code[:40]!r}."
        raise RefusedError(
            [Problem("not_found", "calendar", text, did_you_mean(code[:40], known))], 404
        )
    return found


def hours_from(text: str) -> str | list[str]:
    """Return "off", "work", or slots such as "09:00-12:00, 13:00-15:00". Raises RefusedError (422)."""
    if text in (OFF, WORK):
        return text
    slots = [slot.strip() for slot in text.replace("，", ",").split(",") if slot.strip()]
    try:
        for slot in slots:
            parse_slot(slot)
    except CalendarError as error:
        raise RefusedError(
            [Problem("bad_hours", "hours", f"{error}.", "Write 09:00-12:00.")]
        ) from None
    if not slots:
        text = "No hours are given."
        raise RefusedError([Problem("required", "hours", text, "Write off, work or 09:00-12:00.")])
    return slots


def days_between(first: date, last: date) -> list[date]:
    """Return the days from `first` to `last`. Raises RefusedError (422) for none, or more than a year of them."""
    count = (last - first).days + 1
    if not 0 < count <= LONGEST:
        text = "The last day is before the first." if count < 1 else "That is more than a year."
        raise RefusedError(
            [Problem("bad_days", "until", text, "Choose the first and the last day.")]
        )
    return [first + timedelta(days=n) for n in range(count)]


def exceptions_of(days: Iterable[date], hours: object, name: str) -> dict[str, object]:
    """Return the settings of single days by date."""
    one = {"hours": hours, "label": name} if name else hours
    return {day.isoformat(): one for day in days}


def imported(days: Sequence[SpecialDay], present: Calendar) -> dict[str, object]:
    """Return the settings of imported days; one that the calendar knows already is left out."""
    return {
        one.day.isoformat(): {"hours": WORK if one.works else OFF, "label": one.name}
        if one.name
        else (WORK if one.works else OFF)
        for one in days
        if present.works_on(one.day) != one.works
    }


def set_days(
    changing: Changing, ctx: Context, code: str, days: Mapping[str, object], reason: str
) -> Applied:
    """Put days into force; None takes the site's setting of a day away again.

    Raises RefusedError: 403 for who is no administrator, 404 for an unknown calendar, 409 when somebody else changed
    the configuration meanwhile, 422 when it does not compile.
    """
    number, documents = changing.current(ctx)
    calendar_of(changing.live.found.model, code)
    for day, settings in days.items():
        path = ["calendars", code, "exceptions", day]
        documents = (
            documents.without(path) if settings is None else documents.with_value(path, settings)
        )
    planned = changing.plan(ctx, documents, number)
    return changing.apply(ctx, planned, Wish(reason))


def told(calendar: Calendar) -> dict[str, Any]:
    """Return a calendar as plain values: hours by weekday and its special days."""
    names = dict(calendar.names)
    special = sorted(
        {*calendar.holidays, *calendar.workdays, *(day for day, _ in calendar.exceptions)}
    )
    return {
        "code": calendar.code,
        "zone": calendar.zone,
        "country": calendar.country or None,
        "hours": [[clock(slot) for slot in slots] for slots in calendar.hours],
        "days": [
            {
                "day": day.isoformat(),
                "works": calendar.works_on(day),
                "hours": [clock(slot) for slot in calendar.slots(day)],
                "name": names[day].en if day in names else None,
            }
            for day in special
        ],
    }


def clock(slot: tuple[int, int]) -> str:
    """Return a slot as people write it: "09:00-12:00"."""
    start, end = slot
    return f"{start // 60:02}:{start % 60:02}-{end // 60 % 24 or 24:02}:{end % 60:02}"
