"""Obligations with a clock: when they start and end, whom they remind, and what happens when they are missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span, zone_of
from fieldstone.changes.nouns import Draft, Effect, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignments import Assigned, Template, assigned
from fieldstone.rules.contract import DueTimer, Facts, Rule, Verdict
from fieldstone.rules.cooldown import Cooldown
from fieldstone.rules.engine import held_before
from fieldstone.rules.notices import Audience, message, told

DUE = "due"
REMIND = "remind:"
# After a rest of the whole system everything would fall due at once: whoever is later than this gets the grace first.
LATE = timedelta(hours=12)
ANY = "default"


@dataclass(frozen=True)
class Reminder:
    """One message on the way. `before` None is at the due time; `by` holds channels by band, or under "default"."""

    before: Span | None
    audiences: tuple[Audience, ...]
    by: Mapping[str, tuple[str, ...]]
    message: Template | None

    def channels(self, band: str) -> tuple[str, ...]:
        """Return the channels for records of one band; none when the band is not reminded."""
        return self.by.get(band, self.by.get(ANY, ()))


@dataclass(frozen=True)
class Consequence:
    """What happens when nobody acted in time; several may be set at once."""

    pool: str = ""
    reassigns: bool = False
    reason: str = "deadline"
    audiences: tuple[Audience, ...] = ()
    sets: tuple[Assigned, ...] = ()
    pool_label: Label | None = None


@dataclass(frozen=True)
class Deadline:
    """The body of a deadline rule. `within` holds spans by the value of `by`, or one under "default"."""

    starts: str
    stops: str
    by: str
    within: Mapping[str, Span]
    bands: Mapping[str, Label]
    reminders: tuple[Reminder, ...]
    then: Consequence
    cooldown: Cooldown | None
    grace: Span

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return who is told, what the messages say, and what is set."""
        people = [*self.then.audiences, *(a for r in self.reminders for a in r.audiences)]
        texts = [r.message for r in self.reminders if r.message is not None]
        return (
            *(who.person for who in people if who.person is not None),
            *(one for text in texts for _, one in text.holes),
            *(one for value in self.then.sets for one in value.reads),
        )

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return timers for drafts whose due time changes by this write."""
        verdicts = {}
        for place, draft in enumerate(drafts):
            verdict = self._scheduled(rule, draft, facts)
            if verdict is not None:
                verdicts[place] = verdict
        return verdicts

    def lapse(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Remove the timers of records that the rule no longer concerns."""
        ended = Verdict(
            Label("no longer concerned", "不再适用"), timers=self._cleared(rule), silent=True
        )
        return dict.fromkeys(range(len(drafts)), ended)

    def due_at(self, rule: Rule, row: Mapping[str, object], facts: Facts) -> datetime | None:
        """Return when the obligation of a record is due; None when it has not started, is met, or has no span.

        A missing start never counts as overdue.
        """
        start, stop = row.get(self.starts), row.get(self.stops) if self.stops else None
        if not isinstance(start, datetime) or (isinstance(stop, datetime) and stop > start):
            return None
        span = self._span(row)
        return None if span is None else facts.calendar(rule.calendar).after(start, span)

    def due(self, rule: Rule, timer: DueTimer, draft: Draft, facts: Facts) -> Verdict | None:
        """Return what a due timer leads to; None when the record has moved on."""
        planned = self.due_at(rule, draft.row, facts)
        if planned is None:
            return None
        if timer.kind.startswith(REMIND):
            return self._reminded(rule, int(timer.kind.removeprefix(REMIND)), planned, draft, facts)
        is_kept = rule.in_flight == "keep" and timer.rule_version != rule.version
        in_grace = bool(timer.payload.get("grace"))
        if planned > facts.now and not is_kept and not in_grace:
            return self._moved(rule, planned, facts)
        if facts.now - timer.due > LATE and not in_grace:
            return self._graced(rule, draft, facts)
        return self._missed(rule, timer, draft, facts)

    def schedule(self, rule: Rule, due: datetime, facts: Facts) -> tuple[TimerRequest, ...]:
        """Return the timers of an obligation due at `due`; reminders that would lie in the past are removed.

        A reminder at the due time has no timer of its own: two timers of one instant would race.
        """
        calendar = facts.calendar(rule.calendar)
        timers = [TimerRequest(rule.code, DUE, due)]
        for place, reminder in enumerate(self.reminders):
            if reminder.before is not None:
                at = calendar.before(due, reminder.before)
                wanted = at if at > facts.now else None
                timers.append(TimerRequest(rule.code, f"{REMIND}{place}", wanted))
        return tuple(timers)

    def _cleared(self, rule: Rule) -> tuple[TimerRequest, ...]:
        ahead = [place for place, one in enumerate(self.reminders) if one.before is not None]
        kinds = [DUE, *(f"{REMIND}{place}" for place in ahead)]
        return tuple(TimerRequest(rule.code, kind, None) for kind in kinds)

    def _span(self, row: Mapping[str, object]) -> Span | None:
        return self.within.get(self._band(row), self.within.get(ANY))

    def _band(self, row: Mapping[str, object]) -> str:
        value = row.get(self.by) if self.by else None
        return ANY if value is None else str(value)

    def _scheduled(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict | None:
        row = {**draft.row, **started(self.starts, draft, facts)}
        due = self.due_at(rule, row, facts)
        before: datetime | None = None
        if draft.before is not None and held_before(rule, draft, facts):
            before = self.due_at(rule, {**draft.related, **draft.before}, facts)
        if due == before:
            return None
        if due is None:
            return Verdict(_MET, timers=self._cleared(rule))
        return Verdict(self._because(rule, row, due, facts), timers=self.schedule(rule, due, facts))

    def _because(self, rule: Rule, row: Mapping[str, object], due: datetime, facts: Facts) -> Label:
        span = self._span(row)
        words = span.label if span is not None else Label("")
        at = _told(due, rule, facts)
        band = self.bands.get(self._band(row))
        english = f"due {at}: {words.en}" + (f" for {band.text('en')}" if band else "")
        chinese = f"截止时间 {at}：" + (f"{band.text('zh')}级别 " if band else "")
        return Label(english, chinese + f"{words.text('zh')}内")

    def _reminded(
        self, rule: Rule, place: int, planned: datetime, draft: Draft, facts: Facts
    ) -> Verdict | None:
        if place >= len(self.reminders) or planned <= facts.now:
            return None
        reminder = self.reminders[place]
        effects = self._sent(rule, reminder, planned, draft, facts)
        because = _wording(rule, reminder, planned, draft, facts)
        return Verdict(because, effects=effects, silent=not effects)

    def _sent(
        self, rule: Rule, reminder: Reminder, due: datetime, draft: Draft, facts: Facts
    ) -> tuple[Effect, ...]:
        channels = reminder.channels(self._band(draft.row))
        text = _wording(rule, reminder, due, draft, facts)
        return told(reminder.audiences, channels, draft, facts, topic="reminder", text=text)

    def _moved(self, rule: Rule, planned: datetime, facts: Facts) -> Verdict:
        """The record's clock was started anew since the timer was set."""
        return Verdict(_LATER, timers=self.schedule(rule, planned, facts), silent=True)

    def _graced(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict:
        until = facts.calendar(rule.calendar).after(facts.now, self.grace)
        timer = TimerRequest(rule.code, DUE, until, {"grace": True})
        at = _told(until, rule, facts)
        because = Label(
            f"the due time passed while the system was at rest; grace until {at}",
            f"系统停机期间已到期，宽限至 {at}",
        )
        owner = draft.row.get("owner")
        effects = (
            (Effect("in_page", str(owner), "reminder", message(draft, because)),) if owner else ()
        )
        return Verdict(because, timers=(timer,), effects=effects)

    def _missed(self, rule: Rule, timer: DueTimer, draft: Draft, facts: Facts) -> Verdict:
        then, owner = self.then, draft.row.get("owner")
        sets = {**assigned(then.sets, draft.row, facts, rule.calendar), **self._taken_away()}
        because = self._breach(timer, rule, facts)
        text = Label(
            f"{rule.label.en}: {because.en}", f"{rule.label.text('zh')}：{because.text('zh')}"
        )
        at_due = [one for one in self.reminders if one.before is None]
        effects = [e for one in at_due for e in self._sent(rule, one, timer.due, draft, facts)]
        effects += told(then.audiences, ("in_page",), draft, facts, topic="deadline", text=text)
        if owner and (then.pool or then.reassigns):
            effects.append(Effect("in_page", str(owner), "recalled", message(draft, text)))
        return Verdict(because, sets=sets, effects=tuple(effects), reason=then.reason)

    def _taken_away(self) -> dict[str, object]:
        if self.then.pool:
            return {"owner": None, "pool": self.then.pool}
        return {"owner": None, "pool": None} if self.then.reassigns else {}

    def _breach(self, timer: DueTimer, rule: Rule, facts: Facts) -> Label:
        at = _told(timer.due, rule, facts)
        english, chinese = f"not done by {at}", f"未在 {at} 前完成"
        if self.then.pool:
            name = self.then.pool_label or Label(self.then.pool)
            return Label(f"{english}: back to {name.en}", f"{chinese}，退回{name.text('zh')}")
        if self.then.reassigns:
            return Label(f"{english}: given to somebody else", f"{chinese}，重新分配")
        return Label(english, chinese)


def _wording(rule: Rule, reminder: Reminder, due: datetime, draft: Draft, facts: Facts) -> Label:
    if reminder.message is not None:
        return reminder.message.filled(draft.row, facts)
    at = _told(due, rule, facts)
    return Label(f"{rule.label.en}: due {at}.", f"{rule.label.text('zh')}：{at} 到期。")


def started(name: str, draft: Draft, facts: Facts) -> dict[str, object]:
    """Return the start of a clock that this very write starts, before storage has stamped it."""
    if name in draft.values:
        return {}
    if name == "created_at" and draft.before is None:
        return {name: draft.change.as_of or facts.now}
    if name == "owned_at" and (draft.before is None or draft.changed("owner")):
        return {name: facts.now if draft.row.get("owner") else None}
    return {}


def _told(instant: datetime, rule: Rule, facts: Facts) -> str:
    """Return an instant as the clock on the wall of the rule's calendar shows it, whoever acts."""
    return instant.astimezone(zone_of(facts.calendar(rule.calendar).zone)).strftime(
        "%Y-%m-%d %H:%M"
    )


_MET = Label("done in time, or no longer running", "已按时完成或不再计时")
_LATER = Label("the clock was started anew", "已重新计时")
