"""Public pools: what lies in them, as their members see it until somebody claims a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fieldstone.access.access import access_in_pool
from fieldstone.access.resolver import Purpose, Resolved, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.rules.pool import Pool


def into_pool(sight: Sight, object_name: str, query: Query) -> tuple[Sight, Query]:
    """Return the sight of a member looking into `query.pool`, and the query in the pool's own order.

    Without a pool both come back as they are. Raises RefusedError (404) for a pool that is not there, or not
    for this actor.
    """
    if query.pool is None:
        return sight, query
    spec = sight.model.objects.get(object_name)
    body = _body(sight, object_name, query.pool)
    sees = body.visible(groups_of(sight)) if body is not None else ()
    if sight.ctx.actor.is_system or sight.viewer.administers:
        sees = ()
    if spec is None or query.pool not in spec.pools or sees is None:
        raise _no_pool(sight, object_name, query.pool)
    masked = frozenset(body.masked) if body is not None else frozenset()
    access = access_in_pool(sight.model, sight.ctx.actor, object_name, masked)
    if not access.may_read:
        raise _no_pool(sight, object_name, query.pool)
    inside = replace(sight, special=access, sees=sees)
    if query.sort or body is None:
        return inside, query
    known = [
        key
        for key in body.sort
        if isinstance(resolve(inside.viewer, object_name, key[0], Purpose.SORT), Resolved)
    ]
    return inside, replace(query, sort=tuple(known))


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


def groups_of(sight: Sight) -> frozenset[str]:
    """Return what the actor belongs to, as pools name it: "role:sales", "team:north", "user:ann@example.com"."""
    actor = sight.ctx.actor
    groups = {f"role:{role}" for role in actor.roles}
    groups |= {f"user:{name}" for name in (actor.id, actor.facts.get("email")) if name}
    groups |= {f"team:{name}" for name in _names(sight, "team", actor.facts.get("team"))}
    for department in _upwards(sight, actor.facts.get("department")):
        groups |= {f"department:{name}" for name in _names(sight, "department", department)}
    return frozenset(groups)


def _names(sight: Sight, object_name: str, record_id: object) -> Iterator[str]:
    """Yield what a team or department is called in rules: its id, code and name."""
    if not isinstance(record_id, str) or object_name not in sight.model.objects:
        return
    row = sight.reader.rows(object_name, [record_id]).get(record_id, {})
    yield record_id
    yield from (str(row[name]) for name in ("code", "name") if row.get(name))


def _upwards(sight: Sight, department: object) -> list[str]:
    """Return a department and all above it; a circle ends where it began."""
    found: list[str] = []
    while isinstance(department, str) and department not in found:
        found.append(department)
        row = sight.reader.rows("department", [department]).get(department, {})
        department = row.get("parent")
    return found


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
