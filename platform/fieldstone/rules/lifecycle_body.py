"""Crossings between two states of a lifecycle: up when points are reached, down when they are clearly lost, back by judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from fieldstone.base.english import agreeing
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft, Effect, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.adoption import held_back
from fieldstone.rules.assignments import Assigned, assigned
from fieldstone.rules.contract import Due, Facts, Rule, Verdict
from fieldstone.rules.engine import another_look
from fieldstone.rules.notices import Audience, told
from fieldstone.rules.wording import joined, listed

JUDGE: Final = "judge_worthless"
"""The action that takes a record back; the rule with `recycle` answers it."""
DWELL: Final = "dwell"
IN_PAGE: Final = ("in_page",)


@dataclass(frozen=True)
class Mark:
    """A field of points, from where on it is reached, and below which it is lost again."""

    field: str
    label: Label
    rises: int
    falls: int


@dataclass(frozen=True)
class Crossing:
    """What a crossing does besides changing the state."""

    sets: tuple[Assigned, ...] = ()
    audiences: tuple[Audience, ...] = ()
    pool: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Recycle:
    """Where a record goes that is judged worthless; beyond `most` times it goes to `last` and stays there."""

    states: tuple[str, ...]
    to: str
    last: str
    most: int
    count_into: str
    reason_into: str
    then: Crossing


@dataclass(frozen=True)
class Rest:
    """No crossing upwards until so long after an instant of the record (when it was last judged, for example)."""

    since: str
    length: timedelta

    def until(self, row: Mapping[str, object]) -> datetime | None:
        """Return when the rest ends, None when there is none."""
        since = row.get(self.since)
        return since + self.length if isinstance(since, datetime) else None


@dataclass(frozen=True)
class Lifecycle:
    """The body of a lifecycle rule. `every` mark must be reached to rise, or else any."""

    field: str
    lower: str
    upper: str
    states: Mapping[str, Label]
    marks: tuple[Mark, ...]
    every: bool
    directions: frozenset[str]
    min_dwell: timedelta | None
    rest: Rest | None
    rise: Crossing
    fall: Crossing
    recycle: Recycle | None

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what values and audiences read."""
        ways = [self.rise, self.fall, *([self.recycle.then] if self.recycle else [])]
        return (
            *(one for way in ways for value in way.sets for one in value.reads),
            *(who.person for way in ways for who in way.audiences if who.person is not None),
        )

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return the crossings: at most one for each draft."""
        judged = {
            place: verdict
            for place, draft in enumerate(drafts)
            if draft.change.action == JUDGE and (verdict := self._judged(rule, draft, facts))
        }
        waiting = held_back(rule, drafts, facts)
        ready = [
            place
            for place, draft in enumerate(drafts)
            if draft.change.action != JUDGE and place not in waiting and self._way(draft.row)
        ]
        ids = [drafts[place].record_id for place in ready if drafts[place].before is not None]
        last = facts.last_decided(rule.code, ids) if ids and self.min_dwell else {}
        crossed = {place: self._crossed(rule, drafts[place], last, facts) for place in ready}
        return judged | crossed

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Say that the waiting is over: the crossing is judged anew when the rules speak about the records."""
        del rule, facts
        waited = Verdict(Label("waited long enough", "停留时间已满"), silent=True)
        return dict.fromkeys(range(len(due)), waited)

    def _way(self, row: Mapping[str, object]) -> str:
        """Return "up" or "down" when the record's points ask for a crossing, "" when all is well."""
        state = row.get(self.field)
        if state == self.lower and "up" in self.directions and self._reached(row):
            return "up"
        if state == self.upper and "down" in self.directions and self._lost(row):
            return "down"
        return ""

    def _reached(self, row: Mapping[str, object]) -> bool:
        found = [_points(row, mark) >= mark.rises for mark in self.marks]
        return all(found) if self.every else any(found)

    def _lost(self, row: Mapping[str, object]) -> bool:
        found = [_points(row, mark) < mark.falls for mark in self.marks]
        return any(found) if self.every else all(found)

    def _crossed(
        self, rule: Rule, draft: Draft, last: Mapping[str, datetime], facts: Facts
    ) -> Verdict:
        way = self._way(draft.row)
        until = self._waits_until(draft, way, last)
        if until is not None and until > facts.now:
            again = TimerRequest(rule.code, DWELL, until)
            return Verdict(Label(""), timers=(again,), silent=True)
        to, crossing = (self.upper, self.rise) if way == "up" else (self.lower, self.fall)
        sets = {self.field: to, **_values(rule, crossing, draft, facts)}
        because = joined([self._points_said(draft.row, way), self._moved(to)])
        return self._verdict(rule, draft, sets, because, crossing, facts)

    def _waits_until(self, draft: Draft, way: str, last: Mapping[str, datetime]) -> datetime | None:
        """Return until when a crossing waits: for the dwell after the last one, and upwards for the rest."""
        crossed = last.get(draft.record_id)
        dwelt = crossed + self.min_dwell if crossed and self.min_dwell else None
        rested = self.rest.until(draft.row) if way == "up" and self.rest else None
        return max((one for one in (dwelt, rested) if one is not None), default=None)

    def _judged(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict | None:
        """Take a record back: counted, its reason kept; once too often is for good."""
        recycle = self.recycle
        if recycle is None or draft.row.get(self.field) not in recycle.states:
            return None
        before = draft.row.get(recycle.count_into)
        count = (int(before) if isinstance(before, (int, Decimal)) else 0) + 1
        to = recycle.last if count > recycle.most else recycle.to
        sets = {
            self.field: to,
            recycle.count_into: count,
            **_values(rule, recycle.then, draft, facts),
        }
        because = joined([_said(count, recycle.most), self._moved(to)])
        return self._verdict(rule, draft, sets, because, recycle.then, facts)

    def _verdict(
        self,
        rule: Rule,
        draft: Draft,
        sets: Mapping[str, object],
        because: Label,
        crossing: Crossing,
        facts: Facts,
    ) -> Verdict:
        if draft.change.skip_rules:
            return Verdict(because, sets=sets)  # history tells nobody and asks for nothing
        return Verdict(
            because,
            sets=sets,
            # Its points and the next crossing may follow from this one.
            follow=(another_look(rule, draft),),
            effects=self._told(rule, crossing, draft, because, facts),
            timers=(TimerRequest(rule.code, DWELL, None),),
            reason=crossing.reason,
        )

    def _told(
        self, rule: Rule, crossing: Crossing, draft: Draft, because: Label, facts: Facts
    ) -> tuple[Effect, ...]:
        return told(crossing.audiences, IN_PAGE, draft, facts, topic=rule.code, text=because)

    def _moved(self, to: str) -> Label:
        label = self.states[to]
        return Label(f"now {label.text('en')}", f"现为{label.text('zh')}")

    def _points_said(self, row: Mapping[str, object], way: str) -> Label:
        if way == "up":
            several = [
                Label(
                    f"{mark.label.text('en')} {_points(row, mark)} of {mark.rises}",
                    f"{mark.label.text('zh')} {_points(row, mark)}，需 {mark.rises}",
                )
                for mark in self.marks
                if _points(row, mark) >= mark.rises
            ]
        else:
            several = [
                Label(
                    f"{mark.label.text('en')} {_points(row, mark)} below {mark.falls}",
                    f"{mark.label.text('zh')} {_points(row, mark)}，低于 {mark.falls}",
                )
                for mark in self.marks
                if _points(row, mark) < mark.falls
            ]
        return listed(several)


def _points(row: Mapping[str, object], mark: Mark) -> int:
    value = row.get(mark.field)
    return int(value) if isinstance(value, (int, Decimal)) else 0


def _values(rule: Rule, crossing: Crossing, draft: Draft, facts: Facts) -> dict[str, object]:
    values = assigned(crossing.sets, draft.row, facts, rule.calendar)
    return values | ({"pool": crossing.pool, "owner": None} if crossing.pool else {})


def _said(count: int, most: int) -> Label:
    if count > most:
        return Label(
            f"judged worthless for the {count}. time, {most} {agreeing(most, 'is', 'are')} allowed",
            f"第 {count} 次判定无价值，最多 {most} 次",
        )
    return Label(
        f"judged worthless ({count} of {most})", f"判定无价值（第 {count} 次，最多 {most} 次）"
    )
