"""Say that a reminder was seen: those that are left fall silent, the due time stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.deadlines import acknowledgeable, asked_of_rule, deadlines_of
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model

LABEL = Label("Acknowledge", "确认提醒")


@dataclass(frozen=True)
class Acknowledge:
    """The action behind "got it" beside a reminder."""

    name: str = "acknowledge"
    label: Label = LABEL
    icon: str = "check"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the deadline."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "rule": {
                    "type": "string",
                    "description": "Code of the deadline, where there are several.",
                },
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether reminders of the object are acknowledged."""
        return bool(deadlines_of(model, object_name, acknowledgeable))

    def run(self, call: Call) -> Result:
        """Take the reminders that are left away, and keep who has seen it in the record's history."""
        outcome = asked_of_rule(call, self.name, acknowledgeable)
        return Result(outcome, outcome.decisions[-1].because)


ACTION = Acknowledge()
