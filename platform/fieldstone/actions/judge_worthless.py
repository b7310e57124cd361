"""Judge a record to be of no value for now: it loses points and goes back to nurturing, so often and no oftener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.lifecycle_body import JUDGE, Lifecycle, Recycle

LABEL = Label("Judge worthless", "判定无价值")
CONFLICT = 409


@dataclass(frozen=True)
class JudgeWorthless:
    """The action behind "judge worthless"; the lifecycle rule with `recycle` says where the record goes."""

    name: str = JUDGE
    label: Label = LABEL
    icon: str = "thumbs-down"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the reason, an option of the rule's reason field or plain text."""
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["reason"],
            "properties": {"reason": {"type": "string", "minLength": 1, "maxLength": 200}},
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether a lifecycle rule of the object takes records back."""
        return bool(_recycling(model, object_name))

    def run(self, call: Call) -> Result:
        """Ask the rule to take the record back; its owner may, and whoever may give records to others."""
        lifecycle, recycle = _recycling(call.model, call.object_name)[0]
        reason = _known_reason(call, recycle)
        with call.writes.unit(call.ctx, call.model) as unit:
            row = unit.transaction.rows(call.object_name, [call.record_id], lock=True).get(
                call.record_id
            )
            _may(call, unit.transaction, row)
            state = (row or {}).get(lifecycle.field)
            if state not in recycle.states:
                text = "This record is not with sales, so it cannot be judged."
                cure = "It can be judged again once it has come back."
                raise RefusedError(
                    [Problem("not_judgeable", lifecycle.field, text, cure)], CONFLICT
                )
            change = Change(
                call.object_name,
                Operation.UPDATE,
                {recycle.reason_into: reason},
                call.record_id,
                action=self.name,
                trusted=True,
                reason=recycle.then.reason,
            )
            outcome = standing(unit.submit([change])[0])
        to = lifecycle.states.get(str(outcome.record.get(lifecycle.field)), Label("nurturing"))
        return Result(outcome, Label(f"Now {to.en}.", f"现为{to.text('zh')}。"))


def reason_field(model: Model, object_name: str) -> str:
    """Return the field whose options are the reasons, "" where nothing is judged."""
    found = _recycling(model, object_name)
    return found[0][1].reason_into if found else ""


def may_be_judged(model: Model, object_name: str, row: Mapping[str, object]) -> bool:
    """Tell whether a record is in a state out of which it can be judged."""
    return any(
        row.get(lifecycle.field) in recycle.states
        for lifecycle, recycle in _recycling(model, object_name)
    )


def _recycling(model: Model, object_name: str) -> list[tuple[Lifecycle, Recycle]]:
    bodies = [
        rule.body
        for rule in model.rules_of(object_name, "lifecycle_transition")
        if rule.enabled and isinstance(rule.body, Lifecycle)
    ]
    return [(body, body.recycle) for body in bodies if body.recycle is not None]


def _known_reason(call: Call, recycle: Recycle) -> str:
    reason = str(call.params["reason"])
    choices = call.spec.fields[recycle.reason_into].type.expression_type.choices
    if choices and reason not in choices:
        text = f"There is no reason {reason[:40]!r}."
        raise RefusedError(
            [Problem("unknown_reason", "reason", text, did_you_mean(reason, choices))]
        )
    return reason


def _may(call: Call, transaction: Any, row: Mapping[str, object] | None) -> None:
    """Refuse who may not see the record, or does not own it and gives nothing to others."""
    access = access_to(call.model, call.ctx.actor, call.object_name)
    paths = [path for path in access.reads if "." in path]
    looked_up = transaction.lookups(call.object_name, [row], paths)[0] if row and paths else {}
    if row is None or not access.may_see({**row, **looked_up}, env_of(call.ctx)):
        text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
        raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    if row.get("owner") != call.ctx.actor.id and not access.may_assign:
        text = "Only its owner or a manager may judge this record."
        raise RefusedError([Problem("forbidden", "owner", text, "Ask its owner.")], 403)


ACTION = JudgeWorthless()
