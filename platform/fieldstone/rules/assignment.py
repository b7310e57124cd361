"""Gives records without an owner to people: ordered entries, group to group, fair inside the group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Draft, Effect, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignment_entries import ENTRY, Entry, entry_from
from fieldstone.rules.assignment_own import HAD_IT, loses, own_choice, told_choice
from fieldstone.rules.assignments import span_from
from fieldstone.rules.availability import HERE
from fieldstone.rules.contract import ASSIGN, Builder, Due, DueTimer, Facts, Person, Rule, Verdict
from fieldstone.rules.desks import Desks
from fieldstone.rules.holding_back import (
    DELAY,
    FALLBACK,
    HOLD,
    POOL,
    QUEUED,
    USER,
    Delay,
    Queue,
    Target,
    fallback_from,
)
from fieldstone.rules.kind import SPAN, Kind
from fieldstone.rules.notices import ASSIGNED, message
from fieldstone.rules.rotation import SETTINGS

MADE: Final = "made_by_conversion"
"""Asked by a conversion for what it makes: the owner it names is whose the source was."""
SHARED_SETTINGS: Final = ("limits", "availability", "credit", "on_member_change", "ranking")


@dataclass(frozen=True)
class Assignment:
    """The body of an assignment rule."""

    entries: tuple[Entry, ...]
    fallback: Target
    queue: Queue
    delay: Delay | None
    notify: bool
    convert: bool = (
        False  # also for what a conversion makes, which else stays with whoever converts
    )

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions of the entries, and what they read of the record for its people."""
        return tuple(one for entry in self.entries for one in entry.reads)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return an owner or a pool for each draft that has neither."""
        verdicts = {
            i: Verdict(_TAKEN, timers=_no_timers(rule), silent=True)
            for i, draft in enumerate(drafts)
            if not _is_free(draft) and was_free(draft)
        }
        waiting = {i: draft for i, draft in enumerate(drafts) if _is_free(draft)}
        made = {i: d for i, d in enumerate(drafts) if self.convert and d.change.asks.get(MADE)}
        # What nobody of the entries can take stays with whoever converts.
        shared = {i: v for i, v in self._given(rule, made, facts).items() if "owner" in v.sets}
        if self.delay is not None:
            late = {i: self.delay.until(rule, draft, facts) for i, draft in waiting.items()}
            for i, until in late.items():
                if until is not None:
                    timer = TimerRequest(rule.code, DELAY, until)
                    silent = drafts[i].before is not None
                    verdicts[i] = Verdict(_told_delay(self.delay), timers=(timer,), silent=silent)
                    del waiting[i]
        for i in [i for i, draft in waiting.items() if draft.change.asks.get(QUEUED)]:
            verdicts[i] = self._held(rule, waiting.pop(i), _SENT_BACK, (), facts)
        given = {**shared, **self._given(rule, waiting, facts)}
        return {**verdicts, **(_with_notices(given, drafts, facts) if self.notify else given)}

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Return who gets each record now that its delay, or its time in the hold queue, is over."""
        waiting = {i: draft for i, (_, draft) in enumerate(due) if _is_free(draft)}
        given = self._given(rule, waiting, facts)
        ended = {i: self._ended(due[i][0], verdict, facts) for i, verdict in given.items()}
        verdicts = {i: verdict for i, verdict in ended.items() if verdict is not None}
        drafts = [draft for _, draft in due]
        return _with_notices(verdicts, drafts, facts) if self.notify else verdicts

    def _ended(self, timer: DueTimer, verdict: Verdict, facts: Facts) -> Verdict | None:
        """Return what becomes of a record whose waiting is over; None when it goes on waiting."""
        if timer.kind != HOLD or verdict.sets:
            return verdict
        if self.queue.then is None:
            return None
        return self._sent(self.queue.then, _OVERDUE, verdict.candidates, facts)

    def _given(self, rule: Rule, waiting: Mapping[int, Draft], facts: Facts) -> dict[int, Verdict]:
        if not waiting:
            return {}
        fitting = {i: self._fitting(draft, facts) for i, draft in waiting.items()}
        desks = Desks(rule, facts, list(waiting.values()), list(fitting.values()))
        verdicts = {
            i: self._assigned(rule, draft, fitting[i], desks) for i, draft in waiting.items()
        }
        desks.close()
        return verdicts

    def _fitting(self, draft: Draft, facts: Facts) -> tuple[Entry, ...]:
        return tuple(
            entry
            for entry in self.entries
            if entry.when is None or entry.when.evaluate(draft.row, facts.env) is True
        )

    def _assigned(
        self, rule: Rule, draft: Draft, entries: Sequence[Entry], desks: Desks
    ) -> Verdict:
        considered: list[Candidate] = []
        facts = desks.facts
        for entry in entries:
            if entry.pool:
                return _to_pool(entry.pool, entry.pool_label, entry.label)
            own = own_choice(entry, draft, desks, considered)
            if own is not None:
                return replace(own, timers=_no_timers(rule) if was_free(draft) else ())
            desk = desks.of(entry)
            if desk is None:
                continue
            person, why, candidates = desk.choose(
                draft, lambda one: self._refused(draft, one, desks)
            )
            if person is not None:
                desks.note(person, desk)
                return Verdict(
                    told_choice(person, entry, why),
                    sets={"owner": person.id},
                    candidates=(*candidates, *considered),
                    timers=_no_timers(rule) if was_free(draft) else (),
                )
            considered += candidates
        return self._fallen_back(rule, draft, entries, tuple(considered), facts)

    def _refused(self, draft: Draft, person: Person, desks: Desks) -> Label:
        if loses(draft, person):
            return HAD_IT
        until = desks.waits(draft, person)
        return HERE if until is None else _cooling(until, desks.facts)

    def _fallen_back(
        self,
        rule: Rule,
        draft: Draft,
        entries: Sequence[Entry],
        considered: tuple[Candidate, ...],
        facts: Facts,
    ) -> Verdict:
        why = _NOBODY_FREE if entries else _NO_ENTRY
        if self.fallback.kind != HOLD:
            sent = self._sent(self.fallback, why, considered, facts)
            if sent.sets:
                return sent
        return self._held(rule, draft, why, considered, facts)

    def _held(
        self,
        rule: Rule,
        draft: Draft,
        why: Label,
        considered: tuple[Candidate, ...],
        facts: Facts,
    ) -> Verdict:
        held = Label(f"held: {why.en}", f"暂不分配：{why.text('zh')}")
        timers = self.queue.entered(rule, draft, facts)
        # A held record is looked at again with every change; saying so once is enough.
        return Verdict(held, candidates=considered, timers=timers, silent=not timers)

    def _sent(
        self, target: Target, why: Label, considered: tuple[Candidate, ...], facts: Facts
    ) -> Verdict:
        """Return the verdict that sends a record to a pool or a person; one that sets nothing if there is none."""
        if target.kind == POOL:
            return replace(_to_pool(target.code, target.label, why), candidates=considered)
        for person in facts.people(f"{USER}:{target.code}"):
            told = Label(f"{person.name}: {why.en}", f"{person.name}：{why.text('zh')}")
            return Verdict(told, sets={"owner": person.id}, candidates=considered)
        return Verdict(why, candidates=considered)


