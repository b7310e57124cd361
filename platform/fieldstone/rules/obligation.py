"""One obligation at work: its rule, its record, and the timer that stands for it with what was agreed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fieldstone.base.workdays import Calendar, zone_of
from fieldstone.changes.nouns import Draft
from fieldstone.rules.contract import DueTimer, Facts, Rule

AGREED: Final = "agreed"
"""Where a timer keeps the due time that a merge chose; it holds until the clock starts anew."""


@dataclass(frozen=True)
class Obligation:
    """What a deadline knows of one record. The timer's payload keeps start, extensions and acknowledgement."""

    rule: Rule
    draft: Draft
    facts: Facts
    timer: DueTimer | None
    own_hours: bool = False

    def calendar(self, row: Mapping[str, object]) -> Calendar:
        """Return the working hours that count: the rule's, or those of the owner of `row`."""
        return hours_for(self.rule, row, self.facts, own=self.own_hours)

    @property
    def payload(self) -> Mapping[str, object]:
        """Return what is kept with the timer."""
        return self.timer.payload if self.timer is not None else {}

    @property
    def started_at(self) -> datetime | None:
        """Return the start that the standing timer was reckoned from."""
        return instant_of(self.payload, "start")

    @property
    def extensions(self) -> int:
        """Return how often the due time was moved."""
        return int(str(self.payload.get("extended", 0)))

    @property
    def extended_to(self) -> datetime | None:
        """Return the due time that was agreed last."""
        return instant_of(self.payload, "to")

    @property
    def was_settled(self) -> bool:
        """Tell whether an extension or a merge has moved the due time."""
        return self.extended_to is not None or AGREED in self.payload

    def settled(self, planned: datetime) -> datetime:
        """Return when it is due in truth: what a merge chose in place of what was planned, and no earlier than extended."""
        due = instant_of(self.payload, AGREED) or planned
        return due if self.extended_to is None else max(due, self.extended_to)


def hours_for(rule: Rule, row: Mapping[str, object], facts: Facts, *, own: bool) -> Calendar:
    """Return the working hours of a rule, or, with `own`, of the owner of a record in their own zone."""
    owner = row.get("owner") if own else None
    theirs = facts.hours_of([str(owner)]).get(str(owner)) if owner else None
    return theirs or facts.calendar(rule.calendar)


def instant_of(payload: Mapping[str, object], name: str) -> datetime | None:
    """Return an instant kept in a timer's payload."""
    kept = payload.get(name)
    return datetime.fromisoformat(str(kept)) if kept else None


def told_at(instant: datetime, rule: Rule, facts: Facts) -> str:
    """Return an instant as the clock on the wall of the rule's calendar shows it, whoever acts."""
    zone = zone_of(facts.calendar(rule.calendar).zone)
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")
