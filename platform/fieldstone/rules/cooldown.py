"""Cool-down: for how long those who owned a record before may not have it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.named import several
from fieldstone.base.workdays import Calendar, Span
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import LIMIT, Builder, Facts, PastOwner, Rule, Verdict
from fieldstone.rules.gains import UNATTENDED, Gain, gains_of
from fieldstone.rules.kind import FIELD, REASON, SPAN, Kind
from fieldstone.rules.wording import language_of

EVERYBODY: Final = "*"
ENDS: Final = ("return", "recall", "reject", "transfer")
JUDGED: Final = ("claim", "assign", "transfer", "merge", "import", "rule")
"""Where there is an owner before; a new record and one from the recycle bin have none to wait for."""
RECORD, COMPANY = "record", "company"
WAIVED: Final = "waives_cooldown"
"""What the change of a hand-over asks: an heir may have had the record before."""
LONGEST_SPAN: Final = Span(1830, "days")


@dataclass(frozen=True)
class Escalation:
    """Each further time the same person had the record, the wait is `factor` times as long, at most `longest`."""

    factor: Decimal
    longest: Span | None = None

    def grown(self, span: Span, times: int) -> Span:
        """Return the wait after the person has had the record `times` times."""
        amount = int(span.amount * self.factor ** max(0, min(times, 20) - 1))
        most = self.longest or LONGEST_SPAN
        limit = most.amount if most.unit == span.unit else _minutes(most) // _minutes(_one(span))
        return replace(span, amount=min(amount, limit))


@dataclass(frozen=True)
class Cooldown:
    """The last `owners` spans of ownership block their owner for `span`; 0 owners are all there ever were.

    `reasons` and `ends` limit it to some ends of ownership.
    """

    owners: int
    span: Span
    reasons: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    escalation: Escalation | None = None

    def until(
        self, person: str, past: Sequence[PastOwner], calendar: Calendar, now: datetime
    ) -> datetime | None:
        """Return when `person` may take the record again, None when they may now."""
        return self.waits(past, calendar, now).get(person)

    def waits(
        self, past: Sequence[PastOwner], calendar: Calendar, now: datetime
    ) -> dict[str, datetime]:
        """Return who may not take the record, and until when; `past` is newest first.

        All of the last owners count, not only the very last, so that two people cannot pass a record to and fro.
        """
        counted = [one for one in past if self._counts(one)]
        found: dict[str, datetime] = {}
        for one in past[: self.owners] if self.owners else past:
            if not self._counts(one):
                continue
            span = self.span
            if self.escalation is not None:
                times = sum(other.owner == one.owner for other in counted)
                span = self.escalation.grown(span, times)
            free = calendar.after(one.until, span)
            if free > now and free > found.get(one.owner, now):
                found[one.owner] = free
        return found

    def _counts(self, one: PastOwner) -> bool:
        # A person's own words follow the code: "returned: wrong region".
        code = one.reason.partition(":")[0]
        return (not self.reasons or code in self.reasons) and (
            not self.ends or one.way in self.ends
        )


@dataclass(frozen=True)
class CooldownRule:
    """The body of a cool-down rule. `override` is a field: days for this record alone, or true to waive it."""

    cooldown: Cooldown
    subject: str
    across: str
    override: str
    ways: frozenset[str]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: history is asked of the database."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Refuse those who must wait; what a rule would give them waits without an owner."""
        gains = [
            one
            for one in gains_of(drafts, facts)
            if one.way in self.ways and not one.draft.change.asks.get(WAIVED)
        ]
        rows = {gain.draft.record_id: gain.draft.row for gain in gains if gain.draft.before}
        barred = self.barred(rule, rows, facts)
        verdicts = {}
        for gain in gains:
            waits = barred.get(gain.draft.record_id, {})
            free = waits.get(gain.person) or waits.get(EVERYBODY)
            if free is not None:
                verdicts[gain.place] = _refused(gain, free, facts)
        return verdicts

    def barred(
        self, rule: Rule, rows: Mapping[str, Mapping[str, object]], facts: Facts
    ) -> dict[str, dict[str, datetime]]:
        """Return, by record, who may not have it and until when; "*" is everybody."""
        past = self._past(rule, list(rows), facts)
        calendar = facts.calendar(rule.calendar)
        found: dict[str, dict[str, datetime]] = {}
        for record_id, spans in past.items():
            cooldown = self._of_record(rows[record_id])
            waits = cooldown.waits(spans, calendar, facts.now) if cooldown and spans else {}
            if waits:
                found[record_id] = self._widened(waits, facts)
        return found

    def _past(
        self, rule: Rule, record_ids: Sequence[str], facts: Facts
    ) -> Mapping[str, Sequence[PastOwner]]:
        if not record_ids:
            return {}
        if not self.across:
            return facts.past_owners(record_ids)
        alike = facts.alike(rule.object_name, self.across, record_ids)
        every = facts.past_owners(sorted({one for several in alike.values() for one in several}))
        return {
            record_id: sorted(
                (span for other in others for span in every.get(other, ())),
                key=lambda span: span.until,
                reverse=True,
            )
            for record_id, others in alike.items()
        }

    def _of_record(self, row: Mapping[str, object]) -> Cooldown | None:
        own = row.get(self.override) if self.override else None
        if own is True or (own == 0 and own is not False):
            return None
        if isinstance(own, (int, Decimal)) and not isinstance(own, bool):
            return replace(self.cooldown, span=Span(int(own), "days"))
        return self.cooldown

    def _widened(self, waits: dict[str, datetime], facts: Facts) -> dict[str, datetime]:
        if self.subject == "all":
            return {EVERYBODY: max(waits.values())}
        if self.subject != "team":
            return waits
        found = dict(waits)
        for owner, belonging in facts.belonging(sorted(waits)).items():
            teams = [one for one in belonging.groups if one.startswith("team:")]
            for mate in facts.people(teams[0]) if teams else ():
                found[mate.id] = max(waits[owner], found.get(mate.id, waits[owner]))
        return found


