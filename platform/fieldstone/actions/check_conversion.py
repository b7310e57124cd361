"""Confirm or refuse a conversion that waits: a second pair of eyes against conversions on paper only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.conversion.carrying_out import carry_out
from fieldstone.actions.conversion.source import CONFLICT, Source, opened
from fieldstone.actions.kept_values import present_values
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Effect, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.conversion import ASKS, Conversion
from fieldstone.storage.conversions import DONE, PENDING, REFUSED, Kept

LABEL = Label("Check the conversion", "审核转化")
REFUSAL = Label("Your conversion was refused: {reason}", "您的转化申请被驳回：{reason}")
CONFIRMED = Label("Your conversion was confirmed.", "您的转化申请已通过。")


@dataclass(frozen=True)
class CheckConversion:
    """The action behind "confirm" and "refuse" of a conversion that waits."""

    name: str = "check_conversion"
    label: Label = LABEL
    icon: str = "shield-check"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: whether it is accepted, and why not."""
        return {
            "type": "object",
            "required": ["accept"],
            "additionalProperties": False,
            "properties": {
                "accept": {"type": "boolean", "description": "True converts it, false refuses."},
                "reason": {"type": "string", "maxLength": 200},
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether conversions of the object are checked."""
        rules = model.rules_of(object_name, "conversion_map")
        return any(isinstance(r.body, Conversion) and r.body.check is not None for r in rules)

    def run(self, call: Call) -> Result:
        """Convert it as it was asked for, for whoever owns it now, or let it stay. Raises RefusedError."""
        with call.writes.unit(call.ctx, call.model) as unit:
            source = opened(call, unit, to_change=False)
            kept = _waiting(source)
            if call.params["accept"]:
                return _accepted(source, kept)
            return _refused(source, kept)


def _waiting(source: Source) -> Kept:
    """Return the conversion that waits. Raises RefusedError when there is none, or the actor may not check it."""
    kept, check, actor = source.kept, source.body.check, source.call.ctx.actor
    if check is None or actor.roles.isdisjoint(check.roles):
        text = "Your roles do not let you check conversions."
        raise RefusedError([Problem("forbidden", "accept", text, "Ask a manager.")], 403)
    if kept is None or kept.state != PENDING:
        text = "No conversion of this record waits."
        raise RefusedError(
            [Problem("not_waiting", "accept", text, "Look at the record again.")], CONFLICT
        )
    if kept.asked_by == actor.id:
        text = "You asked for this conversion yourself; somebody else checks it."
        raise RefusedError([Problem("own_conversion", "accept", text, "Ask a colleague.")], 403)
    return kept


def _asked_for(source: Source, kept: Kept) -> Mapping[str, Any]:
    """Return what was asked for, with what was typed by the codes that fields have today."""
    typed, model = kept.params.get("values", {}), source.call.model
    values = {
        one.code: present_values(model, one.object_name, typed[one.code])
        for one in source.body.targets
        if one.code in typed
    }
    return {**kept.params, "values": values}


def _accepted(source: Source, kept: Kept) -> Result:
    call = source.call
    outcome, done = carry_out(source, _asked_for(source, kept), kept.asked_by)
    source.unit.transaction.conversions.settle(
        kept.id,
        DONE,
        made=done.made,
        before=done.before,
        carried=done.carried,
        settled_by=call.ctx.actor.id,
        settled_at=call.ctx.now,
        reason=str(call.params.get("reason") or ""),
    )
    _tell(source, kept, CONFIRMED)
    return Result(outcome, Label("Confirmed and converted.", "已通过并完成转化。"), done.ids)


def _refused(source: Source, kept: Kept) -> Result:
    call, check = source.call, source.body.check
    reason = str(call.params.get("reason") or "").strip()
    if not reason:
        text = "Say why, so that its owner knows what is missing."
        raise RefusedError([Problem("required", "reason", text, "Write a reason.")])
    source.unit.transaction.conversions.settle(
        kept.id, REFUSED, settled_by=call.ctx.actor.id, settled_at=call.ctx.now, reason=reason
    )
    change = Change(
        call.object_name,
        Operation.UPDATE,
        {check.into: False} if check is not None and check.into else {},
        call.record_id,
        action=CheckConversion.name,
        trusted=True,
        reason=reason,
        asks={ASKS: "refused"},
    )
    outcome = standing(source.unit.submit([change])[0])
    _tell(source, kept, REFUSAL.filled_in({"reason": reason}))
    return Result(outcome, Label("Refused; its owner is told why.", "已驳回，并告知负责人原因。"))


def _tell(source: Source, kept: Kept, text: Label) -> None:
    """Tell whoever asked, and the present owner where that is somebody else."""
    call = source.call
    payload = {
        "object": call.object_name,
        "id": call.record_id,
        "message": {"en": text.en, "zh": text.text("zh")},
    }
    people = dict.fromkeys(one for one in (kept.asked_by, source.row.get("owner")) if one)
    effects = [Effect("in_page", str(person), "conversion", payload) for person in people]
    source.unit.transaction.outbox(
        [(call.object_name, call.record_id, effect) for effect in effects]
    )


ACTION = CheckConversion()
