"""Move a record to another stage, giving in the same breath the facts that the stage needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import updated
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model

LABEL = Label("Move to stage", "变更阶段")


@dataclass(frozen=True)
class Move:
    """The action behind the stage path and the board."""

    name: str = "move"
    label: Label = LABEL
    icon: str = "arrow-right"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the stage to enter, and values to write with it."""
        return {
            "type": "object",
            "required": ["to"],
            "additionalProperties": False,
            "properties": {
                "to": {"type": "string", "description": "Code of the stage to enter."},
                "values": {"type": "object", "description": "Fields to write with the move."},
                "version": {"type": "integer", "description": "Refuse when the record is newer."},
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether the object has stages."""
        return model.objects[object_name].pipelines is not None

    def run(self, call: Call) -> Result:
        """Write the stage and the values; the write door checks moves, needs and guard."""
        values = {**call.params.get("values", {}), call.spec.stage_field: call.params["to"]}
        outcome = updated(call, values, version=call.params.get("version"))
        pipelines = call.spec.pipelines
        stage = pipelines.of(outcome.record).stages.get(call.params["to"]) if pipelines else None
        reached = stage.label if stage else Label(call.params["to"])
        return Result(
            outcome, Label(f"Moved to {reached.en}.", f"已变更为“{reached.text('zh')}”。")
        )


ACTION = Move()
