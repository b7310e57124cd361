"""The calendar of an object: its records on the days of a date field, to be moved to other days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from fieldstone.access.access import Access
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.workdays import Calendar as WorkingCalendar
from fieldstone.base.workdays import holiday_names
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.objects import Field, ObjectType, View
from fieldstone.reads.query import Page, Query, Record
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.arranging import arrangement_of
from fieldstone.web.pages.badges import forget
from fieldstone.web.pages.days import (
    MODES,
    Stretch,
    short,
    spoken,
    start_of,
    stretch_of,
    weekdays,
)
from fieldstone.web.pages.events import Events
from fieldstone.web.pages.list import Listing, filter_step, unknown_view
from fieldstone.web.pages.subjects import access_of, not_there, object_of, today_of
from fieldstone.web.pages.views import declared_views
from fieldstone.web.pages.wording import told

PAGE = Blueprint("calendar", __name__)
MOST: Final = 500
SHOWN: Final[Mapping[str, int]] = {"month": 4, "week": 40, "agenda": MOST}
ICONS: Final[Mapping[str, str]] = {
    "month": "calendar-days",
    "week": "columns-3",
    "agenda": "list",
}
MORNING: Final = "09:00"
Day = dict[str, Any]


@dataclass(frozen=True)
class RecordCalendar:
    """One calendar as its reader arranged it."""

    listing: Listing
    view: View
    stretch: Stretch
    today: date

    @property
    def asked(self) -> Asked:
        """Return the request."""
        return self.listing.asked

    @property
    def spec(self) -> ObjectType:
        """Return the object."""
        return self.listing.spec

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def zone(self) -> str:
        """Return the reader's time zone."""
        return self.asked.ctx.actor.zone

    @property
    def field(self) -> Field:
        """Return the field whose days are shown."""
        return self.spec.fields[self.view.date]

    @property
    def timed(self) -> bool:
        """Tell whether records stand at a time of the day."""
        return self.field.type.name == "datetime"

    @cached_property
    def events(self) -> Events:
        """Return how records are drawn."""
        return Events(self.asked, self.spec, self.field)

    @cached_property
    def movable(self) -> bool:
        """Tell whether the reader may change the date of some record."""
        return self.field.code in self.listing.access.writable_anywhere()

    def page(self) -> Page:
        """Return the records of the days shown, in their order; one question."""
        query = self.listing.query(fields=self.events.codes, limit=MOST, titles=True)
        within = self._within()
        both = f"({query.filter}) and {within}" if query.filter else within
        wanted = replace(query, filter=both, sort=((self.field.code, False),))
        return self.asked.site.reads.list(self.asked.ctx, self.asked.model, self.spec.code, wanted)

    def _within(self) -> str:
        """Return the days shown as a condition; days are those of the reader's zone."""
        code, first, last = self.field.code, self.stretch.first, self.stretch.last
        if not self.timed:
            return f"{code} >= '{first.isoformat()}' and {code} <= '{last.isoformat()}'"
        following = date.fromordinal(last.toordinal() + 1)
        begin, end = (start_of(day, self.zone).isoformat() for day in (first, following))
        return f"{code} >= '{begin}' and {code} < '{end}'"

    def days(self, records: Sequence[Record]) -> list[Day]:
        """Return every day shown with its records."""
        found: dict[date, list[Record]] = {}
        for record in records:
            value = record.values.get(self.field.code)
            if isinstance(value, date | datetime):
                found.setdefault(self.events.day_of(value), []).append(record)
        return [self._day(day, found.get(day, ())) for day in self.stretch.days]

    def _day(self, day: date, records: Sequence[Record]) -> Day:
        language, at_once = self.asked.language, SHOWN[self.stretch.mode]
        events = [self.events.event(record) for record in records]
        # Of five, four and "1 more" would take the room of five.
        shown = events if len(events) <= at_once + 1 else events[:at_once]
        return {
            "date": day.isoformat(),
            "n": day.day,
            "label": spoken(day, language),
            "short": short(day, language),
            "today": day == self.today,
            "other": self.stretch.mode == "month" and day.month != self.stretch.month.month,
            "events": shown,
            "more": events[len(shown) :],
            "new_url": self._new_url(day),
            **self._kind(day),
        }

    def _kind(self, day: date) -> Day:
        """Return whether people work on a day, and why not: by the site's own calendar."""
        calendar = self.asked.model.calendars.get("")
        if not isinstance(calendar, WorkingCalendar) or calendar.always_open:
            return {"off": False, "holiday": "", "makeup": False}
        holiday = ""
        if day in calendar.holidays:
            names = holiday_names(calendar.country, day.year, self.asked.language)
            holiday = names.get(day, self.speech.t("Day off"))
        return {
            "off": not calendar.works_on(day),
            "holiday": holiday,
            "makeup": day in calendar.workdays,
        }

    def _new_url(self, day: date) -> str:
        if not self.listing.access.may_create:
            return ""
        value = f"{day.isoformat()}T{MORNING}" if self.timed else day.isoformat()
        given = {self.field.code: value, **self.events.given}
        return f"/o/{self.spec.code}/new?{urlencode(given)}"

    def url(self, stretch: Stretch) -> str:
        """Return the address of the same calendar at other days."""
        return self.listing.arranged.url(also=stretch.pairs(self.today))

    def context(self) -> dict[str, Any]:
        """Return everything pages/calendar.html takes."""
        page, stretch, language = self.page(), self.stretch, self.asked.language
        days = self.days(page.rows)
        return {
            **self.listing.frame(),
            "save_url": "",
            "sorts": [],
            "mode": stretch.mode,
            "title": stretch.title(language),
            "field_label": self.field.label.text(language),
            "weekdays": [{"short": s, "label": whole} for s, whole in weekdays(language)],
            "weeks": [days[at : at + 7] for at in range(0, len(days), 7)],
            "agenda": [d for d in days if not d["other"] and (d["events"] or d["today"])],
            "previous_url": self.url(stretch.before),
            "next_url": self.url(stretch.after),
            "today_url": self.url(Stretch(stretch.mode, self.today)),
            "modes": self._modes(),
            "move": self._move() if self.movable else None,
            "cut": self._cut(page),
        }

    def _modes(self) -> list[dict[str, Any]]:
        t, here = self.speech.t, self.stretch
        labels = {"month": t("Month"), "week": t("Week"), "agenda": t("Agenda")}
        # From a month that holds today the week of today follows, else its first week.
        near = self.today if here.first <= self.today <= here.last else here.day
        return [
            {
                "label": labels[mode],
                "icon": ICONS[mode],
                "href": self.url(Stretch(mode, near)),
                "current": mode == here.mode,
            }
            for mode in MODES
        ]

    def _move(self) -> dict[str, str]:
        return {"url": f"/o/{self.spec.code}/calendar/", "field": self.field.code}

    def _cut(self, page: Page) -> str:
        """Return the notice that not everything is shown, "" when it is."""
        if page.next_cursor is None or not page.rows:
            return ""
        last = page.rows[-1].values.get(self.field.code)
        day = self.events.day_of(last) if isinstance(last, date | datetime) else self.stretch.last
        return self.speech.t(
            "These are the first {n}, up to {day}. Add a filter to see the rest.",
            n=len(page.rows),
            day=short(day, self.asked.language),
        )


