"""Give a record to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import updated
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model

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
        outcome = updated(call, {"owner": call.params["owner"]}, reason=reason)
        return Result(outcome, Label("Assigned.", "已分配。"))


ACTION = Assign()
