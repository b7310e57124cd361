"""Turn a record into others by its conversion map: a lead into customer, contact and opportunity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.rules.conversion_map import Conversion, Target
from fieldstone.writes.unit import Unit

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
        """Create, link and close in one transaction; a record is converted once."""
        rule = call.model.rules_of(call.object_name, "conversion_map")[0]
        if not isinstance(rule.body, Conversion):
            raise TypeError(f"rule {rule.code} has no conversion map")
        with call.writes.unit(call.ctx, call.model) as unit:
            row = _source(call, unit, rule.body)
            made: dict[str, str] = {}
            for target in rule.body.targets:
                record_id = _made(call, unit, target, row, made)
                if record_id:
                    made[target.code] = record_id
            outcome = standing(unit.submit([_closing(call, rule, rule.body, row, made)])[0])
        return Result(outcome, Label("Converted.", "转化成功。"), made)


def _source(call: Call, unit: Unit, body: Conversion) -> Mapping[str, object]:
    """Lock the record and return it with what the map looks up. Raises RefusedError."""
    tx = unit.transaction
    row = tx.rows(call.object_name, [call.record_id], lock=True).get(call.record_id)
    access = access_to(call.model, call.ctx.actor, call.object_name)
    paths = {path for one in body.reads for path in one.paths}
    paths |= {path for path in access.reads if "." in path}
    looked_up = tx.lookups(call.object_name, [row], paths)[0] if row and paths else {}
    full = {**(row or {}), **looked_up}
    env = env_of(call.ctx)
    if row is None or not access.may_see(full, env):
        text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
        raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    if not access.may_update(full, env):
        text = f"Your roles do not let you convert this {call.spec.label.en.lower()}."
        raise RefusedError([Problem("forbidden", "id", text, "Ask its owner.")], 403)
    if row.get(call.spec.stage_field) == body.stage:
        text = f"This {call.spec.label.en.lower()} has been converted already."
        raise RefusedError([Problem("converted", "stage", text, "Open what it became.")], 409)
    return full


def _made(
    call: Call, unit: Unit, target: Target, row: Mapping[str, object], made: Mapping[str, str]
) -> str | None:
    """Create one target, or return the existing record that was chosen; None when left out."""
    if target.code in call.params.get("leave_out", ()) and target.optional:
        return None
    chosen = call.params.get("use", {}).get(target.code)
    if chosen:
        if call.reads.get(call.ctx, call.model, target.object_name, chosen) is None:
            text = f"There is no {target.object_name} {chosen}."
            raise RefusedError(
                [Problem("not_found", f"use.{target.code}", text, "Choose another.")]
            )
        return str(chosen)
    spec, env = call.model.objects[target.object_name], env_of(call.ctx)
    values: dict[str, object] = {}
    for code, expression in target.fields.items():
        value = expression.evaluate(row, env)
        if value is not None:
            values[code] = spec.fields[code].type.dump(value)
    values |= {field: made[other] for field, other in target.links.items() if other in made}
    if spec.owned != "none":
        values["owner"] = row.get("owner") or call.ctx.actor.id
    values |= _added(call, unit, target)
    change = Change(target.object_name, Operation.CREATE, values, trusted=True, reason="converted")
    outcome = unit.submit([change])[0]
    if outcome.refused:
        problems = [
            Problem(p.code, f"{target.code}.{p.path}", p.message, p.cure) for p in outcome.problems
        ]
        raise RefusedError(problems)
    return outcome.record_id


def _added(call: Call, unit: Unit, target: Target) -> Mapping[str, object]:
    """Return the values that the person adds, as far as their own rights go. Raises RefusedError."""
    added: Mapping[str, object] = call.params.get("values", {}).get(target.code, {})
    if not added:
        return {}
    problems = unit.objections(Change(target.object_name, Operation.CREATE, added))
    if problems:
        told = [
            Problem(p.code, f"values.{target.code}.{p.path}", p.message, p.cure) for p in problems
        ]
        raise RefusedError(told)
    return added


def _closing(
    call: Call, rule: Rule, body: Conversion, row: Mapping[str, object], made: Mapping[str, str]
) -> Change:
    """Return the change that closes the source and keeps what it became."""
    env = env_of(call.ctx)
    values: dict[str, object] = {call.spec.stage_field: body.stage}
    for target in body.targets:
        if target.into and target.code in made:
            values[target.into] = made[target.code]
    for code, expression in body.sets.items():
        values[code] = call.spec.fields[code].type.dump(expression.evaluate(row, env))
    return Change(
        call.object_name,
        Operation.UPDATE,
        values,
        call.record_id,
        action="convert",
        trusted=True,
        reason=rule.code,
    )


ACTION = Convert()