def barred_by(
    rules: Iterable[Rule], rows: Mapping[str, Mapping[str, object]], facts: Facts
) -> dict[str, dict[str, datetime]]:
    """Return, by record, who may not have it by any of these cool-down rules, and until when."""
    found: dict[str, dict[str, datetime]] = {}
    for rule in rules:
        if isinstance(rule.body, CooldownRule):
            met = {record: row for record, row in rows.items() if _holds(rule, row, facts)}
            for record_id, waits in rule.body.barred(rule, met, facts).items():
                known = found.setdefault(record_id, {})
                for person, free in waits.items():
                    known[person] = max(free, known.get(person, free))
    return found


def must_wait(free: datetime, facts: Facts, *, own: bool) -> Problem:
    """Return what to tell somebody who may not have a record yet; `own`: who asks is who had it."""
    language = language_of(facts)
    at = free.astimezone(facts.env.timezone).strftime("%Y-%m-%d %H:%M")
    text, cure = (_COOLING, _LATER) if own else (_OTHER, _SOMEBODY)
    return Problem(
        "cooling_down", "owner", text.filled_in({"at": at}).text(language), cure.text(language)
    )


def _refused(gain: Gain, free: datetime, facts: Facts) -> Verdict:
    at = free.astimezone(facts.env.timezone).strftime("%Y-%m-%d %H:%M")
    because = _BARRED.filled_in({"at": at})
    if gain.way in UNATTENDED:
        return Verdict(because, sets={"owner": None}, reason="cooling_down")
    problem = must_wait(free, facts, own=gain.person == (facts.env.user or {}).get("id"))
    return Verdict(because, problems=(problem,))


def _holds(rule: Rule, row: Mapping[str, object], facts: Facts) -> bool:
    if rule.when is not None and rule.when.evaluate(row, facts.env) is not True:
        return False
    return rule.exempt is None or rule.exempt.evaluate(row, facts.env) is not True


def _minutes(span: Span) -> int:
    return span.amount if span.unit == "minutes" else span.amount * 1440


def _one(span: Span) -> Span:
    return replace(span, amount=1)


