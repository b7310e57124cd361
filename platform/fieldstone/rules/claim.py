"""Claiming from a pool: how many per hour, day, week or month, by whom, when, and what must be finished first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.named import named, several
from fieldstone.base.workdays import CalendarError, Span, zone_of
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from
from fieldstone.rules.claim_body import Claim, Gate, Unfinished
from fieldstone.rules.claim_quota import CLAIMS, LEDGERS, PERIODS, POOL, Quota
from fieldstone.rules.contract import MOVE, Builder, Facts, Rule
from fieldstone.rules.cooldown import EVERYBODY, Cooldown, must_wait
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.groups import GROUP_KEYS, group_from
from fieldstone.rules.kind import (
    A_POOL,
    ASKED,
    BOTH_LANGUAGES,
    CONDITION,
    COUNT,
    SPAN,
    TEXT,
    Kind,
    label_from,
)

SHORT: Final = {f"per_{period}": period for period in PERIODS}


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


def waits(
    rules: Sequence[Rule], record_ids: Sequence[str], person: str, facts: Facts
) -> dict[str, Problem]:
    """Return by record why `person` must wait before claiming it: cool-down rules, and those that deadlines hold."""
    found: dict[str, datetime] = {}
    object_name = rules[0].object_name if rules else ""
    for record_id, barred in facts.barred(object_name, record_ids).items() if rules else ():
        free = barred.get(person) or barred.get(EVERYBODY)
        if free is not None:
            found[record_id] = free
    cooldowns = list(_cooldowns(rules))
    past = facts.past_owners(record_ids) if cooldowns else {}
    for record_id, spans in past.items():
        for cooldown, calendar in cooldowns:
            free = cooldown.until(person, spans, facts.calendar(calendar), facts.now)
            if free is not None:
                found[record_id] = max(free, found.get(record_id, free))
    return {one: must_wait(free, facts, own=True) for one, free in found.items()}


def _cooldowns(rules: Iterable[Rule]) -> Iterable[tuple[Cooldown, str]]:
    for rule in rules:
        if isinstance(rule.body, Deadline) and rule.body.cooldown is not None:
            yield rule.body.cooldown, rule.calendar


def _names(rule: Rule, pool: str) -> bool:
    return isinstance(rule.body, Claim) and pool in rule.body.pools


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Claim:
    """Resolve pools, groups, spans and conditions."""
    unfinished = None
    if "must_finish" in raw:
        written = raw["must_finish"]
        counts = build.expression("must_finish.counts", written["counts"], expects=BOOLEAN)
        if counts is not None:
            unfinished = Unfinished(counts, int(written["most"]), _message(written))
    return Claim(
        pools=tuple(
            build.known(f"pools.{i}", "pool", name) for i, name in enumerate(raw.get("pools", ()))
        ),
        quotas=tuple(_quotas(raw, build)),
        zone=_zone(raw, build),
        min_interval=_span(raw, "min_interval", build),
        batch_max=int(raw.get("batch_max", 0)),
        embargo=_span(raw, "embargo_new", build),
        gates=tuple(_gates(raw, build)),
        window=build.known("window", "calendar", raw["window"]) if "window" in raw else "",
        unfinished=unfinished,
        return_free=_span(raw, "return_free_period", build),
        ranking=build.known("ranking", "rule", raw["ranking"]) if "ranking" in raw else "",
    )


def _quotas(raw: Mapping[str, Any], build: Builder) -> Iterable[Quota]:
    for key, period in SHORT.items():
        if key in raw:
            yield Quota(int(raw[key]), period)
    for role, written in raw.get("roles", {}).items():
        known = build.known(f"roles.{role}", "role", role)
        for key, most in written.items():
            yield Quota(int(most), SHORT[key], group=f"role:{known}")
    for place, written in enumerate(raw.get("quotas", ())):
        path = f"quotas.{place}"
        together = "together" in written
        group = (
            POOL if written.get("together") == POOL else group_from(_group(written), path, build)
        )
        span = (
            span_from(written["within"], f"{path}.within", build) if "within" in written else None
        )
        yield Quota(
            int(written["most"]),
            "" if "within" in written else str(written.get("each", "day")),
            str(written.get("counts", CLAIMS)),
            span,
            group,
            together,
        )


def _group(written: Mapping[str, Any]) -> Mapping[str, Any]:
    together = written.get("together")
    return together if isinstance(together, Mapping) else written


def _gates(raw: Mapping[str, Any], build: Builder) -> Iterable[Gate]:
    for place, written in enumerate(raw.get("gates", ())):
        path = f"gates.{place}"
        when = build.expression(f"{path}.when", written["when"], expects=BOOLEAN)
        needs = build.expression(f"{path}.needs", written["needs"], expects=BOOLEAN)
        if when is not None and needs is not None:
            yield Gate(when, needs, _message(written))


def _message(written: Mapping[str, Any]) -> Label | None:
    return label_from(written["message"]) if "message" in written else None


def _span(raw: Mapping[str, Any], key: str, build: Builder) -> Span | None:
    return span_from(raw[key], key, build) if key in raw else None


def _zone(raw: Mapping[str, Any], build: Builder) -> str:
    zone = str(raw.get("time_zone", ""))
    try:
        zone_of(zone or "UTC")
    except (CalendarError, ValueError, OSError):
        text = f"there is no time zone {zone!r}."
        build.problem("time_zone", "unknown_zone", text, "Write a name such as Asia/Shanghai.")
    return zone


_SHORT_QUOTAS: Final = {
    key: {**COUNT, "description": f"How many claims one person has a {period}."}
    for key, period in SHORT.items()
}
_QUOTA: Final = {
    "type": "object",
    "properties": {
        "most": {**COUNT, "minimum": 0, "description": "How many the period allows."},
        "each": {"enum": list(PERIODS), "description": "A period of the clock; day if left out."},
        "within": {**SPAN, "description": "A period that rolls on instead: 24 hours, 7 days."},
        "counts": {
            "enum": list(LEDGERS),
            "description": "claims: gross, returns give nothing back; net: claims less returns; views: looks at a record before the claim.",
        },
        **GROUP_KEYS,
        "together": {
            "description": "The limit is that of a group in sum, or of all who take from the pool.",
            "oneOf": [
                {"const": POOL},
                {
                    "type": "object",
                    "properties": dict(GROUP_KEYS),
                    "additionalProperties": False,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        },
    },
    "required": ["most"],
    "additionalProperties": False,
    "not": {"required": ["each", "within"]},
}
_GATE: Final = {
    "type": "object",
    "properties": {
        "when": {
            **CONDITION,
            "description": "Which records the gate guards, such as the best grade.",
        },
        "needs": {**TEXT, "description": "What must hold for the person who claims."},
        "message": {**BOTH_LANGUAGES, "description": "What is told otherwise."},
    },
    "required": ["when", "needs"],
    "additionalProperties": False,
}

KIND = Kind(
    "claim",
    Label("Claim limits", "领取规则"),
    MOVE,
    {
        "properties": {
            "pools": several(
                A_POOL, description="The pools it governs; left out: all of the object."
            ),
            **_SHORT_QUOTAS,
            "roles": {
                "type": "object",
                "description": "Other numbers for a role.",
                "propertyNames": named("role"),
                "additionalProperties": {
                    "type": "object",
                    "properties": _SHORT_QUOTAS,
                    "additionalProperties": False,
                },
            },
            "quotas": {"type": "array", "items": _QUOTA, "minItems": 1},
            "time_zone": named(
                "time_zone", description="Where days begin; that of the calendar if left out."
            ),
            "min_interval": {
                **SPAN,
                "description": "The least time between two claims of a person.",
            },
            "batch_max": {**COUNT, "description": "How many may be claimed at once."},
            "embargo_new": {
                **SPAN,
                "description": "How long a record lies in the pool before it may be claimed.",
            },
            "gates": {"type": "array", "items": _GATE, "minItems": 1},
            "window": named(
                "calendar", description="A calendar: claims go through only while it is open."
            ),
            "must_finish": {
                "type": "object",
                "description": "What a person must have worked off before claiming more.",
                "properties": {
                    "counts": {**ASKED, "description": "Which held records are unfinished."},
                    "most": {
                        **COUNT,
                        "description": "So many unfinished ones stop further claims.",
                    },
                    "message": BOTH_LANGUAGES,
                },
                "required": ["counts", "most"],
                "additionalProperties": False,
            },
            "ranking": named(
                "rule",
                "ranking_program",
                description="A ranking programme: its ranks add claims a day and keep some records for themselves.",
            ),
            "return_free_period": {
                **SPAN,
                "description": "A record given back within this time is given back to net quotas; left out: within the period.",
            },
        },
        "required": [],
    },
    compile_rule,
    about=Label(
        "How many records of a pool a person may claim, by whom, when, and what must be finished first.",
        "每人可从公海领取多少记录、谁可以领取、何时领取，以及须先处理哪些工作。",
    ),
)
