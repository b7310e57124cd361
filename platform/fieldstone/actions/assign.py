"""Give a record to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import standing, updated
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.reads.query import Query

LABEL = Label("Assign", "分配")


@dataclass(frozen=True)
class Assign:
    """The action behind "change owner"."""

    name: str = "assign"
    label: Label = LABEL
    icon: str = "user-round-check"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the new owner and a reason for the history."""
        return {
            "type": "object",
            "required": ["owner"],
            "additionalProperties": False,
            "properties": {
                "owner": {"type": "string", "description": "Id of the new owner."},
                "reason": {"type": "string", "maxLength": 200},
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object have owners."""
        return model.objects[object_name].owned != "none"

    def run(self, call: Call) -> Result:
        """Write the owner; the span of the one before ends with the reason."""
        if not access_to(call.model, call.ctx.actor, call.object_name).may_assign:
            raise RefusedError(
                [
                    Problem(
                        "forbidden",
                        "owner",
                        "Your roles do not let you give records to others.",
                        "Ask a manager to assign it.",
                    )
                ],
                status=403,
            )
        reason = str(call.params.get("reason") or "assigned")
        outcome = _given_out(call, reason) or updated(
            call, {"owner": call.params["owner"]}, reason=reason
        )
        return Result(outcome, Label("Assigned.", "已分配。"))


def _given_out(call: Call, reason: str) -> Outcome | None:
    """Write the owner of a record that lies in a pool which the actor looks after; None for any other record.

    Nobody owns such a record, so no scope of owners covers it: the pool says who gives it out.
    """
    for pool in call.reads.pools(call.ctx, call.model, call.object_name):
        inside = call.reads.inside(call.ctx, call.model, pool, call.object_name)
        query = Query(pool=pool, filter=f"id == '{call.record_id}'", limit=1, fields=("id",))
        if not inside.administers or not is_id(call.record_id):
            continue
        if call.reads.list(call.ctx, call.model, call.object_name, query).rows:
            change = Change(
                call.object_name,
                Operation.UPDATE,
                {"owner": call.params["owner"], "pool": None},
                call.record_id,
                trusted=True,
                reason=reason,
            )
            (outcome,) = call.writes.submit(call.ctx, call.model, [change])
            return standing(outcome)
    return None


ACTION = Assign()
