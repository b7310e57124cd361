"""What a person may still take from a public pool, and why they may not take a record; claiming decides again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldstone.base.errors import Problem
from fieldstone.reads.sight import Sight
from fieldstone.rules.claim import claim_rule, waits
from fieldstone.rules.claim_body import VIEWS, Allowance, Till, record_refusal, till_of
from fieldstone.rules.holding_limit import held_of
from fieldstone.storage.facts import FactsReader

VIEWED = frozenset({VIEWS})


@dataclass(frozen=True)
class Claiming:
    """Where one person stands: the quotas with their use, what is held of how many (0: no limit), and refusals by record."""

    may_claim: bool
    held: int = 0
    holding: int = 0
    till: Till | None = None
    refused: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """Return the quotas that count for this person."""
        return self.till.allowances if self.till else ()

    @property
    def obstacles(self) -> tuple[Problem, ...]:
        """Return what speaks against every claim just now."""
        return self.till.obstacles if self.till else ()

    @property
    def left(self) -> int | None:
        """Return how many claims are left by quotas and holding limit, None without a limit."""
        room = [max(0, self.holding - self.held)] if self.holding else []
        left = self.till.left() if self.till else None
        return min([*room, *([] if left is None else [left])], default=None)

    @property
    def views_left(self) -> int | None:
        """Return how many records may still be opened, None without a limit."""
        return self.till.left(VIEWED) if self.till else None

    @property
    def is_full(self) -> bool:
        """Tell whether no further claim would go through."""
        return self.left == 0 or bool(self.obstacles)

    @property
    def batch_max(self) -> int:
        """Return how many may be claimed at once, 0 without a limit."""
        return self.till.body.batch_max if self.till else 0


def claiming_of(sight: Sight, pool: str, object_name: str, ids: Sequence[str]) -> Claiming:
    """Return where the actor stands with the claims of a pool, and which of these records they must leave."""
    person, reader = sight.ctx.actor, sight.reader
    rules = sight.model.rules_of(object_name)
    facts = FactsReader(reader.connection, reader.tables, reader.ctx)
    held, holding = held_of(rules, object_name, person.id, facts) or (0, 0)
    rule = claim_rule(rules, pool)
    till = till_of(rule, pool, person.id, facts) if rule is not None else None
    refused = waits(rules, ids, person.id, facts) if ids else {}
    if till is not None and ids:
        rows = facts.with_lookups(object_name, reader.rows(object_name, ids), till.body.reads)
        since = facts.pooled_since(ids) if till.body.embargo else {}
        for record_id, row in rows.items():
            problem = record_refusal(till, row, since.get(record_id), facts)
            if problem is not None:
                refused[record_id] = problem
    may_claim = sight.viewer.access(object_name).may_claim
    return Claiming(may_claim, held, holding, till, refused)
