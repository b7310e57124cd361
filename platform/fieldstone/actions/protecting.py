"""What protecting a record and ending it share: its rule, its locked row, and who may ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.rules.protection import Protection
from fieldstone.writes.unit import Unit


@dataclass(frozen=True)
class Guarded:
    """A record with an owner, locked, and the rule by which it may be protected."""

    call: Call
    unit: Unit
    rule: Rule
    body: Protection
    row: Mapping[str, Any]

    def write(self, values: Mapping[str, object], action: str) -> Outcome:
        """Write the fields of the protection. Raises RefusedError with every reason."""
        change = Change(
            self.call.object_name,
            Operation.UPDATE,
            {code: value for code, value in values.items() if code},
            self.call.record_id,
            action=action,
            trusted=True,
            reason=str(self.call.params.get("reason") or action),
        )
        return standing(self.unit.submit([change])[0])


def protection_of(model: Model, object_name: str) -> Rule | None:
    """Return the protection rule of an object, None without one."""
    return next(iter(model.rules_of(object_name, "protection")), None)


@contextmanager
def guarded(call: Call) -> Iterator[Guarded]:
    """Open a transaction with the owner and then the record locked.

    Raises RefusedError: 404 for what the actor does not see, 403 for what is somebody else's, 409 without an owner.
    """
    rule = protection_of(call.model, call.object_name)
    if rule is None or not isinstance(rule.body, Protection):
        raise TypeError(f"{call.object_name} has no protection rule")
    with call.writes.unit(call.ctx, call.model) as unit:
        tx = unit.transaction
        seen = tx.rows(call.object_name, [call.record_id], names=("owner",)).get(call.record_id)
        if seen and seen["owner"]:
            tx.queue_up(call.object_name, [seen["owner"]])
        row = tx.rows(call.object_name, [call.record_id], lock=True).get(call.record_id)
        access = access_to(call.model, call.ctx.actor, call.object_name)
        paths = [path for path in access.reads if "." in path]
        looked_up = tx.lookups(call.object_name, [row], paths)[0] if row and paths else {}
        if row is None or not access.may_see({**row, **looked_up}, env_of(call.ctx)):
            text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
            raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
        if row.get("owner") != call.ctx.actor.id and not access.may_assign:
            text = "Only its owner or a manager may protect this record."
            raise RefusedError([Problem("forbidden", "owner", text, "Ask its owner.")], 403)
        if not row.get("owner"):
            text = "Nobody owns this record, so there is nobody to protect it for."
            raise RefusedError([Problem("no_owner", "owner", text, "Assign it first.")], 409)
        yield Guarded(call, unit, rule, rule.body, row)
