"""Tick off a task: it is done now, and may be opened again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import updated
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model

NEEDED = {"status", "done_at"}

LABEL = Label("Complete", "完成")


@dataclass(frozen=True)
class Complete:
    """The action behind the circle of a task."""

    name: str = "complete"
    label: Label = LABEL
    icon: str = "circle-check"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: `open` puts the task back on the list."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {"open": {"type": "boolean"}},
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether the object has a status with "done" and a time of doing."""
        fields = model.objects[object_name].fields
        return fields.keys() >= NEEDED and "done" in getattr(fields["status"].type, "options", {})

    def run(self, call: Call) -> Result:
        """Write status and time."""
        if call.params.get("open"):
            outcome = updated(call, {"status": "open", "done_at": None})
            return Result(outcome, Label("Opened again.", "已重新打开。"))
        now = call.spec.fields["done_at"].type.dump(call.ctx.now)
        outcome = updated(call, {"status": "done", "done_at": now})
        return Result(outcome, Label("Done.", "已完成。"))


ACTION = Complete()
