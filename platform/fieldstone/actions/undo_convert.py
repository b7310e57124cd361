"""Take a conversion back, wholly or not at all, as long as the map allows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.conversion.source import CONFLICT, Source, opened
from fieldstone.actions.conversion.undoing import take_back
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model
from fieldstone.reads.converted import KEPT, until
from fieldstone.storage.conversions import DONE, UNDONE, Kept

LABEL = Label("Undo the conversion", "撤销转化")


@dataclass(frozen=True)
class UndoConvert:
    """The action behind "undo the conversion"."""

    name: str = "undo_convert"
    label: Label = LABEL
    icon: str = "undo-2"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: why."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {"reason": {"type": "string", "maxLength": 200}},
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object are converted."""
        return bool(model.rules_of(object_name, "conversion_map"))

    def run(self, call: Call) -> Result:
        """Reopen the record and take back what came of it, unless it lived on. Raises RefusedError."""
        reason = str(call.params.get("reason") or "undone")
        with call.writes.unit(call.ctx, call.model) as unit:
            source = opened(call, unit)
            kept = _done(source)
            outcome, fates = take_back(source, kept, reason)
            unit.transaction.conversions.settle(kept.id, UNDONE, reason=reason)
        stays = sum(one.fate == KEPT for one in fates)
        text = Label("The conversion is undone.", "转化已撤销。")
        if stays:
            text = Label(
                f"The conversion is undone; {stays} of its records lived on and stay.",
                f"转化已撤销；其中 {stays} 条记录已有后续业务，予以保留。",
            )
        others = {one.target: one.record_id for one in fates if one.fate == KEPT}
        return Result(outcome, text, others)


def _done(source: Source) -> Kept:
    """Return the conversion that may be taken back. Raises RefusedError."""
    kept, call = source.kept, source.call
    if kept is None or kept.state != DONE:
        text = "This record was not converted here, so there is nothing to undo."
        raise RefusedError(
            [Problem("not_converted", "id", text, "Look at the record again.")], CONFLICT
        )
    mine = call.ctx.actor.id in (kept.asked_by, kept.settled_by, source.row.get("owner"))
    if not mine and not access_to(call.model, call.ctx.actor, call.object_name).may_assign:
        text = "Only its owner, whoever converted it, or a manager may undo this."
        raise RefusedError([Problem("forbidden", "id", text, "Ask a manager.")], 403)
    end = until(source.body, kept, source.unit.transaction.calendar(source.rule.calendar))
    if call.ctx.now > end:
        text = f"A conversion can be undone for {source.body.undo_within.label.en}."
        cure = "Correct the records by hand."
        raise RefusedError([Problem("too_late_to_undo", "id", text, cure)], CONFLICT)
    return kept


ACTION = UndoConvert()
