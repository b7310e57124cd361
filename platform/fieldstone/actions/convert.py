"""Turn a record into others by its conversion map: a lead into customer, contact and opportunity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.conversion.carrying_out import added_by, carry_out
from fieldstone.actions.conversion.source import Source, opened, refuse_second
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.conversion import ASKS, CHECKED
from fieldstone.storage.conversions import DONE, PENDING

LABEL = Label("Convert", "转化")


@dataclass(frozen=True)
class Convert:
    """The action behind "convert"."""

    name: str = "convert"
    label: Label = LABEL
    icon: str = "circle-arrow-right"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: existing records to use, optional targets to leave out, values to add."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "use": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Target name to the id of an existing record.",
                },
                "leave_out": {"type": "array", "items": {"type": "string"}},
                "values": {
                    "type": "object",
                    "additionalProperties": {"type": "object"},
                    "description": "Target name to fields that overrule the map.",
                },
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether a conversion map stands for the object."""
        return bool(model.rules_of(object_name, "conversion_map"))

    def run(self, call: Call) -> Result:
        """Create, link, carry and close in one transaction, or ask for a check; a record is converted once."""
        with call.writes.unit(call.ctx, call.model) as unit:
            source = opened(call, unit)
            refuse_second(source)
            _refuse_fake(source)
            added_by(source, call.params)
            waits = _must_wait(source)
            if not waits:
                return _converted(source)
        # Tried first, so that whoever checks it is not asked about what cannot be.
        with call.writes.unit(replace(call.ctx, dry_run=True), call.model) as trial:
            carry_out(opened(call, trial), call.params, call.ctx.actor.id)
        with call.writes.unit(call.ctx, call.model) as unit:
            source = opened(call, unit)
            refuse_second(source)
            return _waiting(source)


def _refuse_fake(source: Source) -> None:
    """Refuse what the map's guard does not let pass. Raises RefusedError with every reason."""
    call = source.call
    problems = source.body.objections(source.row, source.unit.transaction, call.ctx.actor.language)
    if problems:
        raise RefusedError(problems)


def _must_wait(source: Source) -> bool:
    """Tell whether somebody has to confirm this conversion: by its condition, or as a sample of the others."""
    check, call = source.body.check, source.call
    if check is None or not call.ctx.actor.roles.isdisjoint(check.roles):
        return False
    tx = source.unit.transaction
    if check.always(source.row, tx):
        return True
    if not check.every:
        return False
    # Counted without gaps, also by many at once: of so many conversions exactly one is checked.
    (number,) = tx.next_numbers(call.object_name, CHECKED.format(source.rule.code), "", 1)
    return number % check.every == 0


def _converted(source: Source) -> Result:
    call, kept = source.call, source.unit.transaction.conversions
    outcome, done = carry_out(source, call.params, call.ctx.actor.id)
    asked = (call.ctx.actor.id, call.ctx.now)
    record = (call.object_name, call.record_id)
    conversion = kept.begin(record, source.rule.code, DONE, dict(call.params), asked)
    kept.settle(
        conversion,
        DONE,
        made=done.made,
        before=done.before,
        carried=done.carried,
        settled_by=call.ctx.actor.id,
        settled_at=call.ctx.now,
    )
    return Result(outcome, Label("Converted.", "转化成功。"), done.ids)


def _waiting(source: Source) -> Result:
    call, check = source.call, source.body.check
    asked = (call.ctx.actor.id, call.ctx.now)
    record = (call.object_name, call.record_id)
    source.unit.transaction.conversions.begin(
        record, source.rule.code, PENDING, dict(call.params), asked
    )
    change = Change(
        call.object_name,
        Operation.UPDATE,
        {check.into: True} if check is not None and check.into else {},
        call.record_id,
        action="convert",
        trusted=True,
        reason="conversion asked for",
        asks={ASKS: "waits"},
    )
    outcome = standing(source.unit.submit([change])[0])
    text = Label("It is converted once it has been checked.", "已提交，审核通过后完成转化。")
    return Result(outcome, text)


ACTION = Convert()
