"""Recall: what nobody works on goes back to a pool, on to somebody else or into the queue, and in the end to the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from typing import Any, Final

from fieldstone.base.english import quantity
from fieldstone.base.label import Label
from fieldstone.base.named import named
from fieldstone.base.workdays import Span, parse_span, zone_of
from fieldstone.changes.nouns import Draft, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from
from fieldstone.rules.clock import Reckoned
from fieldstone.rules.contract import OBLIGE, Builder, DueTimer, Facts, Rule, Verdict
from fieldstone.rules.deadline_body import DUE, Deadline
from fieldstone.rules.deadline_yaml import SHARED, deadline_from, instant_from
from fieldstone.rules.kind import A_POOL, ASKED, COUNT, SPAN, Kind
from fieldstone.rules.obligation import Obligation, told_at
from fieldstone.rules.qualifying import QUALIFYING
from fieldstone.rules.spans import SPANS
from fieldstone.rules.wording import pool_label

CLAIMED: Final = "claimed"
CONTRACT_END: Final = "contract_end"
FIELDS: Final = {
    "assigned": "owned_at",
    CLAIMED: "owned_at",
    "created": "created_at",
    "stage_entry": "stage_entered_at",
    "last_effective_followup": "owned_at",
    "last_opportunity": "owned_at",
}
COUNTED: Final = frozenset({"last_effective_followup", "last_opportunity"})
"""These clocks start with getting the record, and again with each activity that counts."""
SPARED: Final[Mapping[str, Label]] = {
    "won": Label("it is won", "已成交"),
    "open_deal": Label("a deal is open", "有进行中的商机"),
    "locked": Label("it is protected", "已保护"),
    "paid": Label("it has paid", "已付款"),
}
LOOK_AGAIN: Final = parse_span("1 day")


@dataclass(frozen=True)
class Recycle(Deadline):
    """The body of a recall rule: a deadline with reasons to spare a record, a time of day, and an end to going round."""

    claimed_only: bool = False
    spared: tuple[tuple[str, Expression], ...] = ()
    batch_time: time | None = None
    max_recycles: int = 0
    dead: str = ""
    dead_label: Label | None = None
    look_again: Span = LOOK_AGAIN

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what the deadline reads, and the reasons to spare a record."""
        return (*super().reads, *(one for _, one in self.spared))

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return timers as a deadline does; with `claimed` only for records that their owner took from a pool."""
        if not self.claimed_only:
            return super().decide(rule, drafts, facts)
        standing = facts.standing(rule.code, [one.record_id for one in drafts if one.before])
        kept = [
            place
            for place, draft in enumerate(drafts)
            if draft.change.action == "claim"
            or (draft.record_id in standing and not draft.changed("owner"))
        ]
        spoken = super().decide(rule, [drafts[place] for place in kept], facts)
        verdicts = {kept[index]: verdict for index, verdict in spoken.items()}
        gone = Verdict(_NOT_CLAIMED, timers=self._cleared(rule, facts), silent=True)
        for place, draft in enumerate(drafts):
            if place not in kept and draft.record_id in standing:
                verdicts[place] = gone
        return verdicts

    def _planned(
        self, rule: Rule, row: Mapping[str, object], reckoned: Reckoned, facts: Facts
    ) -> datetime:
        due = super()._planned(rule, row, reckoned, facts)
        return due if self.batch_time is None else self._next_batch(due, rule, facts)

    def _next_batch(self, due: datetime, rule: Rule, facts: Facts) -> datetime:
        """Return the first time of day of the batch that is not before `due`."""
        if self.batch_time is None:
            return due
        local = due.astimezone(zone_of(facts.calendar(rule.calendar).zone))
        batch = local.replace(
            hour=self.batch_time.hour, minute=self.batch_time.minute, second=0, microsecond=0
        )
        return (batch if batch >= local else batch + timedelta(days=1)).astimezone(due.tzinfo)

    def _missed(self, present: Obligation, timer: DueTimer) -> Verdict:
        reason = self._spared_because(present)
        if reason is not None:
            return self._left_alone(present, reason)
        verdict = super()._missed(present, timer)
        if not self.max_recycles or "owner" not in verdict.sets:
            return verdict
        times = self._times(present)
        if times < self.max_recycles:
            return verdict
        name = self.dead_label or Label(self.dead)
        because = Label(
            f"{verdict.because.en}; recalled {quantity(times, 'time')} before, so to {name.en}",
            f"{verdict.because.text('zh')}；此前已回收 {times} 次，转入{name.text('zh')}",
        )
        sets = {**verdict.sets, "owner": None, "pool": self.dead}
        return replace(verdict, sets=sets, because=because)

    def _spared_because(self, present: Obligation) -> Label | None:
        row, env = present.draft.row, present.facts.env
        return next(
            (SPARED[why] for why, one in self.spared if one.evaluate(row, env) is True), None
        )

    def _left_alone(self, present: Obligation, reason: Label) -> Verdict:
        rule, facts = present.rule, present.facts
        until = facts.calendar(rule.calendar).after(facts.now, self.look_again)
        at = told_at(until, rule, facts)
        because = Label(
            f"left alone because {reason.en}; looked at again {at}",
            f"暂不回收：{reason.text('zh')}，{at} 再次检查",
        )
        timer = TimerRequest(rule.code, DUE, until, {**present.payload, "grace": True})
        return Verdict(because, timers=(timer,), silent=bool(present.payload.get("spared")))

    def _times(self, present: Obligation) -> int:
        past = present.facts.past_owners([present.draft.record_id])
        spans = past.get(present.draft.record_id, ())
        return sum(one.reason == self.then.reason for one in spans)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Recycle | None:
    """Resolve the start of the clock, the limits, what spares a record, and where it ends."""
    start = raw["clock_start"]
    if not _complete(raw, start, build):
        return None
    code = str(raw.get("end_field") if start == CONTRACT_END else FIELDS.get(start, start))
    path = "end_field" if start == CONTRACT_END else "clock_start"
    written = {**raw, "within": raw["limit"]}
    if start in COUNTED:
        written |= {"next": raw["limit"]}
    found = deadline_from(written, build, instant_from(path, code, build), "")
    if found is None:
        return None
    dead = build.known("dead", "pool", raw["dead"]) if "dead" in raw else ""
    again = span_from(raw["look_again"], "look_again", build) if "look_again" in raw else None
    return Recycle(
        **{one.name: getattr(found, one.name) for one in fields(found)},
        claimed_only=start == CLAIMED,
        spared=_spared(raw.get("spare", {}), build),
        batch_time=_time_of_day(raw, build),
        max_recycles=int(raw.get("max_recycles", 0)),
        dead=dead,
        dead_label=pool_label(build.scope, dead) if dead else None,
        look_again=again or LOOK_AGAIN,
    )


def _time_of_day(raw: Mapping[str, Any], build: Builder) -> time | None:
    if "batch_time" not in raw:
        return None
    try:
        return time.fromisoformat(raw["batch_time"])
    except ValueError:
        text = f"{raw['batch_time']!r} is no time of day."
        build.problem("batch_time", "bad_time", text, "Write '02:00'.")
        return None


def _complete(raw: Mapping[str, Any], start: str, build: Builder) -> bool:
    """Report what a start of the clock or an end of going round needs and is not there."""
    wanted = {CONTRACT_END: "end_field"} | dict.fromkeys(COUNTED, "counts")
    missing = wanted.get(start)
    if missing is not None and missing not in raw:
        text = f"a clock that starts with {start!r} needs {missing!r}."
        build.problem(missing, "missing_key", text, f"Add '{missing}: ...'; see docs/rules.")
        return False
    if ("max_recycles" in raw) != ("dead" in raw):
        text = "going round ends after some times, in a pool: both must be said."
        build.problem("max_recycles", "missing_key", text, "Write 'max_recycles' and 'dead'.")
        return False
    return True


def _spared(raw: Mapping[str, Any], build: Builder) -> tuple[tuple[str, Expression], ...]:
    found = []
    for why, written in raw.items():
        condition = build.expression(f"spare.{why}", written, expects=BOOLEAN)
        if condition is not None:
            found.append((str(why), condition))
    return tuple(found)


_NOT_CLAIMED = Label("it was not claimed", "并非领取所得")

KIND = Kind(
    "recycle",
    Label("Recall", "回收规则"),
    OBLIGE,
    {
        "properties": {
            "clock_start": {
                "enum": [*FIELDS, CONTRACT_END],
                "description": "What starts the clock of a record.",
            },
            "end_field": {
                **named("field", "datetime,date"),
                "description": "The datetime field of the contract's end.",
            },
            "limit": {**SPANS, "description": "Time until the recall: one, by value, or by cases."},
            "counts": QUALIFYING,
            "spare": {
                "type": "object",
                "minProperties": 1,
                "description": "Conditions under which a record is left alone and looked at again.",
                "properties": dict.fromkeys(SPARED, ASKED),
                "additionalProperties": False,
            },
            "look_again": {**SPAN, "description": "When a spared record is looked at again."},
            "batch_time": {
                "type": "string",
                "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
                "description": "Recalls happen at this time of the calendar's day: 02:00.",
            },
            "max_recycles": {**COUNT, "description": "After so many recalls it goes to `dead`."},
            "dead": {**A_POOL, "description": "The pool in which going round ends."},
            **SHARED,
        },
        "required": ["clock_start", "limit", "then"],
    },
    compile_rule,
    about=Label(
        "What nobody works on goes back to the pool or on to somebody else.",
        "无人跟进的记录退回公海或转给他人。",
    ),
)