def calendar_of(asked: Asked, object_name: str) -> RecordCalendar:
    """Return the calendar that the present request asks for. Raises RefusedError (404) where there is none."""
    spec = object_of(asked, object_name)
    known = access_of(asked, spec).readable_anywhere()
    seen = [view for view in declared_views(spec, "calendar") if view.date in known]
    if not seen:
        raise not_there()
    today = today_of(asked)
    stretch = stretch_of(request.args, today)
    arranged = replace(
        arrangement_of(f"/o/{object_name}/calendar", request.args),
        deleted=False,
        sort="",
        columns=(),
        also=stretch.pairs(today),
    )
    listing = Listing(asked, spec, arranged, "calendar")
    declared = listing.chosen.declared
    view = declared if declared in seen and declared is not None else seen[0]
    return RecordCalendar(listing, view, stretch, today)


@PAGE.get("/o/<object_name>/calendar")
def calendar_page(object_name: str) -> Any:
    """Show the calendar, or a step of its filter menu."""
    asked = the_call()
    calendar = calendar_of(asked, object_name)
    if (step := filter_step(calendar.listing)) is not None:
        return step
    if (unknown := unknown_view(calendar.listing)) is not None:
        return unknown
    response = drawing.page(asked, "calendar", calendar.context())
    if drawing.wanted_block() == "main":
        response.headers["HX-Push-Url"] = calendar.listing.arranged.url()
    return response


@PAGE.post("/o/<object_name>/calendar/<record_id>")
def move_to_day(object_name: str, record_id: str) -> Response:
    """Put a record on another day; the time of the day stays. A refusal says why and draws the calendar anew."""
    asked = the_call()
    spec = object_of(asked, object_name)
    field = _date_field(asked, spec, request.values.get("field", ""))
    to = _day_given(request.values.get("to", ""))
    record = asked.site.reads.get(
        asked.ctx, asked.model, spec.code, record_id, Query(fields=(spec.title, field.code))
    )
    if record is None:
        raise not_there()
    value = record.values.get(field.code)
    if not isinstance(value, date | datetime):
        raise not_there()
    events = Events(asked, spec, field)
    sent = {field.code: events.moved(value, to)}
    (outcome,) = asked.site.writes.submit(
        asked.ctx, asked.model, [Change(spec.code, Operation.UPDATE, sent, record_id)]
    )
    forget(asked)
    if outcome.refused:
        text = " ".join(told(problem, asked.language) for problem in outcome.problems)
        response = drawing.done({"reload": True, "toast": {"text": text, "tone": "bad"}})
        response.status_code = 422
        return response
    undo = urlencode({"field": field.code, "to": events.day_of(value).isoformat()})
    text = speech(asked.language).t(
        "{what} moved to {where}", what=events.title(record), where=short(to, asked.language)
    )
    toast = {"text": text, "undo": f"/o/{spec.code}/calendar/{record_id}?{undo}"}
    return drawing.done({"reload": True, "toast": toast})


def _date_field(asked: Asked, spec: ObjectType, code: str) -> Field:
    access: Access = access_of(asked, spec)
    if code not in {view.date for view in declared_views(spec, "calendar")}:
        raise not_there()
    if code not in access.readable_anywhere():
        raise not_there()
    return spec.fields[code]


def _day_given(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = Problem("bad_day", "to", f"{text[:40]!r} is no day.", "Write 2026-11-26.")
        raise RefusedError([problem], 400) from None
