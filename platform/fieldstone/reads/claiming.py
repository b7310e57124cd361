"""What a person may still take from a public pool, and why they may not take a record; the claim action decides again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem
from fieldstone.reads.sight import Sight
from fieldstone.rules.claim import Claim, claim_refusals, claim_rule
from fieldstone.rules.cooldown import EVERYBODY, must_wait
from fieldstone.rules.holding_limit import held_of
from fieldstone.storage.counters import Counters
from fieldstone.storage.facts import FactsReader


@dataclass(frozen=True)
class Claiming:
    """What is used of each limit (a limit of 0 is none), and the refusals by record."""

    may_claim: bool
    today: int = 0
    per_day: int = 0
    held: int = 0
    holding: int = 0
    refused: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def left_today(self) -> int | None:
        """Return how many claims are left today, None without a limit."""
        return max(0, self.per_day - self.today) if self.per_day else None

    @property
    def is_full(self) -> bool:
        """Tell whether no further claim would go through."""
        return self.left_today == 0 or bool(self.holding and self.held >= self.holding)


def claiming_of(sight: Sight, pool: str, object_name: str, ids: Sequence[str]) -> Claiming:
    """Return where the actor stands with the claims of a pool, and which of these records they must leave."""
    person, reader = sight.ctx.actor, sight.reader
    may_claim = sight.viewer.access(object_name).may_claim
    rules = sight.model.rules_of(object_name)
    rule = claim_rule(rules, pool)
    facts = FactsReader(reader.connection, reader.tables, reader.ctx)
    waits = facts.barred(object_name, ids)
    refused = {
        record_id: must_wait(free, facts, own=person.id in barred)
        for record_id, barred in waits.items()
        if (free := barred.get(person.id) or barred.get(EVERYBODY))
    }
    refused |= claim_refusals(rules, pool, ids, person.id, facts)
    held, holding = held_of(rules, object_name, person.id, facts) or (0, 0)
    if rule is None or not isinstance(rule.body, Claim):
        return Claiming(may_claim, 0, 0, held, holding, refused)
    limits = rule.body.limits_for(person.roles)
    day = sight.ctx.now.astimezone(ZoneInfo(person.zone)).date()
    counters = Counters(reader.connection, reader.dialect, sight.ctx.now)
    return Claiming(
        may_claim,
        counters.used(person.id, rule.code, f"day:{day.isoformat()}"),
        limits.per_day,
        held,
        holding,
        refused,
    )