_COOLING = Label(
    "You had it before; you may claim it again from {at}.", "您曾持有该记录，{at} 之后可再次领取。"
)
_LATER = Label("Choose another one.", "请选择其他记录。")
_OTHER = Label(
    "Who had it before may have it again from {at}.", "曾持有该记录的人 {at} 之后才能再次持有。"
)
_SOMEBODY = Label("Choose somebody else.", "请选择其他人。")
_BARRED = Label("had it before: must wait until {at}", "曾持有该记录：冷却至 {at}")


def cooldown_from(
    raw: Mapping[str, Any] | None, path: str, build: Builder, reasons: tuple[str, ...] = ()
) -> Cooldown | None:
    """Compile `{owners: 2, for: 7 days, reasons: [...]}`."""
    if raw is None:
        return None
    at = f"{path}." if path else ""
    span = span_from(raw["for"], f"{at}for", build)
    if span is None:
        return None
    escalation = None
    if "escalate" in raw:
        written = raw["escalate"]
        longest = (
            span_from(written["longest"], f"{at}escalate.longest", build)
            if "longest" in written
            else None
        )
        escalation = Escalation(Decimal(str(written["factor"])), longest)
    owners = 0 if raw.get("owners") == "all" else int(raw.get("owners", 1))
    return Cooldown(
        owners,
        span,
        tuple(raw.get("reasons", reasons)),
        tuple(raw.get("after", ())),
        escalation,
    )


_KEYS: Final[Mapping[str, Any]] = {
    "owners": {
        "oneOf": [{"type": "integer", "minimum": 1, "maximum": 100}, {"const": "all"}],
        "description": "How many of the last owners must wait; all: whoever ever had it.",
    },
    "for": SPAN,
    "reasons": {
        **several(REASON),
        "description": "Only after ownership that ended for these reasons.",
    },
    "after": {
        "type": "array",
        "items": {"enum": list(ENDS)},
        "minItems": 1,
        "uniqueItems": True,
        "description": "Only after ownership that ended in these ways; left out: all.",
    },
    "escalate": {
        "type": "object",
        "properties": {
            "factor": {
                "type": "number",
                "minimum": 1,
                "maximum": 100,
                "description": "How many times longer the wait is each further time the same person had it.",
            },
            "longest": {**SPAN, "description": "The wait grows no further than this."},
        },
        "required": ["factor"],
        "additionalProperties": False,
        "description": "The wait grows with each time the same person had the record.",
    },
}
COOLDOWN = {
    "type": "object",
    "properties": dict(_KEYS),
    "required": ["for"],
    "additionalProperties": False,
}


def compile_rule(raw: Mapping[str, Any], build: Builder) -> CooldownRule | None:
    """Resolve the wait, whom it bars and the fields it reads."""
    cooldown = cooldown_from(raw, "", build)
    across = ""
    if raw.get("object_of", RECORD) == COMPANY:
        across = build.field("by", raw.get("by", "company"))
    override = build.field("override", raw["override"]) if "override" in raw else ""
    if cooldown is None:
        return None
    return CooldownRule(
        cooldown,
        str(raw.get("subject", "user")),
        across,
        override,
        frozenset(raw.get("applies_to", JUDGED)),
    )


KIND = Kind(
    "cooldown",
    Label("Cool-down", "冷却期"),
    LIMIT,
    {
        "properties": {
            **_KEYS,
            "subject": {
                "enum": ["user", "team", "all"],
                "description": "Who must wait: who had it, their whole team, or everybody.",
            },
            "object_of": {
                "enum": [RECORD, COMPANY],
                "description": "record: whoever had this record; company: whoever had one of the same company.",
            },
            "by": {
                **FIELD,
                "description": "The field that tells the company; company if left out.",
            },
            "override": {
                **FIELD,
                "description": "A field of the record: days for it alone (0 waives), or true to waive.",
            },
            "applies_to": {
                "type": "array",
                "items": {"enum": list(JUDGED)},
                "minItems": 1,
                "uniqueItems": True,
                "description": "The ways of coming to own a record that are judged; left out: all.",
            },
        },
        "required": ["for"],
    },
    compile_rule,
    about=Label(
        "For how long those who owned a record before may not have it again.",
        "曾经的负责人在多长时间内不能再次获得该记录。",
    ),
)
