"""Who can take work now: not those who left, are absent, are off hours, or are not at their desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import Builder, Facts, Person
from fieldstone.rules.kind import SPAN

LEAST_MINUTES: Final = 15
HERE: Final = Label("")
INACTIVE: Final = Label("no longer active", "已停用")
OFF_HOURS: Final = Label("outside working hours", "非工作时间")
NOT_PRESENT: Final = Label("not at the desk", "当前不在线")


@dataclass(frozen=True)
class Availability:
    """What is asked of a person besides being active and not absent."""

    in_hours: bool = False
    seen_within: Span | None = None

    def of(self, people: Sequence[Person], facts: Facts) -> dict[str, Label]:
        """Return why each person is not there, HERE for those who are."""
        ids = [person.id for person in people if person.active]
        absences = facts.absences(ids) if ids else {}
        found = {}
        for person in people:
            own = person.absent_until
            away = own if own is not None and own > facts.now else None
            found[person.id] = _standing(person, _later(away, absences.get(person.id)), facts)
        self._note_hours(found, facts)
        self._note_presence(found, facts)
        return found

    def _note_hours(self, found: dict[str, Label], facts: Facts) -> None:
        here = [one for one, why in found.items() if why is HERE]
        if self.in_hours and here:
            calendars = facts.hours_of(here)
            for one in here:
                if not calendars[one].open_at(facts.now):
                    found[one] = OFF_HOURS

    def _note_presence(self, found: dict[str, Label], facts: Facts) -> None:
        here = [one for one, why in found.items() if why is HERE]
        if self.seen_within is not None and here:
            since = facts.now - timedelta(minutes=self.seen_within.amount)
            present = facts.present(here, since)
            for one in here:
                if one not in present:
                    found[one] = NOT_PRESENT


class Roll:
    """Who is there of some people, with as few questions for many as for one."""

    def __init__(self, facts: Facts) -> None:
        """Know nobody yet."""
        self._facts = facts
        self._people: dict[str, Person | None] = {}
        self._away: dict[str, Label] = {}

    def call(self, ids: Iterable[str]) -> None:
        """Look up everybody of whom somebody may ask next."""
        fresh = sorted({one for one in ids if one not in self._people})
        if fresh:
            found = self._facts.persons(fresh)
            self._people |= {one: found.get(one) for one in fresh}
            self._away |= Availability().of(list(found.values()), self._facts)

    def person(self, one: str) -> Person | None:
        """Return a person who was called; None for nobody."""
        return self._people[one]

    def why_away(self, one: str) -> Label:
        """Return why a person is not there, HERE when they are."""
        return self._away[one]

    @property
    def here(self) -> list[Person]:
        """Return who is there of all who were called."""
        return [one for one in self._people.values() if one and self._away[one.id] is HERE]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def _standing(person: Person, until: datetime | None, facts: Facts) -> Label:
    if not person.active:
        return INACTIVE
    if until is not None:
        return absent(until.astimezone(facts.env.timezone).strftime("%Y-%m-%d"))
    return HERE


@lru_cache(maxsize=256)
def absent(day: str) -> Label:
    """Return the words for somebody who is absent until a day."""
    return Label(f"absent until {day}", f"请假至 {day}")


def _is_plain(span: Span) -> bool:
    """Tell whether presence can be told by it: sessions are noted every ten minutes."""
    return not span.working and span.unit == "minutes" and span.amount >= LEAST_MINUTES


def availability_from(raw: Mapping[str, Any], path: str, build: Builder) -> Availability:
    """Compile `availability`."""
    written = raw.get("seen_within")
    span = span_from(written, f"{path}.seen_within", build) if written is not None else None
    if span is not None and not _is_plain(span):
        build.problem(
            f"{path}.seen_within",
            "bad_span",
            f"{written!r} is not a quarter of an hour or more of plain minutes or hours.",
            "Write for example '30 minutes'.",
        )
    return Availability(bool(raw.get("working_hours", False)), span)


AVAILABILITY: Final = {
    "type": "object",
    "description": "When people take work; who left or is absent never does",
    "properties": {
        "working_hours": {
            "type": "boolean",
            "description": "Only in the working hours of the person's calendar and zone",
        },
        "seen_within": {
            **SPAN,
            "description": "Only who was seen in the browser lately: 15 minutes",
        },
    },
    "additionalProperties": False,
    "minProperties": 1,
}
