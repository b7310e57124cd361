"""Protection: an owner locks a record for a time, so that it is neither recalled nor given to somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.named import named, one_or_more
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Draft, Effect, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import LIMIT, RESTORED, Builder, Due, Facts, Rule, Verdict
from fieldstone.rules.gains import owner_before
from fieldstone.rules.kind import A_POOL, COUNT, INSTANT, NUMBER_FIELD, ROLES, SPAN, Kind
from fieldstone.rules.notices import Audience, audiences_from, message, told
from fieldstone.rules.wording import language_of, pool_label

EXPIRY: Final = "expiry"
KEEP, RELEASE = "keep", "release"
EXPIRIES: Final = (KEEP, RELEASE)
PROTECT, UNPROTECT = "protect", "unprotect"


@dataclass(frozen=True)
class Protection:
    """The body of a protection rule. The record's own fields hold until when, since which request, and how often extended."""

    until: str
    extended: str
    asked: str
    span: Span
    most: int
    counts: Expression
    extensions: int
    approvers: tuple[str, ...]
    beyond: tuple[str, ...]
    on_expiry: str
    pool: str
    pool_name: Label | None
    warn: Span | None
    audiences: tuple[Audience, ...]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return which records count as protected and who hears of requests and ends."""
        people = (one.person for one in self.audiences if one.person is not None)
        return (self.counts, *people)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Keep protected records with their owner, end the protection of those that leave, and keep its clock."""
        verdicts = {}
        for place, draft in enumerate(drafts):
            verdict = self._judged(rule, draft, facts)
            if verdict is not None:
                verdicts[place] = verdict
        return verdicts

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Return what happens to records whose protection is over, and who hears that it soon is."""
        verdicts = {}
        for place, (timer, draft) in enumerate(due):
            until = draft.row.get(self.until)
            if not isinstance(until, datetime) or not draft.row.get("owner"):
                continue
            if timer.kind != EXPIRY:
                verdicts[place] = self._warned(rule, draft, until, facts)
            elif until <= facts.now:
                verdicts[place] = self._expired(rule, draft, facts)
        return verdicts

    def protects(self, row: Mapping[str, object], now: datetime) -> bool:
        """Tell whether a record is protected now."""
        until = row.get(self.until)
        return isinstance(until, datetime) and until > now

    def may_approve(self, roles: frozenset[str]) -> bool:
        """Tell whether somebody with these roles protects without asking; nobody needs to ask where none is named."""
        return not self.approvers or not roles.isdisjoint(self.approvers)

    def times(self, row: Mapping[str, object]) -> int:
        """Return how often the protection of a record was extended."""
        value = row.get(self.extended)
        return value if isinstance(value, int) else 0

    def _judged(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict | None:
        before = draft.before or {}
        owner = owner_before(draft)
        left = owner is not None and draft.changed("owner")
        if left and self.protects(before, facts.now):
            if not self._may_take(draft, owner, facts):
                return self._refused(before, facts)
            return self._ended(rule)
        if left and before.get(self.until) is not None:
            return self._ended(rule)
        restored = draft.change.action == RESTORED and before.get(self.until) is not None
        if draft.changed(self.until) or restored:
            return self._clocked(rule, draft, facts)
        if self.asked and draft.changed(self.asked) and draft.row.get(self.asked):
            return self._requested(draft, facts)
        return None

    def _requested(self, draft: Draft, facts: Facts) -> Verdict:
        effects = told(
            self.audiences, ("in_page",), draft, facts, topic="protection", text=_REQUESTED
        )
        return Verdict(_REQUESTED, effects=effects)

    def _may_take(self, draft: Draft, owner: str | None, facts: Facts) -> bool:
        """The owner lets go; those who approve protections, and what ends the record's way, may take it."""
        user = facts.env.user or {}
        roles = frozenset(facts.env.roles)
        return (
            (user.get("id") == owner and facts.source not in ("rule", "timer"))
            or not roles.isdisjoint((*self.approvers, *self.beyond))
            or draft.change.action in ("convert", "merge", "handover")
        )

    def _refused(self, before: Mapping[str, object], facts: Facts) -> Verdict:
        until = before.get(self.until)
        at = _told(until, facts) if isinstance(until, datetime) else ""
        because = Label(
            f"It is protected by its owner until {at}.", f"该记录受负责人保护，至 {at}。"
        )
        if facts.source in ("rule", "timer"):
            kept = {"owner": before.get("owner"), "pool": None}
            return Verdict(because, sets=kept, reason="protected")
        language = language_of(facts)
        problem = Problem("protected", "owner", because.text(language), _ASK.text(language))
        return Verdict(because, problems=(problem,))

    def _ended(self, rule: Rule) -> Verdict:
        timers = tuple(TimerRequest(rule.code, kind, None) for kind in (EXPIRY, "warn"))
        sets = {self.until: None, self.extended: 0, self.asked: None}
        return Verdict(_OVER, sets={k: v for k, v in sets.items() if k}, timers=timers, silent=True)

    def _clocked(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict:
        until = draft.row.get(self.until)
        if not isinstance(until, datetime):
            return self._ended(rule)
        timers = [TimerRequest(rule.code, EXPIRY, until)]
        if self.warn is not None:
            at = facts.calendar(rule.calendar).before(until, self.warn)
            timers.append(TimerRequest(rule.code, "warn", at if at > facts.now else None))
        told_until = _told(until, facts)
        because = Label(f"protected until {told_until}", f"受保护至 {told_until}")
        return Verdict(because, timers=tuple(timers))

    def _expired(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict:
        ended = self._ended(rule).sets
        text, sets = _EXPIRED, dict(ended)
        if self.on_expiry == RELEASE:
            name = self.pool_name or Label(self.pool)
            text = Label(
                f"The protection is over: back to {name.en}.",
                f"保护期已结束，退回{name.text('zh')}。",
            )
            sets |= {"owner": None, "pool": self.pool}
        owner = str(draft.row.get("owner"))
        effects = (Effect("in_page", owner, "protection", message(draft, text)),)
        return Verdict(text, sets=sets, effects=effects, reason="protection_over")

    def _warned(self, rule: Rule, draft: Draft, until: datetime, facts: Facts) -> Verdict:
        at = _told(until, facts)
        text = Label(
            f"{rule.label.en}: it ends {at}.", f"{rule.label.text('zh')}：将于 {at} 结束。"
        )
        owner = str(draft.row.get("owner"))
        own = Effect("in_page", owner, "protection", message(draft, text))
        others = told(self.audiences, ("in_page",), draft, facts, topic="protection", text=text)
        return Verdict(text, effects=(own, *others))


def _told(instant: datetime, facts: Facts) -> str:
    return instant.astimezone(facts.env.timezone).strftime("%Y-%m-%d %H:%M")


_REQUESTED = Label("Its owner asks to protect this record.", "负责人申请保护该记录。")
_OVER = Label("the protection is over", "保护已结束")
_EXPIRED = Label("The protection is over.", "保护期已结束。")
_ASK = Label("Ask its owner, or wait until then.", "请联系负责人，或等待保护期结束。")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Protection | None:
    """Resolve the fields that hold the protection, its limits and who approves."""
    until = build.field("until", raw["until"])
    span = span_from(raw["for"], "for", build)
    counts = build.expression("until", f"{until} > now()", expects=BOOLEAN) if until else None
    release = raw.get("on_expiry", KEEP)
    pool = (
        build.known("on_expiry.release_to", "pool", release["release_to"])
        if isinstance(release, Mapping)
        else ""
    )
    if span is None or counts is None:
        return None
    return Protection(
        until=until,
        extended=build.field("extended", raw["extended"]) if "extended" in raw else "",
        asked=build.field("asked", raw["asked"]) if "asked" in raw else "",
        span=span,
        most=int(raw.get("most", 0)),
        counts=counts,
        extensions=int(raw.get("extensions", 0)),
        approvers=_roles(raw, "approved_by", build),
        beyond=_roles(raw, "beyond", build),
        on_expiry=RELEASE if pool else KEEP,
        pool=pool,
        pool_name=pool_label(build.scope, pool) if pool else None,
        warn=span_from(raw["warn"], "warn", build) if "warn" in raw else None,
        audiences=audiences_from(raw["notify"], "notify", build) if "notify" in raw else (),
    )


def _roles(raw: Mapping[str, Any], key: str, build: Builder) -> tuple[str, ...]:
    return tuple(build.known(f"{key}.{i}", "role", one) for i, one in enumerate(raw.get(key, ())))


KIND = Kind(
    "protection",
    Label("Protection", "保护规则"),
    LIMIT,
    {
        "properties": {
            "until": {**INSTANT, "description": "The datetime field that holds the end of it."},
            "extended": {
                **NUMBER_FIELD,
                "description": "The whole-number field that counts extensions.",
            },
            "asked": {**INSTANT, "description": "The datetime field that keeps an open request."},
            "for": {**SPAN, "description": "How long a protection lasts, and each extension."},
            "most": {**COUNT, "description": "How many records one person may protect at once."},
            "extensions": {
                "type": "integer",
                "minimum": 0,
                "maximum": 100,
                "description": "How often a protection may be extended; 0 if left out.",
            },
            "approved_by": {
                **ROLES,
                "description": "Roles that say yes to a request; left out: owners protect by themselves.",
            },
            "beyond": {
                **ROLES,
                "description": "Roles that may take a protected record from its owner.",
            },
            "on_expiry": {
                "description": "What happens when it is over: the owner keeps it, or it goes to a pool.",
                "oneOf": [
                    {"const": KEEP},
                    {
                        "type": "object",
                        "properties": {"release_to": A_POOL},
                        "required": ["release_to"],
                        "additionalProperties": False,
                    },
                ],
            },
            "warn": {**SPAN, "description": "How long before the end its owner is told."},
            "notify": {
                **one_or_more(named("person")),
                "description": "Who else hears of requests and ends.",
            },
        },
        "required": ["until", "for"],
    },
    compile_rule,
    about=Label(
        "An owner keeps a record for a time: it is neither recalled nor given to somebody else.",
        "负责人在一段时间内保护记录：不被回收，也不转给他人。",
    ),
)