def _is_free(draft: Draft) -> bool:
    row = draft.row
    return row.get("owner") is None and row.get("pool") is None


def was_free(draft: Draft) -> bool:
    """Tell whether a stored record waits for an owner."""
    before = draft.before
    return before is not None and before.get("owner") is None and before.get("pool") is None


def _no_timers(rule: Rule) -> tuple[TimerRequest, ...]:
    return (TimerRequest(rule.code, HOLD, None), TimerRequest(rule.code, DELAY, None))


def _cooling(until: datetime, facts: Facts) -> Label:
    day = until.astimezone(facts.env.timezone).strftime("%Y-%m-%d %H:%M")
    return Label(f"had it before: cool-down until {day}", f"曾负责该记录，冷却期至 {day}")


def _to_pool(pool: str, name: Label, why: Label) -> Verdict:
    because = Label(f"to {name.en}: {why.en}", f"进入{name.text('zh')}：{why.text('zh')}")
    return Verdict(because, sets={"pool": pool})


def _told_delay(delay: Delay) -> Label:
    span = delay.span.label
    return Label(f"waits {span.en} before it is assigned", f"等待{span.text('zh')}后再分配")


def _with_notices(
    verdicts: Mapping[int, Verdict], drafts: Sequence[Draft], facts: Facts
) -> dict[int, Verdict]:
    """Tell each person once per batch, however many records they got, so that an import is no storm."""
    got: dict[str, list[int]] = {}
    author = (facts.env.user or {}).get("id")  # whoever gives a record to themselves knows it
    for place, verdict in verdicts.items():
        owner = verdict.sets.get("owner")
        if isinstance(owner, str) and owner != author:
            got.setdefault(owner, []).append(place)
    result = dict(verdicts)
    for owner, places in got.items():
        first, count = places[0], len(places)
        text = _ONE if count == 1 else _SEVERAL.filled_in({"count": count})
        words = {"en": _SEVERAL.en, "zh": _SEVERAL.zh}
        payload = message(drafts[first], text, count=count, gathered=words)
        result[first] = replace(
            result[first], effects=(Effect("in_page", owner, ASSIGNED, payload),)
        )
    return result


