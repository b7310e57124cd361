"""Loads what expressions look up: values behind lookups, and related rows that are aggregated."""

from __future__ import annotations

from fieldstone.changes.nouns import Draft
from fieldstone.writes.work import Batch, Work


def fill(batch: Batch, work: Work) -> Batch:
    """Load what the object's expressions look up, for drafts whose lookups changed since."""
    plan, paths = work.plan, work.paths
    if not paths and not plan.relations:
        return batch
    stale = [
        place
        for place, draft in enumerate(batch)
        if not draft.refused and draft.related_to != _signature(draft, work)
    ]
    if not stale:
        return batch
    rows = [batch[place].row for place in stale]
    found = work.transaction.lookups(plan.spec.code, rows, paths)
    children = _children([batch[place] for place in stale], work)
    filled = list(batch)
    for place, looked_up in zip(stale, found, strict=True):
        draft = batch[place]
        related = {**draft.related, **looked_up, **children.get(draft.record_id, {})}
        filled[place] = draft.but(related=related, related_to=_signature(draft, work))
    return tuple(filled)


def _signature(draft: Draft, work: Work) -> tuple[object, ...]:
    return (True, *map(draft.row.get, work.roots))


def _children(drafts: list[Draft], work: Work) -> dict[str, dict[str, object]]:
    """Load related rows once per draft, for the relations that expressions aggregate."""
    found: dict[str, dict[str, object]] = {}
    ids = [draft.record_id for draft in drafts if draft.before is not None and not draft.related_to]
    for relation, names in work.plan.relations.items() if ids else ():
        rows = work.transaction.children(work.spec.code, ids, relation, names)
        for record_id in ids:
            found.setdefault(record_id, {})[relation] = rows.get(record_id, [])
    return found
