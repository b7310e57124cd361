"""Give a record back to a public pool, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model

LABEL = Label("Return to pool", "退回公海")


@dataclass(frozen=True)
class Release:
    """The action behind "return to pool"."""

    name: str = "release"
    label: Label = LABEL
    icon: str = "undo-2"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the pool (the object's first one when left out) and a reason."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "pool": {"type": "string", "description": "Code of the pool."},
                "reason": {"type": "string", "maxLength": 200},
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can lie in pools."""
        return bool(model.objects[object_name].pools)

    def run(self, call: Call) -> Result:
        """Put the record into the pool; its owner may do this, and whoever may give records to others."""
        pool = str(call.params.get("pool") or call.spec.pools[0])
        if pool not in call.spec.pools:
            cure = did_you_mean(pool, call.spec.pools)
            raise RefusedError(
                [Problem("unknown_pool", "pool", f"There is no pool {pool!r}.", cure)]
            )
        with call.writes.unit(call.ctx, call.model) as unit:
            tx = unit.transaction
            row = tx.rows(call.object_name, [call.record_id], lock=True).get(call.record_id)
            access = access_to(call.model, call.ctx.actor, call.object_name)
            env = env_of(call.ctx)
            paths = [path for path in access.reads if "." in path]
            looked_up = tx.lookups(call.object_name, [row], paths)[0] if row and paths else {}
            if row is None or not access.may_see({**row, **looked_up}, env):
                text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
                raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
            if row.get("owner") != call.ctx.actor.id and not access.may_assign:
                text = "Only its owner or a manager may return this record."
                raise RefusedError([Problem("forbidden", "owner", text, "Ask its owner.")], 403)
            values: dict[str, object] = {"pool": pool, "owner": None}
            change = Change(
                call.object_name,
                Operation.UPDATE,
                values,
                call.record_id,
                action=self.name,
                trusted=True,
                reason=str(call.params.get("reason") or "returned"),
            )
            outcome = standing(unit.submit([change])[0])
        return Result(outcome, Label("Returned to the pool.", "已退回公海。"))


ACTION = Release()
