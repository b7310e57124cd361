"""Take a record out of the public pool it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.claiming import CLAIM, Wish, admit_claims, claim_all
from fieldstone.actions.contract import Call, Result
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model
from fieldstone.reads.query import Query

LABEL = Label("Claim", "领取")


@dataclass(frozen=True)
class Claim:
    """The action behind the claim button."""

    name: str = CLAIM
    label: Label = LABEL
    icon: str = "hand"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: none."""
        return {"type": "object", "additionalProperties": False, "properties": {}}

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can lie in pools."""
        return bool(model.objects[object_name].pools)

    def run(self, call: Call) -> Result:
        """Claim the record for the actor.

        Raises RefusedError: 403, 404, or 409 when somebody was faster or a limit is reached.
        """
        admit_claims(call.ctx, call.model, call.object_name)
        wish = Wish(
            call.ctx,
            call.model,
            call.object_name,
            _pool_of(call),
            [call.record_id],
            call.reads,
            call.writes,
        )
        (claimed,) = claim_all(wish)
        if claimed.outcome is None:
            raise RefusedError(claimed.problems, claimed.status)
        return Result(claimed.outcome, Label("Yours now.", "领取成功，现在归您跟进。"))


def _pool_of(call: Call) -> str:
    """Return the pool the record lies in, or lay in last, among those the actor may look into."""
    pools = call.reads.pools(call.ctx, call.model, call.object_name)
    for pool in pools:
        query = Query(pool=pool, filter=f"id == '{call.record_id}'", limit=1, fields=("id",))
        if call.reads.list(call.ctx, call.model, call.object_name, query).rows:
            return pool
    with call.writes.unit(call.ctx, call.model) as unit:
        before = unit.transaction.pools_before(call.object_name, call.record_id)
    found = next((pool for pool in pools if pool in before), None) or next(iter(pools), None)
    if found is None:
        text = f"There is no {call.spec.label.en.lower()} {call.record_id} in a pool."
        raise RefusedError([Problem("not_found", "id", text, "Look at the pool again.")], 404)
    return found


ACTION = Claim()
