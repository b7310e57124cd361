"""Give a record back to a public pool, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.claiming import give_back
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.pool_reasons import reason_of
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.pool_body import Pool, fitting_pool
from fieldstone.storage.transaction import Transaction

RETURNED: Final = "returned"
LABEL = Label("Return to pool", "退回公海")


@dataclass(frozen=True)
class Release:
    """The action behind "return to pool"."""

    name: str = "release"
    label: Label = LABEL
    icon: str = "undo-2"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the pool (the object's first one when left out) and a reason."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "pool": {
                    "type": "string",
                    "description": "Code of a pool that you see; left out: the one the record belongs into.",
                },
                "reason": {
                    "type": "string",
                    "maxLength": 150,
                    "description": "A reason of the pool, or your own words.",
                },
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can lie in pools."""
        return bool(model.objects[object_name].pools)

    def run(self, call: Call) -> Result:
        """Put the record into the pool; its owner may do this, and whoever may give records to others.

        What its owner gives back in time is given back to quotas that count net.
        """
        named = _named(call)
        with call.writes.unit(call.ctx, call.model) as unit:
            tx = unit.transaction
            row = _released(call, tx)
            pool = named or _fitting(call, row, tx)
            values: dict[str, object] = {"pool": pool, "owner": None}
            change = Change(
                call.object_name,
                Operation.UPDATE,
                values,
                call.record_id,
                action=self.name,
                trusted=True,
                reason=reason_of(call.model, pool, call.params.get("reason"), RETURNED),
            )
            outcome = standing(unit.submit([change])[0])
            _give_back(call, row, tx)
        return Result(outcome, Label("Returned to the pool.", "已退回公海。"))


def _released(call: Call, tx: Transaction) -> Mapping[str, Any]:
    """Lock the record and return it. Raises RefusedError: 404, 403, 409 when nobody owns it."""
    row = tx.rows(call.object_name, [call.record_id], lock=True).get(call.record_id)
    access = access_to(call.model, call.ctx.actor, call.object_name)
    env = env_of(call.ctx)
    paths = [path for path in access.reads if "." in path]
    looked_up = tx.lookups(call.object_name, [row], paths)[0] if row and paths else {}
    if row is None or not access.may_see({**row, **looked_up}, env):
        text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
        raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    if row.get("owner") != call.ctx.actor.id and not access.may_assign:
        text = "Only its owner or a manager may return this record."
        raise RefusedError([Problem("forbidden", "owner", text, "Ask its owner.")], 403)
    if row.get("pool") and not row.get("owner"):
        text, cure = "This record lies in a pool already.", "Move it to another pool instead."
        raise RefusedError([Problem("in_pool", "pool", text, cure)], 409)
    return row


def _named(call: Call) -> str:
    """Return the pool that was asked for, "" for none. Raises RefusedError (422) for one that the actor does not see."""
    asked = call.params.get("pool")
    if asked is None:
        return ""
    pool = call.model.present_rule(str(asked), call.ctx.now.date())
    seen = call.reads.pools(call.ctx, call.model, call.object_name)
    if pool not in seen:
        # A pool that others see is answered like one that is not there.
        text = f"There is no pool {pool!r} for you to return it to."
        cure = did_you_mean(pool, seen) if seen else "Leave the pool out: it goes where it belongs."
        raise RefusedError([Problem("unknown_pool", "pool", text, cure)])
    return pool


def _fitting(call: Call, row: Mapping[str, Any], tx: Transaction) -> str:
    """Return the pool that takes the record by its rules, whoever sees it."""
    rules = call.model.rules_of(call.object_name)
    expressions = [one for rule in rules if isinstance(rule.body, Pool) for one in rule.body.reads]
    full = tx.with_lookups(call.object_name, {call.record_id: dict(row)}, expressions)
    found = fitting_pool(rules, call.spec.pools, full[call.record_id], tx)
    return found[0] if found is not None else call.spec.pools[0]


def _give_back(call: Call, row: Mapping[str, Any], tx: Transaction) -> None:
    owner, since = row.get("owner"), row.get("owned_at")
    if not isinstance(since, datetime) or owner != call.ctx.actor.id:
        return
    for rule in call.model.rules_of(call.object_name, "claim"):
        give_back(rule, call.record_id, since, tx)


ACTION = Release()
