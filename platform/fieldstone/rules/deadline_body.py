"""Obligations with a clock: when they start and end, whom they remind, and what happens when they are missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Draft, Effect, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignments import assigned
from fieldstone.rules.clock import KEEPS_CLOCK, Clock, Reckoned, started
from fieldstone.rules.contract import RESTORED, Due, DueTimer, Facts, Rule, Verdict
from fieldstone.rules.cooldown import Cooldown
from fieldstone.rules.deadline_terms import TO_QUEUE, Consequence, Extension
from fieldstone.rules.engine import held_before
from fieldstone.rules.holding_back import QUEUED
from fieldstone.rules.ladder import Ladder, Step
from fieldstone.rules.notices import RECALLED, message, told
from fieldstone.rules.obligation import Obligation, hours_for, instant_of, told_at
from fieldstone.rules.reminder_ladder import ReminderLadder
from fieldstone.rules.wording import language_of

DUE: Final = "due"
OWN, SHARED = "remind:", "ladder:"
# After a rest of the whole system everything would fall due at once: whoever is later than this gets the grace first.
LATE: Final = timedelta(hours=12)
EXTEND, ACKNOWLEDGE = "extend", "acknowledge"
TIMELINE: Final = "timeline"
"""The action of a change that only says: something happened with this record."""


@dataclass(frozen=True)
class Deadline:
    """The body of a deadline. `reminders` are its own, `ladder` names a reminder ladder that it shares."""

    clock: Clock
    reminders: Ladder
    ladder: str
    then: Consequence
    cooldown: Cooldown | None
    grace: Span
    extension: Extension | None = None
    own_hours: bool = False  # the owner's working hours count, not the rule's

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return who is told, what the messages say, what is set, and by what time is given."""
        return (*self.clock.reads, *self.reminders.reads, *self.then.reads)

    @property
    def watches(self) -> tuple[str, ...]:
        """Return the fields that move the due instant."""
        clock = self.clock
        named = (clock.starts, clock.stops, clock.within.by)
        return tuple(name.partition(".")[0] for name in named if name)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return timers for drafts whose due time changes by this write, and for those that ask for more time."""
        moved = {i: draft for i, draft in enumerate(drafts) if self._may_move(rule, draft, facts)}
        if not moved:
            return {}
        stored = [draft.record_id for draft in moved.values() if draft.before is not None]
        asks = self._remembers or any(one.change.hears for one in moved.values())
        standing = facts.standing(rule.code, stored) if stored and asks else {}
        latest = self.clock.latest(stored, facts)
        verdicts = {}
        for place, draft in moved.items():
            present = Obligation(rule, draft, facts, standing.get(draft.record_id), self.own_hours)
            verdict = self._decided(present, latest.get(draft.record_id))
            if verdict is not None:
                verdicts[place] = verdict
        return verdicts

    def lapse(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Remove the timers of records that the rule no longer concerns."""
        ended = Verdict(_NOT_CONCERNED, timers=self._cleared(rule, facts), silent=True)
        return dict.fromkeys(range(len(drafts)), ended)

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Return what due timers lead to, by place; nothing for records that have moved on."""
        latest = self.clock.latest([draft.record_id for _, draft in due], facts)
        verdicts = {}
        for place, (timer, draft) in enumerate(due):
            reckoned = self.clock.reckoned(draft.row, latest.get(draft.record_id), facts)
            if reckoned is not None:
                present = Obligation(rule, draft, facts, timer, self.own_hours)
                verdict = self._acted(present, timer, reckoned)
                if verdict is not None:
                    verdicts[place] = verdict
        return verdicts

    def due_at(
        self, rule: Rule, row: Mapping[str, object], facts: Facts, last: datetime | None = None
    ) -> datetime | None:
        """Return when the obligation of a record is due; None when it has not started, is met, or has no span.

        A missing start never counts as overdue.
        """
        reckoned = self.clock.reckoned(row, last, facts)
        return None if reckoned is None else self._planned(rule, row, reckoned, facts)

    def ladders(self, facts: Facts) -> list[tuple[str, Ladder]]:
        """Return the ladders that remind, each with the beginning of its timers' names."""
        found = [(OWN, self.reminders)]
        body = facts.body_of(self.ladder) if self.ladder else None
        if isinstance(body, ReminderLadder):
            found.append((SHARED, body.ladder))
        return found

    @property
    def _remembers(self) -> bool:
        """Tell whether what stands decides too: activities counted elsewhere, or time that was added."""
        return self.clock.counts is not None or self.extension is not None or bool(self.ladder)

    def _may_move(self, rule: Rule, draft: Draft, facts: Facts) -> bool:
        """Tell whether this write may change the due time; most do not, and cost nothing here."""
        asked = draft.change.action in (EXTEND, ACKNOWLEDGE)
        if asked and draft.change.asks.get("rule") == rule.code:
            return True
        if draft.change.action == TIMELINE and self.clock.counts is not None:
            return True
        if draft.change.asks.get(KEEPS_CLOCK) and draft.changed("owner"):
            return True
        if draft.before is None or not held_before(rule, draft, facts):
            return True
        if draft.change.hears == rule.code or draft.change.action == RESTORED:
            return True
        before = {**draft.related, **draft.before}
        after = {**draft.row, **started(self.clock.starts, draft, facts)}
        return self.clock.inputs(before, facts) != self.clock.inputs(after, facts)

    def _decided(self, present: Obligation, last: datetime | None) -> Verdict | None:
        action = present.draft.change.action
        if action == EXTEND:
            return self._extended(present)
        if action == ACKNOWLEDGE:
            return self._acknowledged(present)
        return self._scheduled(present, last)

    def _scheduled(self, present: Obligation, last: datetime | None) -> Verdict | None:
        rule, draft, facts = present.rule, present.draft, present.facts
        row = {**draft.row, **started(self.clock.starts, draft, facts)}
        reckoned = self.clock.reckoned(row, last, facts)
        if reckoned is None:
            was_running = draft.before is not None and (
                present.timer is not None or held_before(rule, draft, facts)
            )
            return Verdict(_MET, timers=self._cleared(rule, facts)) if was_running else None
        same_start = present.started_at == reckoned.start
        if draft.change.hears and same_start:
            return None  # its time runs already
        if draft.change.action == TIMELINE and same_start:
            return None  # something was written that does not count
        due = self._planned(rule, row, reckoned, facts)
        payload: dict[str, object] = {"start": reckoned.start.isoformat()}
        if same_start and present.was_settled:
            due, payload = present.settled(due), {**present.payload, **payload}
        if draft.change.asks.get(KEEPS_CLOCK):
            due = max(due, present.calendar(row).after(facts.now, self.grace))
        because = self._because(present, row, reckoned, due)
        if due <= facts.now:
            due, because = self._begins_late(present, due)
        return Verdict(because, timers=self.schedule(present, row, due, payload))

    def _begins_late(self, present: Obligation, due: datetime) -> tuple[datetime, Label]:
        """An obligation never begins overdue: what comes under a rule late gets its grace."""
        facts, rule = present.facts, present.rule
        until = present.calendar(present.draft.row).after(facts.now, self.grace)
        at, late = told_at(until, rule, facts), told_at(due, rule, facts)
        return until, Label(
            f"due {at}: it would have been due {late} already", f"截止时间 {at}：原应于 {late} 到期"
        )

    def _extended(self, present: Obligation) -> Verdict:
        rule, facts, terms = present.rule, present.facts, self.extension
        if terms is None or present.timer is None:
            return Verdict(_NOTHING, problems=(_refused(present, "not_extendable", _NOTHING),))
        if not terms.allowed(present.extensions, facts.env.roles):
            often = Label(
                f"It was extended {present.extensions} times, the limit is {terms.times}.",
                f"已延期 {present.extensions} 次，上限为 {terms.times} 次。",
            )
            return Verdict(often, problems=(_refused(present, "extension_limit", often),))
        from_when = max(present.timer.due, facts.now)
        until = present.calendar(present.draft.row).after(from_when, terms.span)
        count, at = present.extensions + 1, told_at(until, rule, facts)
        because = Label(
            f"extended to {at} by {terms.span.label.en} ({count} of {terms.times})",
            f"延期 {terms.span.label.zh}至 {at}（第 {count} 次，上限 {terms.times} 次）",
        )
        payload = {**present.payload, "extended": count, "to": until.isoformat()}
        timers = self.schedule(present, present.draft.row, until, payload)
        return Verdict(because, timers=timers, reason=present.draft.change.reason)

    def _acknowledged(self, present: Obligation) -> Verdict | None:
        """Let the steps that are left fall silent; the due time stands."""
        timer = present.timer
        quiet = [(mark, one) for mark, one in self.ladders(present.facts) if one.acknowledge]
        if timer is None or not quiet:
            return Verdict(_NOTHING, problems=(_refused(present, "not_acknowledged", _NOTHING),))
        code, at = present.rule.code, present.facts.now.isoformat()
        timers = [TimerRequest(code, DUE, timer.due, {**present.payload, "seen": at})]
        timers += [TimerRequest(code, f"{m}{p}", None) for m, one in quiet for p in one.timed()]
        return Verdict(_SEEN, timers=tuple(timers))

    def schedule(
        self,
        present: Obligation,
        row: Mapping[str, object],
        due: datetime,
        payload: Mapping[str, object],
    ) -> tuple[TimerRequest, ...]:
        """Return the timers of an obligation due at `due`; reminders that would lie in the past are removed.

        A reminder at the due time has no timer of its own: two timers of one instant would race.
        """
        code, facts = present.rule.code, present.facts
        calendar = present.calendar(row)
        timers = [TimerRequest(code, DUE, due, payload)]
        kept = {"due": due.isoformat()}
        for mark, ladder in self.ladders(facts):
            silent = ladder.acknowledge and "seen" in payload
            for place in ladder.timed():
                at = ladder.instant(ladder.steps[place], due, calendar, row, facts)
                wanted = at if at > facts.now and not silent else None
                timers.append(TimerRequest(code, f"{mark}{place}", wanted, kept))
        return tuple(timers)

    def _cleared(self, rule: Rule, facts: Facts) -> tuple[TimerRequest, ...]:
        kinds = [f"{mark}{p}" for mark, one in self.ladders(facts) for p in one.timed()]
        return tuple(TimerRequest(rule.code, kind, None) for kind in (DUE, *kinds))

    def _planned(
        self, rule: Rule, row: Mapping[str, object], reckoned: Reckoned, facts: Facts
    ) -> datetime:
        hours = hours_for(rule, row, facts, own=self.own_hours)
        return hours.after(reckoned.start, reckoned.span)

    def _because(
        self, present: Obligation, row: Mapping[str, object], reckoned: Reckoned, due: datetime
    ) -> Label:
        words, at = reckoned.span.label, told_at(due, present.rule, present.facts)
        band = self.clock.band_label(row)
        english = f"due {at}: {words.en}" + (f" for {band.text('en')}" if band else "")
        chinese = f"截止时间 {at}：" + (f"{band.text('zh')}级别 " if band else "")
        return Label(english, chinese + f"{words.text('zh')}内")

    def _acted(self, present: Obligation, timer: DueTimer, reckoned: Reckoned) -> Verdict | None:
        rule, facts = present.rule, present.facts
        planned = self._planned(rule, present.draft.row, reckoned, facts)
        if timer.kind != DUE:
            return self._reminded(present, timer, instant_of(timer.payload, "due") or planned)
        in_grace = bool(timer.payload.get("grace"))
        if present.started_at == reckoned.start:
            planned = present.settled(planned)
        is_kept = rule.in_flight == "keep" and timer.rule_version != rule.version
        if present.started_at not in (None, reckoned.start):
            is_kept = in_grace = False  # the clock was started anew
        if planned > facts.now and not is_kept and not in_grace:
            return self._moved(present, reckoned, planned)
        if facts.now - timer.due > LATE and not in_grace:
            return self._graced(present)
        return self._missed(present, timer)

    def _reminded(self, present: Obligation, timer: DueTimer, due: datetime) -> Verdict | None:
        facts, row = present.facts, present.draft.row
        mark, _, place = timer.kind.partition(":")
        ladder = dict(self.ladders(facts)).get(f"{mark}:")
        if ladder is None or int(place) >= len(ladder.steps) or ladder.stopped(row, facts):
            return None
        step = ladder.steps[int(place)]
        if step.before is not None and due <= facts.now:
            return None
        text = self._wording(present, step, due)
        effects = ladder.sent(step, text, present.draft, facts, **self._about(present, due))
        again: tuple[TimerRequest, ...] = ()
        if step.every is not None:
            calendar = present.calendar(row)
            at = ladder.spared(step, calendar.after(facts.now, step.every), calendar, row, facts)
            if step.before is None or at < due:
                again = (TimerRequest(present.rule.code, timer.kind, at, timer.payload),)
        return Verdict(text, effects=effects, timers=again, silent=not effects)

    def _about(self, present: Obligation, due: datetime) -> dict[str, object]:
        return {"rule": present.rule.code, "due": due.isoformat()}

    def _wording(self, present: Obligation, step: Step, due: datetime) -> Label:
        rule, facts = present.rule, present.facts
        if step.message is not None:
            return step.message.filled(present.draft.row, facts)
        at = told_at(due, rule, facts)
        return Label(f"{rule.label.en}: due {at}.", f"{rule.label.text('zh')}：{at} 到期。")

    def _moved(self, present: Obligation, reckoned: Reckoned, planned: datetime) -> Verdict:
        """The record's clock was started anew since the timer was set."""
        payload: dict[str, object] = {"start": reckoned.start.isoformat()}
        if present.started_at == reckoned.start:
            payload = {**present.payload, **payload}
        timers = self.schedule(present, present.draft.row, planned, payload)
        return Verdict(_LATER, timers=timers, silent=True)

    def _graced(self, present: Obligation) -> Verdict:
        rule, draft, facts = present.rule, present.draft, present.facts
        until = present.calendar(draft.row).after(facts.now, self.grace)
        timer = TimerRequest(rule.code, DUE, until, {**present.payload, "grace": True})
        at = told_at(until, rule, facts)
        because = Label(
            f"the due time passed while the system was at rest; grace until {at}",
            f"系统停机期间已到期，宽限至 {at}",
        )
        owner = draft.row.get("owner")
        payload = message(draft, because, strength="strong", **self._about(present, until))
        effects = (Effect("in_page", str(owner), "reminder", payload),) if owner else ()
        return Verdict(because, timers=(timer,), effects=effects)

    def _missed(self, present: Obligation, timer: DueTimer) -> Verdict:
        rule, draft, facts = present.rule, present.draft, present.facts
        then, owner = self.then, draft.row.get("owner")
        away = then.taken_away(draft.row, facts)
        sets = {**assigned(then.sets, draft.row, facts, rule.calendar), **away}
        because = self._breach(present, timer)
        text = Label(
            f"{rule.label.en}: {because.en}", f"{rule.label.text('zh')}：{because.text('zh')}"
        )
        about = self._about(present, timer.due)
        effects = [
            effect
            for _, ladder in self.ladders(facts)
            for step in ladder.steps
            if step.at_due and not ladder.stopped(draft.row, facts)
            for effect in ladder.sent(
                step, self._wording(present, step, timer.due), draft, facts, **about
            )
        ]
        effects += told(then.audiences, ("in_page",), draft, facts, topic="deadline", text=text)
        if owner and away:
            payload = message(draft, text, strength="strong", **about)
            effects.append(Effect("in_page", str(owner), RECALLED, payload))
        asks = {QUEUED: True} if then.way == TO_QUEUE else {}
        return Verdict(because, sets=sets, effects=tuple(effects), reason=then.reason, asks=asks)

    def _breach(self, present: Obligation, timer: DueTimer) -> Label:
        at = told_at(timer.due, present.rule, present.facts)
        english, chinese = f"not done by {at}", f"未在 {at} 前完成"
        what = self.then.told(present.draft.row, present.facts)
        if what is None:
            return Label(english, chinese)
        return Label(f"{english}: {what.en}", f"{chinese}，{what.text('zh')}")


def _refused(present: Obligation, code: str, why: Label) -> Problem:
    language = language_of(present.facts)
    return Problem(code, "rule", why.text(language), _ASK.text(language))


_MET = Label("done in time, or no longer running", "已按时完成或不再计时")
_LATER = Label("the clock was started anew", "已重新计时")
_NOT_CONCERNED = Label("no longer concerned", "不再适用")
_NOTHING = Label("No such deadline is running here.", "此处没有正在计时的该项时限。")
_SEEN = Label("acknowledged; the reminders that are left fall silent", "已确认，后续提醒不再发送")
_ASK = Label("Do what is due, or ask a manager.", "请完成跟进，或联系主管。")
