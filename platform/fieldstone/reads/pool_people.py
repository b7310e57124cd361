"""The people of a pool for those who look after it: who sees how much, and what each may still take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from fieldstone.reads.sight import Sight
from fieldstone.rules.claim import claim_rule
from fieldstone.rules.claim_body import Till, till_of
from fieldstone.rules.contract import Person
from fieldstone.rules.engine import in_force
from fieldstone.rules.holding_books import Holding, own_limit
from fieldstone.rules.holding_limit import holdings_of
from fieldstone.rules.pool_body import PREVIEW, Pool
from fieldstone.storage.facts import FactsReader

MOST: Final = 200


@dataclass(frozen=True)
class Standing:
    """One member: their groups in the pool, how much they see, and where they stand with their limits."""

    person: Person
    groups: tuple[str, ...]
    administers: bool
    visibility: str
    holdings: tuple[Holding, ...]  # the tightest first
    till: Till | None

    @property
    def own(self) -> Holding | None:
        """Return the tightest holding limit of the person alone."""
        return own_limit(self.holdings)


def people_of(sight: Sight, object_name: str, pool: str) -> tuple[Standing, ...]:
    """Return the active people who work with a pool, by name; at most MOST of them."""
    reader = sight.reader
    facts = FactsReader(reader.connection, reader.tables, reader.ctx)
    rules = sight.model.rules_of(object_name)
    rule = sight.model.rules.get(pool)
    body = rule.body if rule is not None and isinstance(rule.body, Pool) else None
    members = [one for one in facts.people(f"pool:{pool}") if one.active][:MOST]
    belonging = facts.belonging([one.id for one in members])
    claims = claim_rule(rules, pool)
    limits = [one for one in rules if in_force(one, facts.now)]
    found = []
    for person in members:
        known = belonging.get(person.id)
        groups = known.groups if known else ()
        found.append(
            Standing(
                person,
                tuple(one.group for one in body.memberships(groups)) if body else (),
                administers=body.administers(groups) if body else False,
                visibility=body.visibility_for(groups) if body else PREVIEW,
                holdings=tuple(holdings_of(limits, object_name, person.id, facts)),
                till=till_of(claims, pool, person.id, facts) if claims is not None else None,
            )
        )
    return tuple(found)


def stranded(sight: Sight, object_name: str) -> Mapping[str, int]:
    """Return how many live records lie in pools that the object no longer has, by pool."""
    spec = sight.model.objects[object_name]
    columns = sight.tables[object_name].columns
    if "pool" not in columns:
        return {}
    asked = (
        select(columns["pool"], func.count())
        .where(columns["pool"].is_not(None), columns["pool"].not_in(list(spec.pools)))
        .where(columns["deleted_at"].is_(None))
        .group_by(columns["pool"])
    )
    found = (tuple(row) for row in sight.fetch(asked))
    return {str(pool): int(count) for pool, count in found}


def stranded_ids(sight: Sight, object_name: str, pool: str, limit: int) -> Sequence[str]:
    """Return records that lie in a pool, whether the object still has it or not; oldest first."""
    columns = sight.tables[object_name].columns
    asked = (
        select(columns["id"])
        .where(columns["pool"] == pool, columns["deleted_at"].is_(None))
        .order_by(columns["id"])
        .limit(limit)
    )
    return [str(row[0]) for row in sight.fetch(asked)]
