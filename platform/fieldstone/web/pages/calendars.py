"""The working calendars: hours, holidays, make-up working days; administrators change single days and import files."""

from __future__ import annotations

from calendar import Calendar as Months
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_day_names, get_month_names
from flask import Blueprint, Response, request

from fieldstone.access.rights import is_administrator
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ical import special_days
from fieldstone.base.workdays import Calendar, holiday_names
from fieldstone.evolution import calendars as changes
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.entries import TEAM, Entry
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.wording import told

PAGE = Blueprint("calendars", __name__)
Drawn = dict[str, Any]
UNPROCESSABLE: Final = 422
FIRST_YEAR, LAST_YEAR = 1970, 2100
TONES: Final = {"hol": "red", "made": "teal", "half": "amber"}


ENTRIES = (Entry("Working calendars", "calendar-clock", "/calendars", TEAM, 60),)


@PAGE.get("/calendars")
def calendars_page() -> Response:
    """Show a year of one calendar, the site's own without a choice."""
    asked = the_call()
    return drawing.page(asked, "calendars", _context(asked, _calendar(asked)))


@PAGE.post("/calendars/<code>/days")
def set_days(code: str) -> Response:
    """Set the hours of some days."""
    asked, given = the_call(), request.form
    calendar, t = changes.calendar_of(asked.model, code), speech(asked.language).t
    kind = given.get("kind", "")
    try:
        first = _day(given.get("from", ""))
        last = _day(given.get("until", "") or given.get("from", ""))
        days = changes.days_between(first, last)
        if kind == "reset":
            settings: dict[str, object] = dict.fromkeys((d.isoformat() for d in days), None)
        else:
            hours = changes.hours_from(given.get("hours", "") if kind == "hours" else kind)
            name = " ".join(given.get("name", "").split())[:100]
            settings = changes.exceptions_of(days, hours, name)
        changes.set_days(
            _changing(asked), asked.ctx, code, settings, t("Days of a working calendar")
        )
    except RefusedError as error:
        return _refused(asked, calendar, error)
    return drawing.go(
        asked, f"/calendars?code={code}&year={first.year}", {"text": t("The calendar is changed.")}
    )


@PAGE.post("/calendars/<code>/import")
def import_days(code: str) -> Response:
    """Set days off and make-up days as an iCalendar file names them."""
    asked = the_call()
    calendar, said = changes.calendar_of(asked.model, code), speech(asked.language)
    upload = request.files.get("file")
    try:
        days = special_days(upload.stream.read() if upload else b"")
        settings = changes.imported(days, calendar)
        if settings:
            reason = said.t("Days imported from a file")
            changes.set_days(_changing(asked), asked.ctx, code, settings, reason)
    except RefusedError as error:
        return _refused(asked, calendar, error)
    text = said.tn("one day changed", "{n} days changed", len(settings))
    year = days[0].day.year
    return drawing.go(asked, f"/calendars?code={code}&year={year}", {"text": text})


def _refused(asked: Asked, calendar: Calendar, error: RefusedError) -> Response:
    if error.status in (403, 404):
        raise error
    problems = [{"text": told(one, asked.language), "name": ""} for one in error.problems]
    context = {**_context(asked, calendar), "problems": problems}
    return drawing.page(asked, "calendars", context, UNPROCESSABLE)


def _changing(asked: Asked) -> Any:
    changing = asked.site.changing
    if changing is None:
        raise not_there()
    changing.admit(asked.ctx)
    return changing


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = Problem("bad_day", "from", f"{text[:40]!r} is no day.", "Write 2026-10-01.")
        raise RefusedError([problem]) from None


def _calendar(asked: Asked) -> Calendar:
    wanted = request.args.get("code", "")
    if wanted:
        return changes.calendar_of(asked.model, wanted)
    found = asked.model.calendars.get("")
    if not isinstance(found, Calendar):
        raise not_there()
    return found


def _context(asked: Asked, calendar: Calendar) -> Drawn:
    said, language = speech(asked.language), asked.language
    today = asked.ctx.now.astimezone(ZoneInfo(calendar.zone)).date()
    written = request.args.get("year", "")
    year = int(written) if written.isdecimal() and len(written) == 4 else today.year  # noqa: PLR2004
    year = max(FIRST_YEAR, min(LAST_YEAR, year))
    url = f"/calendars?code={calendar.code}&year="
    drawn = Year(calendar, year, today, language)
    declared = [
        one for code, one in asked.model.calendars.items() if code and isinstance(one, Calendar)
    ]
    may = is_administrator(asked.model, asked.ctx.actor) and calendar in declared
    return {
        "title": _name(calendar, language),
        "calendars": [
            {"label": _name(one, language), "href": f"/calendars?code={one.code}", "current": one.code == calendar.code}
            for one in declared
        ],
        "year": year,
        "before": f"{url}{year - 1}",
        "after": f"{url}{year + 1}",
        "facts": _facts(asked, said, calendar),
        "weekdays": drawn.weekdays,
        "months": drawn.months(),
        "special": drawn.special(said),
        "days_url": f"/calendars/{calendar.code}/days" if may else "",
        "import_url": f"/calendars/{calendar.code}/import" if may else "",
        "fields": _fields(said, max(today, date(year, 1, 1)).isoformat()),
        "problems": [],
    }  # fmt: skip


