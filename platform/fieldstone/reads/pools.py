"""Public pools: what lies in them, as their members see it until somebody claims a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from fieldstone.access.access import access_in_pool
from fieldstone.access.resolver import Purpose, Resolved, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.expressions.expression import Expression
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.rules.claim import claim_rule
from fieldstone.rules.claim_body import Claim
from fieldstone.rules.pool_body import BLIND, PREVIEW, Pool
from fieldstone.storage.claim_ledger import ClaimLedger
from fieldstone.storage.facts import FactsReader

ALWAYS_SHOWN: Final = frozenset({"pool", "created_at"})
OPEN_FOR: Final = timedelta(hours=24)
"""How long a record that somebody opened stays open for them, without another charge."""


@dataclass(frozen=True)
class Inside:
    """How a person looks into one pool: its rule, whether they look after it, how much it shows before the claim."""

    pool: str
    body: Pool | None
    administers: bool
    visibility: str
    charged: bool  # opening a record costs a view
    opens: bool  # records show more when they are opened


def inside_of(sight: Sight, object_name: str, pool: str) -> Inside:
    """Return how the actor looks into a pool. Raises RefusedError (404) for one that is not there for them."""
    spec = sight.model.objects.get(object_name)
    body = _body(sight, object_name, pool)
    if spec is None or pool not in spec.pools:
        raise _no_pool(sight, object_name, pool)
    everything = sight.ctx.actor.is_system or sight.viewer.administers
    if body is None:
        return Inside(pool, None, everything, PREVIEW, charged=False, opens=False)
    groups = groups_of(sight)
    administers = everything or body.administers(groups)
    visibility = PREVIEW if administers else body.visibility_for(groups)
    if not everything and body.visible(groups) is None:
        raise _no_pool(sight, object_name, pool)
    rule = claim_rule(sight.model.rules_of(object_name), pool)
    views = rule is not None and isinstance(rule.body, Claim) and rule.body.counts_views()
    return Inside(
        pool,
        body,
        administers,
        visibility,
        charged=views and not administers,
        opens=not administers and (views or visibility == BLIND),
    )


def into_pool(
    sight: Sight, object_name: str, query: Query, record_id: str = ""
) -> tuple[Sight, Query]:
    """Return the sight of a member looking into `query.pool`, and the query in the pool's own order.

    Without a pool both come back as they are. `record_id` is the one that is read: when the actor has opened it, it
    shows more. Raises RefusedError (404) for a pool that is not there, or not for this actor.
    """
    if query.pool is None:
        return sight, query
    inside = inside_of(sight, object_name, query.pool)
    body, actor = inside.body, sight.ctx.actor
    sees: tuple[Expression, ...] = ()
    if body is not None and not (actor.is_system or sight.viewer.administers):
        sees = body.visible(groups_of(sight)) or ()
    masked = frozenset(body.masked) if body is not None else frozenset()
    shown = None
    if body is not None and inside.opens and not _opened(sight, record_id):
        title = sight.model.objects[object_name].title
        shown = body.listed(title, inside.visibility) | ALWAYS_SHOWN
    access = access_in_pool(sight.model, actor, object_name, masked, shown)
    if not access.may_read:
        raise _no_pool(sight, object_name, query.pool)
    looking = replace(sight, special=access, sees=sees)
    if query.sort or body is None:
        return looking, query
    known = [
        key
        for key in body.sort
        if isinstance(resolve(looking.viewer, object_name, key[0], Purpose.SORT), Resolved)
    ]
    return looking, replace(query, sort=tuple(known))


def pools_of(sight: Sight, object_name: str) -> list[str]:
    """Return the pools of an object that this actor may look into."""
    found = []
    for pool in sight.model.objects[object_name].pools:
        try:
            into_pool(sight, object_name, Query(pool=pool))
        except RefusedError:
            continue
        found.append(pool)
    return found


def _opened(sight: Sight, record_id: str) -> bool:
    if not record_id:
        return False
    ledger = ClaimLedger(sight.reader.connection, sight.reader.dialect)
    since = sight.ctx.now - OPEN_FOR
    return record_id in ledger.seen(sight.ctx.actor.id, [record_id], since)


def groups_of(sight: Sight) -> frozenset[str]:
    """Return what the actor belongs to, as pools name it: "role:sales", "team:north", "user:ann@example.com"."""
    actor, reader = sight.ctx.actor, sight.reader
    facts = FactsReader(reader.connection, reader.tables, reader.ctx)
    known = facts.belonging([actor.id]).get(actor.id)
    # A token may carry fewer roles than its person has.
    groups = {one for one in (known.groups if known else ()) if not one.startswith("role:")}
    return frozenset(groups | {f"role:{role}" for role in actor.roles})


def _body(sight: Sight, object_name: str, pool: str) -> Pool | None:
    rule = sight.model.rules.get(pool)
    if rule is None or rule.object_name != object_name or not isinstance(rule.body, Pool):
        return None
    return rule.body


def _no_pool(sight: Sight, object_name: str, pool: str) -> RefusedError:
    spec = sight.model.objects.get(object_name)
    # Naming the others would tell somebody outside that they exist.
    others = [] if spec is None or not sight.viewer.access(object_name).may_claim else spec.pools
    message = f"There is no pool {pool!r} here."
    return RefusedError([Problem("unknown_pool", "pool", message, did_you_mean(pool, others))], 404)
