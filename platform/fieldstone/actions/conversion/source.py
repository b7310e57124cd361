"""The record that is converted: its map, its row under lock, and who may do what with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.rules.conversion import Conversion
from fieldstone.storage.conversions import DONE, Kept
from fieldstone.writes.unit import Unit

CONFLICT: Final = 409
Row = Mapping[str, Any]


def map_of(model: Model, object_name: str) -> tuple[Rule, Conversion]:
    """Return the conversion map of an object, which `offered` has found before."""
    rule = model.rules_of(object_name, "conversion_map")[0]
    if not isinstance(rule.body, Conversion):
        raise TypeError(f"rule {rule.code} has no conversion map")
    return rule, rule.body


@dataclass(frozen=True)
class Source:
    """One record within one transaction; `row` holds what is looked up too."""

    call: Call
    unit: Unit
    rule: Rule
    body: Conversion
    row: Row

    @property
    def owner(self) -> str:
        """Return who gets what is made."""
        return str(self.row.get("owner") or self.call.ctx.actor.id)

    @property
    def kept(self) -> Kept | None:
        """Return the conversion that stands for it."""
        return self.unit.transaction.conversions.standing(self.call.record_id)


def opened(call: Call, unit: Unit, *, to_change: bool = True) -> Source:
    """Lock the record and return it. Raises RefusedError: 404, 403 for who may not change it."""
    rule, body = map_of(call.model, call.object_name)
    tx, access = unit.transaction, access_to(call.model, call.ctx.actor, call.object_name)
    _queue_up(call, unit, body)
    row = tx.rows(call.object_name, [call.record_id], lock=True).get(call.record_id)
    paths = {path for one in body.reads for path in one.paths}
    paths |= {path for path in access.reads if "." in path}
    looked_up = tx.lookups(call.object_name, [row], paths)[0] if row and paths else {}
    full = {**(row or {}), **looked_up}
    env = env_of(call.ctx)
    if row is None or not access.may_see(full, env):
        text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
        raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    if to_change and not access.may_update(full, env):
        text = f"Your roles do not let you convert this {call.spec.label.en.lower()}."
        raise RefusedError([Problem("forbidden", "id", text, "Ask its owner.")], 403)
    return Source(call, unit, rule, body, full)


def _queue_up(call: Call, unit: Unit, body: Conversion) -> None:
    """Wait for the owner's turn before the record is locked: people first, then records, everywhere."""
    tx = unit.transaction
    row = tx.rows(call.object_name, [call.record_id], names=("owner",)).get(call.record_id, {})
    owner = str(row.get("owner") or call.ctx.actor.id)
    for name in sorted({target.object_name for target in body.targets}):
        if call.model.objects[name].owned != "none":
            tx.queue_up(name, [owner])


def refuse_second(source: Source) -> None:
    """Refuse what waits or was converted already. Raises RefusedError (409)."""
    kept, spec = source.kept, source.call.spec
    if source.row.get(spec.stage_field) == source.body.stage or (kept and kept.state == DONE):
        text = f"This {spec.label.en.lower()} has been converted already."
        raise RefusedError([Problem("converted", "stage", text, "Open what it became.")], CONFLICT)
    if kept is not None:
        text = "Its conversion waits for a check already."
        cure = "Ask whoever checks conversions."
        raise RefusedError([Problem("conversion_waits", "stage", text, cure)], CONFLICT)
