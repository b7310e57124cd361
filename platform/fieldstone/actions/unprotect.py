"""End the protection of a record, or take back the request for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.protecting import guarded, protection_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model
from fieldstone.rules.protection import UNPROTECT

LABEL = Label("End protection", "取消保护")


@dataclass(frozen=True)
class Unprotect:
    """The action behind "end protection"."""

    name: str = UNPROTECT
    label: Label = LABEL
    icon: str = "shield"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: none."""
        return {"type": "object", "additionalProperties": False, "properties": {}}

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether a protection rule stands for the object."""
        return protection_of(model, object_name) is not None

    def run(self, call: Call) -> Result:
        """Clear the fields of the protection. Raises RefusedError: 404, 403, 409 when there is none."""
        with guarded(call) as one:
            body = one.body
            if not one.row.get(body.until) and not (body.asked and one.row.get(body.asked)):
                text = "This record is not protected."
                problem = Problem("not_protected", body.until, text, "There is nothing to end.")
                raise RefusedError([problem], 409)
            ended: dict[str, object] = {body.until: None, body.extended: 0, body.asked: None}
            return Result(
                one.write(ended, UNPROTECT), Label("No longer protected.", "已取消保护。")
            )


ACTION = Unprotect()