def _fields(said: Speech, first: str) -> list[Drawn]:
    """Return the form that changes single days."""
    kinds = {
        "off": said.t("off"),
        "work": said.t("worked"),
        "hours": said.t("worked at these hours"),
        "reset": said.t("as usual again"),
    }
    options = [{"value": k, "label": v, "chosen": k == "off"} for k, v in kinds.items()]
    return [
        {"name": "from", "label": said.t("From"), "type": "date", "value": first, "required": True},
        {"name": "until", "label": said.t("Until"), "type": "date"},
        {"name": "kind", "label": said.t("These days are"), "type": "select", "options": options, "required": True},
        {"name": "hours", "label": said.t("Hours"), "type": "text", "placeholder": "09:00-12:00, 13:30-16:00"},
        {"name": "name", "label": said.t("What they are called"), "type": "text", "wide": True},
    ]  # fmt: skip


def _name(calendar: Calendar, language: str) -> str:
    return calendar.label.text(language) if calendar.label else calendar.code


def _facts(asked: Asked, said: Speech, calendar: Calendar) -> list[Drawn]:
    names = get_day_names("abbreviated", locale=locale_of(asked.language))
    hours: dict[str, list[str]] = {}
    for weekday, slots in enumerate(calendar.hours):
        text = ", ".join(changes.clock(slot) for slot in slots)
        if text:
            hours.setdefault(text, []).append(str(names[weekday]))
    opens = calendar.open_at(asked.ctx.now)
    now = said.t("inside working hours") if opens else said.t("outside working hours")
    facts = [
        {"label": "–".join((d[0], d[-1])) if len(d) > 1 else d[0], "text": t}
        for t, d in hours.items()
    ]
    facts.append({"label": said.t("Time zone"), "text": calendar.zone})
    if calendar.country:
        facts.append({"label": said.t("Public holidays"), "text": calendar.country})
    return [*facts, {"label": said.t("Now"), "text": now}]


class Year:
    """One year of a calendar, month by month."""

    def __init__(self, calendar: Calendar, year: int, today: date, language: str) -> None:
        """Draw `year` in the reader's language."""
        self._calendar, self._year, self._today, self._language = calendar, year, today, language
        self._locale = locale_of(language)
        known = holiday_names(calendar.country, year, language) if calendar.country else {}
        own = {day: label.text(language) for day, label in calendar.names}
        self._names = {**known, **own}
        self._half = dict(calendar.exceptions)

    @property
    def weekdays(self) -> list[str]:
        """Return the weekdays in one letter, Monday first."""
        names = get_day_names("narrow", locale=self._locale)
        return [str(names[n]) for n in range(7)]

    def months(self) -> list[Drawn]:
        """Return the months: their days, and how many places stand empty before the first."""
        names = get_month_names("wide", context="stand-alone", locale=self._locale)
        return [
            {
                "label": str(names[month]),
                "before": date(self._year, month, 1).weekday(),
                "days": [self._day(day) for day in self._days(month)],
            }
            for month in range(1, 13)
        ]

    def _days(self, month: int) -> list[date]:
        found = Months().itermonthdates(self._year, month)
        return [day for day in found if day.month == month]

    def _day(self, day: date) -> Drawn:
        kind = self._kind(day)
        return {
            "n": day.day,
            "kind": kind,
            "tone": TONES.get(kind, ""),
            "today": day == self._today,
            "name": self._names.get(day, ""),
        }

    def _kind(self, day: date) -> str:
        if day in self._half:
            return "half"
        if day in self._calendar.workdays:
            return "made"
        if day in self._calendar.holidays:
            return "hol"
        return "" if self._calendar.works_on(day) else "off"

    def special(self, said: Speech) -> list[Drawn]:
        """Return the days of the year that are not as their weekday, in order."""
        words = {"hol": said.t("off"), "made": said.t("worked"), "half": ""}
        found = []
        for month in range(1, 13):
            for day in self._days(month):
                kind = self._kind(day)
                if kind in words:
                    hours = ", ".join(changes.clock(slot) for slot in self._half.get(day, ()))
                    found.append(
                        {
                            "day": str(format_skeleton("MMMEd", day, locale=self._locale)),
                            "name": self._names.get(day, ""),
                            "text": words[kind] or hours,
                            "tone": TONES[kind],
                            "past": day < self._today,
                        }
                    )  # fmt: skip
        return found
