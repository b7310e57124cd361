"""A person leaves: no more log-in from now on, and what they work on is handed over by the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import standing
from fieldstone.base.english import agreeing, quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.reads.leaving import heir_problems, leaving_plan, leaving_rule
from fieldstone.rules.offboarding import OFFBOARD

LABEL = Label("Hand over and leave", "离职移交")
JOB: Final = OFFBOARD
CONFLICT: Final = 409


@dataclass(frozen=True)
class Offboard:
    """The action behind "hand over and leave"."""

    name: str = OFFBOARD
    label: Label = LABEL
    icon: str = "log-out"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: other heirs than the rule's, by hand-over."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "to": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Hand-over to manager, assign, follow, user:ID, team:CODE, role:CODE or pool:CODE.",
                }
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether a rule says how people hand over."""
        return object_name == "user" and leaving_rule(model) is not None

    def run(self, call: Call) -> Result:
        """Switch the person off and queue the hand-over, in one transaction. Raises RefusedError."""
        found = leaving_rule(call.model)
        if found is None:
            raise TypeError("offered where no rule stands")
        _, body = found
        chosen = {code: heir for code, heir in call.params.get("to", {}).items() if heir}
        with call.writes.unit(call.ctx, call.model) as unit:
            row = unit.transaction.rows("user", [call.record_id], lock=True).get(call.record_id)
            _may(call, row)
            if problems := heir_problems(
                unit.transaction, call.model, body, call.record_id, chosen
            ):
                raise RefusedError(problems)
            tables = unit.transaction.people_tables
            tables.close_sessions(call.record_id)
            for token in tables.tokens_of(call.record_id):
                tables.revoke_token(token.id, call.record_id, call.ctx.now)
            change = Change(
                "user",
                Operation.UPDATE,
                {"active": False},
                call.record_id,
                trusted=True,
                action=self.name,
                reason=self.name,
            )
            outcome = standing(unit.submit([change])[0])
            plan = leaving_plan(unit.transaction, call.model, call.record_id)
            total = plan.total if plan else 0
            arguments = {"person": call.record_id, "to": chosen, "total": total}
            key = f"{key_of(call.record_id)}{call.ctx.now.isoformat()}"
            job = unit.transaction.jobs.add(JOB, arguments, actor=call.ctx.actor.id, unique_key=key)
        text = Label(
            f"Nobody signs in as them any more; {quantity(total, 'record')} {agreeing(total, 'is', 'are')} handed over.",
            f"账号已停用，正在移交 {total} 条记录。",
        )
        return Result(outcome, text, {"job": job} if job else {})


def key_of(person: str) -> str:
    """Return what the keys of all hand-overs of a person begin with."""
    return f"{JOB}:{person}:"


def _may(call: Call, row: Mapping[str, Any] | None) -> None:
    """Refuse whoever may not switch people off, and who would switch themselves off. Raises RefusedError."""
    access, env = access_to(call.model, call.ctx.actor, "user"), env_of(call.ctx)
    if row is None or not access.may_see(row, env):
        text = f"There is no person {call.record_id}."
        raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    if not access.may_update(row, env) or "active" not in access.writable(row, env):
        text = "Your roles do not let you switch people off."
        raise RefusedError([Problem("forbidden", "active", text, "Ask an administrator.")], 403)
    if call.record_id == call.ctx.actor.id:
        text = "You cannot leave by yourself: somebody has to receive what is left over."
        raise RefusedError(
            [Problem("own_account", "id", text, "Ask another administrator.")], CONFLICT
        )


ACTION = Offboard()
