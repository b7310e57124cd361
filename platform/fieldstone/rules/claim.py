"""Claiming from a pool: how many per day, how many at once, and who must wait after giving a record back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import MOVE, Builder, Facts, Rule, Verdict
from fieldstone.rules.cooldown import COOLDOWN, Cooldown, cooldown_from
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.kind import CODES, COUNT, TEXT, Kind
from fieldstone.rules.wording import language_of


@dataclass(frozen=True)
class Limits:
    """What one person may take and hold; 0 is no limit."""

    per_day: int = 0
    per_week: int = 0
    holding: int = 0


@dataclass(frozen=True)
class Quota:
    """How many claims a period allows; `period` names the counter: "day:2026-03-02", "week:2026-W10"."""

    period: str
    limit: int


@dataclass(frozen=True)
class Claim:
    """The body of a claim rule. The claim action asks it, and spends the quotas inside its transaction."""

    pools: tuple[str, ...]
    limits: Limits
    by_role: Mapping[str, Limits]
    counts: Expression | None
    cooldown: Cooldown | None

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: what counts as held is asked by the database."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: the claim action asks before it writes."""
        return {}

    def limits_for(self, roles: Collection[str]) -> Limits:
        """Return the limits of a person: of several roles with own limits the most generous number counts."""
        own = [limits for role, limits in self.by_role.items() if role in roles]
        if not own:
            return self.limits
        return Limits(
            _most([one.per_day for one in own]),
            _most([one.per_week for one in own]),
            _most([one.holding for one in own]),
        )

    def quotas(self, roles: Collection[str], today: date) -> tuple[Quota, ...]:
        """Return the counters a claim is taken from; `today` is the date where the person works."""
        limits = self.limits_for(roles)
        year, week, _ = today.isocalendar()
        wanted = (
            Quota(f"day:{today.isoformat()}", limits.per_day),
            Quota(f"week:{year}-W{week:02}", limits.per_week),
        )
        return tuple(quota for quota in wanted if quota.limit)


def claim_rule(rules: Iterable[Rule], pool: str) -> Rule | None:
    """Return the rule that governs claims from a pool; one that names the pool goes before one for all pools."""
    fitting = [
        rule
        for rule in rules
        if rule.enabled
        and isinstance(rule.body, Claim)
        and (pool in rule.body.pools or not rule.body.pools)
    ]
    return min(
        fitting, key=lambda rule: (not _names(rule, pool), rule.priority, rule.code), default=None
    )


def claim_refusals(
    rules: Sequence[Rule],
    pool: str,
    record_ids: Sequence[str],
    person: str,
    facts: Facts,
) -> Mapping[str, Problem]:
    """Return by record why `person` may not claim it; asked inside the claim's transaction, before the quota is spent.

    `rules` are the rules of the object: cool-downs of its deadlines count too. The person's roles are those of
    `facts.env`. Records are considered in the order given; those beyond the holding limit are refused.
    """
    rule = claim_rule(rules, pool)
    cooldowns = list(_cooldowns(rules, rule))
    past = facts.past_owners(record_ids) if cooldowns else {}
    refused: dict[str, Problem] = {}
    for record_id in record_ids:
        waits = [
            free
            for cooldown, calendar in cooldowns
            if (
                free := cooldown.until(
                    person, past.get(record_id, ()), facts.calendar(calendar), facts.now
                )
            )
        ]
        if waits:
            refused[record_id] = _must_wait(max(waits), facts)
    if rule is not None and isinstance(rule.body, Claim):
        free_ids = [one for one in record_ids if one not in refused]
        refused |= _beyond_holding(rule, rule.body, free_ids, person, facts)
    return refused


def quota_refusal(rule: Rule, quota: Quota, facts: Facts) -> Problem:
    """Return what to tell somebody whose quota is used up."""
    language = language_of(facts)
    told = _WEEK_FULL if quota.period.startswith("week") else _DAY_FULL
    return Problem(
        "claim_quota",
        rule.code,
        told.filled_in({"limit": quota.limit}).text(language),
        _TOMORROW.text(language),
    )


