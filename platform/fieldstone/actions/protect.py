"""Protect a record for its owner, extend that, ask for it, or say yes to who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.protecting import Guarded, guarded, protection_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.model.site_model import Model
from fieldstone.rules.protection import PROTECT

LABEL = Label("Protect", "保护")


@dataclass(frozen=True)
class Protect:
    """The action behind "protect"."""

    name: str = PROTECT
    label: Label = LABEL
    icon: str = "shield-check"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: a reason for the history."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {"reason": {"type": "string", "maxLength": 150}},
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether a protection rule stands for the object."""
        return protection_of(model, object_name) is not None

    def run(self, call: Call) -> Result:
        """Write how long it is protected. Raises RefusedError: 404, 403, 409 beyond the limits of the rule."""
        with guarded(call) as one:
            tx, body = one.unit.transaction, one.body
            if not body.may_approve(call.ctx.actor.roles):
                asked = {body.asked: DatetimeType().dump(tx.now)}
                return Result(one.write(asked, PROTECT), _ASKED)
            running = body.protects(one.row, tx.now)
            _within_limits(one, running=running)
            start = one.row[body.until] if running else tx.now
            until: datetime = tx.calendar(one.rule.calendar).after(start, body.span)
            values: dict[str, object] = {body.until: DatetimeType().dump(until), body.asked: None}
            if running:
                values[body.extended] = body.times(one.row) + 1
            return Result(one.write(values, PROTECT), _EXTENDED if running else _PROTECTED)


def _within_limits(one: Guarded, *, running: bool) -> None:
    tx, body, owner = one.unit.transaction, one.body, str(one.row["owner"])
    if running:
        used = body.times(one.row)
        if used >= body.extensions and one.call.ctx.actor.roles.isdisjoint(body.beyond):
            text = f"It was extended {used} times, as often as the rule allows."
            cure = "Ask a manager."
            raise RefusedError([Problem("extension_limit", body.until, text, cure)], 409)
        return
    held = tx.workload(one.call.object_name, [owner], body.counts).get(owner, 0)
    if body.most and held >= body.most:
        text = f"Its owner protects {held} of at most {body.most}."
        cure = "End another protection first."
        raise RefusedError([Problem("protection_limit", body.until, text, cure)], 409)


_PROTECTED = Label("Protected.", "已保护。")
_EXTENDED = Label("The protection was extended.", "保护期已延长。")
_ASKED = Label("Your manager was asked.", "已提交主管审批。")

ACTION = Protect()
