"""What the actions on deadlines share: which deadline of a record is meant, and asking its rule."""

from __future__ import annotations

from collections.abc import Callable

from fieldstone.actions.contract import Call
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.reminder_ladder import ReminderLadder

Fit = Callable[[Model, Deadline], bool]


def extendable(model: Model, body: Deadline) -> bool:
    """Tell whether more time may be asked for."""
    del model
    return body.extension is not None


def acknowledgeable(model: Model, body: Deadline) -> bool:
    """Tell whether people may say that they have seen its reminders."""
    ladder = model.rules.get(body.ladder)
    return (
        ladder is not None
        and isinstance(ladder.body, ReminderLadder)
        and ladder.body.ladder.acknowledge
    )


def deadlines_of(model: Model, object_name: str, fit: Fit | None = None) -> dict[str, Rule]:
    """Return the deadlines of an object that are switched on, by code."""
    return {
        rule.code: rule
        for rule in model.rules_of(object_name)
        if isinstance(rule.body, Deadline) and rule.enabled and (not fit or fit(model, rule.body))
    }


def asked_of_rule(call: Call, action: str, fit: Fit) -> Outcome:
    """Ask one deadline of the record, and return what it decided. Raises RefusedError."""
    known = deadlines_of(call.model, call.object_name, fit)
    code = str(call.params.get("rule") or (next(iter(known)) if len(known) == 1 else ""))
    code = call.model.present_rule(code, call.ctx.now.date())
    if code not in known:
        cure = did_you_mean(code, known) if code else f"Name one of: {', '.join(known)}."
        text = f"There is no deadline {code[:40]!r} here." if code else "Which deadline is meant?"
        raise RefusedError([Problem("unknown_deadline", "rule", text, cure)])
    change = Change(
        call.object_name,
        Operation.UPDATE,
        {},
        call.record_id,
        action=action,
        reason=str(call.params.get("reason") or action),
        asks={"rule": code},
    )
    with call.writes.unit(call.ctx, call.model) as unit:
        outcome = standing(unit.submit([change])[0])
        if not any(decision.rule == code for decision in outcome.decisions):
            text = "No such deadline is running here."
            cure = "Look at the record: it may have moved on."
            raise RefusedError([Problem("not_running", "rule", text, cure)], 409)
    return outcome