_NOBODY_FREE = Label("nobody of the entries can take it", "匹配的成员均无法接收")
_NO_ENTRY = Label("no entry fits", "没有匹配的分配条目")
_SENT_BACK = Label("taken from its owner, waits for the next one", "已从原负责人收回，等待分配")
_OVERDUE = Label("waited in the hold queue until its deadline", "在待分配队列中等待超时")
_TAKEN = Label("somebody has it", "已有负责人")
_ONE = Label("A record was assigned to you.", "您有一条新分配的记录。")
_SEVERAL = Label("{count} records were assigned to you.", "您有 {count} 条新分配的记录。")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Assignment:
    """Resolve groups, conditions, limits and what happens when nobody is free."""
    shared = {key: raw[key] for key in SHARED_SETTINGS if key in raw}
    entries = tuple(
        entry_from(one, shared, place, build) for place, one in enumerate(raw["entries"])
    )
    fallback, queue = fallback_from(raw.get("fallback", HOLD), build)
    delay = span_from(raw["delay"], "delay", build) if "delay" in raw else None
    return Assignment(
        entries,
        fallback,
        queue,
        Delay(delay) if delay is not None else None,
        bool(raw.get("notify", True)),
        bool(raw.get("convert", False)),
    )


KIND = Kind(
    "assignment",
    Label("Assignment", "线索分配"),
    ASSIGN,
    {
        "properties": {
            "entries": {
                "type": "array",
                "minItems": 1,
                "items": ENTRY,
                "description": "In order: the first that fits and has somebody free takes the record",
            },
            **{key: SETTINGS[key] for key in SHARED_SETTINGS},
            "delay": {**SPAN, "description": "How long a new record waits before it is given away"},
            "fallback": FALLBACK,
            "notify": {"type": "boolean", "description": "Tell each person once per batch"},
            "convert": {
                "type": "boolean",
                "description": "Also for what a conversion makes, which else stays with its owner",
            },
        },
        "required": ["entries"],
    },
    compile_rule,
    about=Label(
        "Gives records that have neither owner nor pool to people: the first entry that fits and has somebody free.",
        "把既无负责人也不在公海的记录分配给人员：由首个符合条件且有人可接收的条目接收。",
    ),
)
