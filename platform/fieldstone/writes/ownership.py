"""Owner, pool and stage carry instants with them: since when somebody has it, since when it stands there."""

from __future__ import annotations

from datetime import datetime

from fieldstone.changes.nouns import Draft
from fieldstone.rules.clock import KEEPS_CLOCK
from fieldstone.writes.work import Batch, Work, each_standing


def in_step(batch: Batch, work: Work) -> Batch:
    """Keep owned_at, pool and stage_entered_at in step with the owner and stage set so far."""
    return each_standing(batch, lambda draft: _one(draft, work))


def _one(draft: Draft, work: Work) -> Draft:
    values: dict[str, object] = {}
    at = draft.change.as_of or work.ctx.now
    fields, owner, pool = work.spec.fields, draft.row.get("owner"), draft.row.get("pool")
    if "pool" in fields and owner and pool:
        # Who was set last wins: a rule that puts a record into a pool takes it from its owner.
        values |= {"owner": None} if draft.changed("pool") else {"pool": None}
        owner = None if draft.changed("pool") else owner
    if "owned_at" in fields and (draft.changed("owner") or "owner" in values):
        since = (draft.before or {}).get("owned_at")
        goes_on = owner and since and draft.change.asks.get(KEEPS_CLOCK)
        values["owned_at"] = since if goes_on else at if owner else None
    stage = work.spec.stage_field
    if stage and draft.changed(stage) and "stage_entered_at" in fields:
        history = draft.change.stage_history
        values["stage_entered_at"] = history[-1][1] if history else at
    last = (draft.before or {}).get("last_activity_at")
    if isinstance(last, datetime) and draft.changed("last_activity_at"):
        told = draft.row["last_activity_at"]
        # Activities may be told out of order; the last one stays the last.
        values["last_activity_at"] = max(last, told) if isinstance(told, datetime) else last
    fresh = {code: value for code, value in values.items() if draft.row.get(code) != value}
    return draft.setting(fresh) if fresh else draft
