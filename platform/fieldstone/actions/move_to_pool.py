"""Move a record from one public pool to another: for those who look after the pool it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.pool_reasons import reason_of
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.pool_body import Pool

MOVE: Final = "move_to_pool"
MOVED: Final = "moved"
LABEL = Label("Move to another pool", "转到其他公海")


@dataclass(frozen=True)
class MoveToPool:
    """The action behind "move to another pool"."""

    name: str = MOVE
    label: Label = LABEL
    icon: str = "waves"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the other pool and a reason for the history."""
        return {
            "type": "object",
            "required": ["pool"],
            "additionalProperties": False,
            "properties": {
                "pool": {"type": "string", "description": "Code of the other pool."},
                "reason": {
                    "type": "string",
                    "maxLength": 150,
                    "description": "A reason of the other pool, or your own words.",
                },
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can lie in several pools."""
        return len(model.objects[object_name].pools) > 1

    def run(self, call: Call) -> Result:
        """Write the other pool. Raises RefusedError: 404, 403 for others, 422 for a pool or a reason that will not do."""
        target = call.model.present_rule(str(call.params["pool"]), call.ctx.now.date())
        with call.writes.unit(call.ctx, call.model) as unit:
            rows = unit.transaction.rows(call.object_name, [call.record_id], lock=True)
            here = rows.get(call.record_id, {}).get("pool")
            if not here:
                raise RefusedError([_missing(call)], 404)
            _admitted(call, str(here), target)
            # A pool that is gone is reason enough.
            given = call.params.get("reason")
            asks = given or here in call.spec.pools
            reason = reason_of(call.model, target, given, MOVED) if asks else MOVED
            change = Change(
                call.object_name,
                Operation.UPDATE,
                {"pool": target},
                call.record_id,
                action=self.name,
                trusted=True,
                reason=reason,
            )
            outcome = standing(unit.submit([change])[0])
        return Result(outcome, Label("Moved.", "已转移。"))


def targets_of(model: Model, object_name: str, pool: str) -> tuple[str, ...]:
    """Return the pools to which records of a pool may be moved by hand; a pool that is gone leads to all."""
    others = tuple(one for one in model.objects[object_name].pools if one != pool)
    rule = model.rules.get(pool)
    named = rule.body.transfers if rule is not None and isinstance(rule.body, Pool) else ()
    return tuple(one for one in others if not named or one in named)


def _admitted(call: Call, here: str, target: str) -> None:
    gone = here not in call.spec.pools
    if gone:
        administers = call.reads.administers(call.ctx, call.model)
    else:
        try:
            inside = call.reads.inside(call.ctx, call.model, here, call.object_name)
        except RefusedError as error:
            raise RefusedError([_missing(call)], 404) from error
        administers = inside.administers
    if not administers:
        text = "Only those who look after a pool move its records."
        raise RefusedError([Problem("forbidden", "pool", text, "Ask who looks after it.")], 403)
    offered = targets_of(call.model, call.object_name, here)
    if target not in offered:
        text = f"Records of this pool cannot be moved to {target!r}."
        raise RefusedError([Problem("unknown_pool", "pool", text, did_you_mean(target, offered))])


def _missing(call: Call) -> Problem:
    text = f"There is no {call.spec.label.en.lower()} {call.record_id} in a pool of yours."
    return Problem("not_found", "id", text, "Look at the pool again.")


ACTION = MoveToPool()
