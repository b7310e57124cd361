"""What a person may still take from a public pool, and why they may not take a record; claiming decides again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldstone.base.errors import Problem
from fieldstone.reads.holdings import holdings
from fieldstone.reads.sight import Sight
from fieldstone.rules.claim import claim_rule, waits
from fieldstone.rules.claim_body import Till, finish_refusal, record_refusal, till_of
from fieldstone.rules.claim_quota import VIEWS, Allowance
from fieldstone.rules.holding_books import Holding, own_limit
from fieldstone.storage.facts import FactsReader

VIEWED = frozenset({VIEWS})


@dataclass(frozen=True)
class Claiming:
    """Where one person stands: what they and their groups hold of how many, the quotas with their use, refusals by record."""

    may_claim: bool
    holdings: tuple[Holding, ...] = ()  # the tightest first
    till: Till | None = None
    unfinished: Problem | None = None  # what must be finished first
    refused: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def own(self) -> Holding | None:
        """Return the tightest holding limit of the person alone."""
        return own_limit(self.holdings)

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """Return the quotas that count for this person."""
        return self.till.allowances if self.till else ()

    @property
    def obstacles(self) -> tuple[Problem, ...]:
        """Return what speaks against every claim just now."""
        unfinished = [self.unfinished] if self.unfinished is not None else []
        return (*(self.till.obstacles if self.till else ()), *unfinished)

    @property
    def left(self) -> int | None:
        """Return how many claims are left by quotas and holding limits, None without a limit."""
        room = [one.left for one in self.holdings]
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
    return Claiming(
        sight.viewer.access(object_name).may_claim,
        tuple(holdings(sight, object_name, person.id)),
        till,
        finish_refusal(till, facts) if till is not None else None,
        refused,
    )
