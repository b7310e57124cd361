"""Who is away, and when: five weeks of everybody's absences, beside their working days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.base.cached import cached_property
from fieldstone.base.workdays import Calendar
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.reads.query import Query, Record
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.facts_assignment import ABSENCE
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.entries import TEAM, Entry
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look

PAGE = Blueprint("absences", __name__)
Drawn = dict[str, Any]
TITLE: Final = "Who is away"
USER: Final = "user"
MOST: Final = 500
SHOWN_DAYS: Final = 35
MOVED_DAYS: Final = 28
WORDS: Final = frozenset({"kind"})


def may(asked: Asked) -> bool:
    """Tell whether the reader may see absences."""
    known = {ABSENCE, USER} <= asked.model.objects.keys()
    return known and all(
        access_to(asked.model, asked.actor, name).may_read for name in (ABSENCE, USER)
    )


ENTRIES = (Entry(TITLE, "calendar-x", "/absences", TEAM, 32, may),)


@PAGE.get("/absences")
def absence_page() -> Response:
    """Show five weeks, from this one on without a choice."""
    asked = the_call()
    if not may(asked):
        raise not_there()
    return drawing.page(asked, "absences", Weeks(asked, _first(asked)).context())


def _first(asked: Asked) -> date:
    """Return the Monday to begin with."""
    today = asked.ctx.now.astimezone(ZoneInfo(asked.ctx.actor.zone)).date()
    try:
        found = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        found = today
    if not 1900 < found.year < 2200:  # noqa: PLR2004 - years
        found = today
    return found - timedelta(days=found.weekday())


@dataclass(frozen=True)
class Weeks:
    """Five weeks of everybody's absences, as the reader may see them."""

    asked: Asked
    first: date

    @property
    def zone(self) -> ZoneInfo:
        """Return the reader's zone."""
        return ZoneInfo(self.asked.ctx.actor.zone)

    @cached_property
    def days(self) -> list[date]:
        """Return the days shown."""
        return [self.first + timedelta(days=n) for n in range(SHOWN_DAYS)]

    @cached_property
    def people(self) -> list[Record]:
        """Return who works here."""
        query = Query(filter=self._active(), sort=(("name", False),), limit=MOST, titles=True)
        return list(self.asked.site.reads.list(self.asked.ctx, self.asked.model, USER, query).rows)

    def _active(self) -> str | None:
        asked = self.asked
        access = access_to(asked.model, asked.ctx.actor, USER)
        return "active != false" if access.field("active").always else None

    @cached_property
    def absences(self) -> dict[str, list[Record]]:
        """Return the absences of these days by person."""
        start = datetime.combine(self.days[0], time(), self.zone)
        end = datetime.combine(self.days[-1] + timedelta(days=1), time(), self.zone)
        query = Query(
            filter=f"starts_at < '{end.isoformat()}' and ends_at > '{start.isoformat()}'",
            sort=(("starts_at", False),),
            limit=MOST,
        )
        asked, found = self.asked, dict[str, list[Record]]()
        for one in asked.site.reads.list(asked.ctx, asked.model, ABSENCE, query).rows:
            found.setdefault(str(one.values.get("owner")), []).append(one)
        return found

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """Return each person's working calendar."""
        asked = self.asked
        tables = asked.site.storage.use(asked.model)
        with asked.site.storage.reading(tables, asked.site.system_context("page")) as reader:
            facts = FactsReader(reader.connection, tables, reader.ctx)
            return dict(facts.hours_of([person.id for person in self.people]))

    def context(self) -> Drawn:
        """Return what pages/absences.html draws."""
        asked, said = self.asked, speech(self.asked.language)
        access = access_to(asked.model, asked.ctx.actor, ABSENCE)
        now = asked.ctx.now.astimezone(self.zone)
        locale = locale_of(asked.language)
        moved = timedelta(days=MOVED_DAYS)
        away = [one for several in self.absences.values() for one in several if self._is_now(one)]
        return {
            "title": self._span_text(self.days[0], self.days[-1]),
            "before": f"/absences?from={self.first - moved}",
            "after": f"/absences?from={self.first + moved}",
            "today": "/absences",
            "new_url": f"/o/{ABSENCE}/new" if access.may_create else "",
            "list_url": f"/o/{ABSENCE}",
            "away": said.tn("one person is away now", "{n} people are away now", len({str(one.values.get("owner")) for one in away})),
            "days": [
                {
                    "day": day.day,
                    "weekday": str(format_date(day, "EEEEE", locale=locale)),
                    "off": day.weekday() > 4,  # noqa: PLR2004 - Friday
                    "today": day == now.date(),
                }
                for day in self.days
            ],
            "groups": list(self._groups()),
        }  # fmt: skip

    def _is_now(self, one: Record) -> bool:
        start, end = one.values.get("starts_at"), one.values.get("ends_at")
        now = self.asked.ctx.now
        return isinstance(start, datetime) and isinstance(end, datetime) and start <= now < end

    def _groups(self) -> Iterable[Drawn]:
        """Yield the people by team; those of no team last."""
        by_team: dict[str, list[Record]] = {}
        for person in self.people:
            team = person.titles.get("team") if person.values.get("team") else ""
            by_team.setdefault(str(team or ""), []).append(person)
        for name in sorted(by_team, key=lambda one: (not one, one)):
            label = name or speech(self.asked.language).t("Without a team")
            yield {"label": label, "people": [self._person(one) for one in by_team[name]]}

    def _person(self, person: Record) -> Drawn:
        mine = self.absences.get(person.id, [])
        return {
            "who": face(str(person.values.get("name") or "")),
            "href": f"/o/{USER}/{person.id}",
            "days": [self._day(person, day, mine) for day in self.days],
        }

    def _day(self, person: Record, day: date, mine: list[Record]) -> Drawn:
        off = not self.calendars[person.id].works_on(day)
        for one in mine:
            first, last = self._span(one)
            if first <= day <= last:
                return {
                    "off": off,
                    "href": f"/o/{ABSENCE}/{one.id}",
                    "first": day in (first, self.days[0]),
                    "last": day in (last, self.days[-1]),
                    **self._look(one, first, last),
                }
        return {"off": off}

    def _span(self, one: Record) -> tuple[date, date]:
        start, end = one.values.get("starts_at"), one.values.get("ends_at")
        if not isinstance(start, datetime) or not isinstance(end, datetime):
            return date.max, date.min  # hidden from this reader
        last = end - timedelta(seconds=1)
        return start.astimezone(self.zone).date(), last.astimezone(self.zone).date()

    def _look(self, one: Record, first: date, last: date) -> Drawn:
        words, tone = speech(self.asked.language).t("Absent"), "gray"
        if not WORDS & one.masked and one.values.get("kind"):
            cell = Look(self.asked).cell(one, "kind")
            words, tone = str(cell["text"]), str(cell.get("tone", "gray"))
        return {"tone": tone, "text": f"{words}: {self._span_text(first, last)}"}

    def _span_text(self, first: date, last: date) -> str:
        locale = locale_of(self.asked.language)
        return " – ".join(str(format_skeleton("MMMd", day, locale=locale)) for day in (first, last))