def _cooldowns(rules: Iterable[Rule], claim: Rule | None) -> Iterable[tuple[Cooldown, str]]:
    if claim is not None and isinstance(claim.body, Claim) and claim.body.cooldown is not None:
        yield claim.body.cooldown, claim.calendar
    for rule in rules:
        if isinstance(rule.body, Deadline) and rule.body.cooldown is not None:
            yield rule.body.cooldown, rule.calendar


def _beyond_holding(
    rule: Rule, body: Claim, record_ids: Sequence[str], person: str, facts: Facts
) -> dict[str, Problem]:
    limit = body.limits_for(facts.env.roles).holding
    if not limit or not record_ids:
        return {}
    held = facts.workload(rule.object_name, [person], body.counts).get(person, 0)
    language = language_of(facts)
    problem = Problem(
        "holding_limit",
        rule.code,
        _HOLDS.filled_in({"held": held, "limit": limit}).text(language),
        _GIVE_BACK.text(language),
    )
    return dict.fromkeys(record_ids[max(0, limit - held) :], problem)


def _must_wait(free: datetime, facts: Facts) -> Problem:
    language = language_of(facts)
    at = free.astimezone(facts.env.timezone).strftime("%Y-%m-%d %H:%M")
    return Problem(
        "cooling_down",
        "owner",
        _COOLING.filled_in({"at": at}).text(language),
        _LATER.text(language),
    )


def _names(rule: Rule, pool: str) -> bool:
    return isinstance(rule.body, Claim) and pool in rule.body.pools


def _most(numbers: Sequence[int]) -> int:
    return 0 if 0 in numbers else max(numbers)


_DAY_FULL = Label(
    "You have claimed {limit} today, the daily limit.", "今日已领取 {limit} 条，达到每日上限。"
)
_WEEK_FULL = Label(
    "You have claimed {limit} this week, the limit.", "本周已领取 {limit} 条，达到上限。"
)
_TOMORROW = Label(
    "Claim again when the period is over, or ask a manager.", "请在下个周期再领取，或联系主管。"
)
_HOLDS = Label("You hold {held} of at most {limit}.", "您已持有 {held} 条，上限为 {limit} 条。")
_GIVE_BACK = Label("Finish or return some first.", "请先处理或退回部分记录。")
_COOLING = Label(
    "You had it before; you may claim it again from {at}.", "您曾持有该记录，{at} 之后可再次领取。"
)
_LATER = Label("Choose another one.", "请选择其他记录。")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Claim:
    """Resolve pools, roles and limits."""
    pools = tuple(
        build.known(f"pools.{i}", "pool", name) for i, name in enumerate(raw.get("pools", ()))
    )
    by_role = {
        build.known(f"roles.{role}", "role", role): _limits({**raw, **written})
        for role, written in raw.get("roles", {}).items()
    }
    return Claim(
        pools,
        _limits(raw),
        by_role,
        build.expression("holding_counts", raw.get("holding_counts"), expects=BOOLEAN),
        cooldown_from(raw.get("cooldown"), "cooldown", build),
    )


def _limits(raw: Mapping[str, Any]) -> Limits:
    return Limits(
        int(raw.get("per_day", 0)), int(raw.get("per_week", 0)), int(raw.get("holding", 0))
    )


_LIMITS = {"per_day": COUNT, "per_week": COUNT, "holding": COUNT}

KIND = Kind(
    "claim",
    Label("Claim limits", "领取规则"),
    MOVE,
    {
        "properties": {
            "pools": CODES,
            **_LIMITS,
            "roles": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": _LIMITS,
                    "additionalProperties": False,
                },
            },
            "holding_counts": TEXT,
            "cooldown": COOLDOWN,
        },
        "required": [],
    },
    compile_rule,
)
