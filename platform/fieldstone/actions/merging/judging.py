"""What somebody decides about a pair: that the two are no duplicates, or that it is open again."""

from __future__ import annotations

from fieldstone.access.access import access_to, env_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.storage.suspects import SuspectedPair
from fieldstone.writes.pipeline import Writes


def judge(ctx: Context, model: Model, writes: Writes, pair: SuspectedPair, state: str) -> None:
    """Note the decision of the actor, who must be allowed to change one of the two. Raises RefusedError (403)."""
    with writes.unit(ctx, model) as unit:
        tx, env = unit.transaction, env_of(ctx)
        allowed = False
        for name, record_id in (
            (pair.object_name, pair.record),
            (pair.other_object, pair.other),
        ):
            access = access_to(model, ctx.actor, name)
            rows = list(tx.rows(name, [record_id]).values())
            paths = {path for path in access.reads if "." in path}
            more = tx.lookups(name, rows, paths) if rows and paths else [{}]
            allowed |= any(access.may_update({**row, **more[0]}, env) for row in rows)
        if not allowed:
            text = "Your roles do not let you decide about these records."
            raise RefusedError([Problem("forbidden", "id", text, "Ask an owner of one.")], 403)
        tx.suspects.decide(pair.id, state, ctx.actor.id)
