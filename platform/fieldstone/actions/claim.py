"""Take a record out of a public pool: one transaction decides, and a failed claim spends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call, Result
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.reads.query import Query
from fieldstone.rules.claim import Claim as ClaimLimits
from fieldstone.rules.claim import claim_refusals, claim_rule, quota_refusal
from fieldstone.storage.transaction import Transaction

CONFLICT: Final = 409
NO_LIMIT: Final = 2**31
LABEL = Label("Claim", "领取")


@dataclass(frozen=True)
class Claim:
    """The action behind the claim button."""

    name: str = "claim"
    label: Label = LABEL
    icon: str = "hand"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: none."""
        return {"type": "object", "additionalProperties": False, "properties": {}}

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can lie in pools."""
        return bool(model.objects[object_name].pools)

    def run(self, call: Call) -> Result:
        """Claim the record for the actor.

        Locks in one order, the person's counters and then the record, so that claims, holding limits and quotas
        are exact under a race. Raises RefusedError: 403, 404, or 409 when somebody was faster or a limit is reached.
        """
        if not access_to(call.model, call.ctx.actor, call.object_name).may_claim:
            text = "Your roles do not let you claim from public pools."
            raise RefusedError(
                [Problem("forbidden", "claim", text, "Ask a manager to assign it.")], 403
            )
        with call.writes.unit(call.ctx, call.model) as unit:
            pool = _pool_of(call, unit.transaction)
            unit.transaction.queue_up(call.object_name, [call.ctx.actor.id])
            _spend(call, unit.transaction, pool)
            _still_there(call, unit.transaction, pool)
            change = Change(
                call.object_name,
                Operation.UPDATE,
                {"owner": call.ctx.actor.id, "pool": None},
                call.record_id,
                action=self.name,
                trusted=True,
                reason="claimed",
            )
            outcome = unit.submit([change])[0]
            if outcome.refused:
                raise RefusedError(outcome.problems, CONFLICT)
        return Result(outcome, Label("Yours now.", "领取成功，现在归您跟进。"))


def _pool_of(call: Call, tx: Transaction) -> str:
    """Return the pool the record lies in, when the actor may see it there."""
    row = tx.rows(call.object_name, [call.record_id], names=("pool", "owner")).get(call.record_id)
    if row is None:
        raise _missing(call)
    if row["owner"] or not row["pool"]:
        raise _too_late(call, tx, row["owner"]) if _knows(call, tx) else _missing(call)
    query = Query(pool=str(row["pool"]), filter=f"id == '{call.record_id}'", limit=1)
    if not call.reads.list(call.ctx, call.model, call.object_name, query).rows:
        raise _missing(call)
    return str(row["pool"])


def _knows(call: Call, tx: Transaction) -> bool:
    """Tell whether the actor sees the record, or could see it while it lay in a pool."""
    shared = tx.pools_before(call.object_name, call.record_id)
    if not shared.isdisjoint(call.reads.pools(call.ctx, call.model, call.object_name)):
        return True
    return call.reads.get(call.ctx, call.model, call.object_name, call.record_id) is not None


def _spend(call: Call, tx: Transaction, pool: str) -> None:
    """Take the claim from the person's quotas; the counter stays locked until the transaction ends."""
    person = call.ctx.actor
    tx.grant(person.id, f"claim:{call.object_name}", "ever", NO_LIMIT)
    rules = call.model.rules_of(call.object_name)
    rule = claim_rule(rules, pool)
    if rule is not None and isinstance(rule.body, ClaimLimits):
        today = call.ctx.now.astimezone(ZoneInfo(person.zone)).date()
        for quota in rule.body.quotas(person.roles, today):
            if not tx.grant(person.id, rule.code, quota.period, quota.limit):
                raise RefusedError([quota_refusal(rule, quota, tx)], CONFLICT)
    refused = claim_refusals(rules, pool, [call.record_id], person.id, tx)
    if refused:
        raise RefusedError(refused.values(), CONFLICT)


def _still_there(call: Call, tx: Transaction, pool: str) -> None:
    """Lock the record and look again: the row decides who was first."""
    rows = tx.rows(call.object_name, [call.record_id], names=("pool", "owner"), lock=True)
    row = rows.get(call.record_id)
    if row is None:
        raise _missing(call)
    if row["owner"] or row["pool"] != pool:
        raise _too_late(call, tx, row["owner"])


def _too_late(call: Call, tx: Transaction, owner: object) -> RefusedError:
    by = ""
    if owner == call.ctx.actor.id:
        by = " by you"
    elif owner:
        person = tx.rows("user", [str(owner)], names=("name",)).get(str(owner))
        by = f" by {person['name']}" if person else ""
    text = (
        f"This record was claimed{by} already." if owner else "This record is in no pool any more."
    )
    return RefusedError(
        [Problem("already_claimed", "owner", text, "Choose another one.")], CONFLICT
    )


def _missing(call: Call) -> RefusedError:
    text = (
        f"There is no {call.spec.label.en.lower()} {call.record_id} in a pool you may claim from."
    )
    return RefusedError([Problem("not_found", "id", text, "Look at the pool again.")], 404)


ACTION = Claim()
