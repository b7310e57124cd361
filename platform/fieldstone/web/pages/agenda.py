"""The deadlines of a person over all records, or of their team: what is due first, what happens then, and more time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.fieldtypes.locales import moment
from fieldstone.reads.agenda import (
    MINE,
    MOST,
    OTHERS,
    TEAM,
    WHOSE,
    Agenda,
    Item,
    Wanted,
    agenda_of,
    agenda_people,
    agenda_rules,
    leads_a_team,
)
from fieldstone.rules.contract import Rule
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import HOUR, near, short_time
from fieldstone.web.pages.deadlines import then_of
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import today_of
from fieldstone.web.pages.values import Look

PAGE = Blueprint("agenda", __name__)
WEEK: Final = timedelta(days=7)
Drawn = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The page for one reader."""

    asked: Asked
    wanted: Wanted

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def groups(self, agenda: Agenda) -> list[Drawn]:
        """Return the deadlines by urgency."""
        t = self.speech.t
        heads = (
            ("late", t("Overdue"), "red"),
            ("today", t("Today"), ""),
            ("week", t("In the next 7 days"), ""),
            ("later", t("Later"), ""),
        )
        sorted_out: dict[str, list[Drawn]] = {}
        for item in agenda.items:
            sorted_out.setdefault(self._urgency(item.running.due), []).append(self._drawn(item))
        return [
            {"label": label, "tone": tone, "rows": sorted_out[key]}
            for key, label, tone in heads
            if key in sorted_out
        ]

    def _urgency(self, due: datetime) -> str:
        if due <= self.asked.ctx.now:
            return "late"
        day, today = (
            due.astimezone(ZoneInfo(self.asked.ctx.actor.zone)).date(),
            today_of(self.asked),
        )
        return "today" if day == today else "week" if day <= today + WEEK else "later"

    def _drawn(self, item: Item) -> Drawn:
        asked, t, one, record = self.asked, self.speech.t, item.running, item.record
        now, zone = asked.ctx.now, asked.ctx.actor.zone
        spec = asked.model.objects[record.object_name]
        late, left = one.overdue(now), short_time(self.speech, abs(one.due - now))
        url = f"/o/{record.object_name}/{record.id}"
        access = access_to(asked.model, asked.actor, spec.code)
        extends = one.may_extend and access.may_act("extend")
        silences = one.may_acknowledge and one.seen_at is None and bool(one.coming)
        owner = record.titles.get("owner")
        return {
            "title": Look(asked).title(record) or t("Without a name"),
            "href": url,
            "icon": spec.icon,
            "label": one.rule.label.text(asked.language),
            "then": then_of(self.speech, one),
            "at": one.due.astimezone(ZoneInfo(zone)).isoformat(),
            "full": moment(one.due, asked.language, zone),
            "when": near(self.speech, one.due, now, zone),
            "left": t("{time} overdue", time=left) if late else t("{time} left", time=left),
            "working": self._working(one.working),
            "tone": "red" if late else "amber" if one.due - now < timedelta(days=1) else "gray",
            "extend_url": f"{url}/deadlines/{one.rule.code}/extend" if extends else "",
            "seen": t("Reminders acknowledged") if one.seen_at is not None else "",
            "acknowledge_url": f"{url}/actions/acknowledge"
            if silences and access.may_act("acknowledge")
            else "",
            "rule": one.rule.code,
            "owner": face(str(owner)) if owner and self.wanted.whose != MINE else None,
        }

    def _working(self, time: timedelta | None) -> str:
        if time is None:
            return ""
        if time < timedelta(minutes=1):
            return self.speech.t("no working time left")
        # Never in days: a working day has fewer hours than the clock's.
        hours = self.speech.t("{n} h", n=int(time / HOUR))
        left = hours if time >= HOUR else short_time(self.speech, time)
        return self.speech.t("{time} of working time", time=left)

    def tabs(self, *, leads: bool) -> Iterator[Drawn]:
        """Yield whose deadlines may be shown."""
        t = self.speech.t
        offered = [(MINE, t("Mine")), *([(TEAM, t("My team"))] if leads else [])]
        for code, label in (*offered, (OTHERS, t("Of others"))):
            href = "/deadlines" if code == MINE else f"/deadlines?show={code}"
            yield {"label": label, "href": href, "current": code == self.wanted.whose}

    def rules(self, rules: Sequence[Rule]) -> list[Drawn]:
        """Return the rules that the list may be narrowed to."""
        several = [
            {
                "value": rule.code,
                "label": rule.label.text(self.asked.language),
                "chosen": rule.code == self.wanted.rule,
            }
            for rule in rules
        ]
        return several if len(several) > 1 else []

    def people(self, people: Sequence[tuple[str, str]]) -> list[Drawn]:
        """Return the people that the list may be narrowed to."""
        return [
            {"value": one, "label": name, "chosen": one == self.wanted.person}
            for one, name in people
        ]


@PAGE.get("/deadlines")
def agenda_page() -> Response:
    """Show the deadlines that run: mine, those of my team, or of others."""
    asked = the_call()
    shown = request.args.get("show", MINE)
    whose = shown if shown in WHOSE else MINE
    person = request.args.get("person", "") if whose != MINE else ""
    wanted = Wanted(whose, person, request.args.get("rule", ""))
    page, t = Page(asked, wanted), speech(asked.language).t
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        rules, leads = agenda_rules(sight), leads_a_team(sight)
        people, agenda = agenda_people(sight, wanted), agenda_of(sight, wanted)
    context = {
        "tabs": list(page.tabs(leads=leads)),
        "whose": whose,
        "rules": page.rules(rules),
        "people": page.people(people),
        "groups": page.groups(agenda),
        "more": t("The {n} that come first are shown.", n=MOST) if agenda.more else "",
    }
    return drawing.page(asked, "deadlines", context)
