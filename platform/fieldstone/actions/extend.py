"""Ask for more time for a deadline, as often as its rule allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.deadlines import asked_of_rule, deadlines_of, extendable
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model

LABEL = Label("Extend", "延期")


@dataclass(frozen=True)
class Extend:
    """The action behind "extend" beside a deadline."""

    name: str = "extend"
    label: Label = LABEL
    icon: str = "calendar-clock"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the deadline, and why it needs more time."""
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["reason"],
            "properties": {
                "rule": {
                    "type": "string",
                    "description": "Code of the deadline, where there are several.",
                },
                "reason": {"type": "string", "minLength": 1, "maxLength": 200},
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether a deadline of the object may be extended."""
        return bool(deadlines_of(model, object_name, extendable))

    def run(self, call: Call) -> Result:
        """Move the due time and the reminders with it. Raises RefusedError beyond the rule's limit."""
        outcome = asked_of_rule(call, self.name, extendable)
        return Result(outcome, outcome.decisions[-1].because)


ACTION = Extend()
