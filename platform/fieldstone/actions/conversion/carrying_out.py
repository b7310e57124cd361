"""Carries a conversion out: makes or fills each target, takes along what hangs on the source, closes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.access.access import env_of
from fieldstone.actions.conversion.source import Source
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.rules.assignment import MADE
from fieldstone.rules.conversion import FILL_EMPTY, KEEP, Carried, Target

Values = dict[str, object]
EMPTY: Final[tuple[object, ...]] = (None, "", (), [])


@dataclass
class CarriedOut:
    """What a conversion did so far, as an undo needs it."""

    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    carried: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    before: Values = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, str]:
        """Return the record of each target."""
        return {code: str(one["id"]) for code, one in self.made.items()}


def carry_out(
    source: Source, params: Mapping[str, Any], asked_by: str
) -> tuple[Outcome, CarriedOut]:
    """Make everything and close the source, all within the source's transaction. Raises RefusedError."""
    done = CarriedOut()
    for target in source.body.targets:
        if target.code in params.get("leave_out", ()) and target.optional:
            continue
        chosen = params.get("use", {}).get(target.code)
        if chosen:
            done.made[target.code] = _used(source, target, str(chosen), done)
        else:
            added = params.get("values", {}).get(target.code, {})
            done.made[target.code] = _made(source, target, done, added)
    for one in source.body.carry:
        _carried(source, one, done)
    outcome = standing(source.unit.submit([_closing(source, done, asked_by)])[0])
    _note_versions(source, done)
    return outcome, done


def _note_versions(source: Source, done: CarriedOut) -> None:
    """Keep how new records stand now: whoever changes one from here on works with it."""
    for target in source.body.targets:
        made = done.made.get(target.code)
        if made is not None and made["created"]:
            found = source.unit.transaction.rows(
                target.object_name, [made["id"]], names=("version",)
            )
            made["version"] = found[made["id"]]["version"]


def _mapped(source: Source, target: Target) -> Values:
    """Return what the map gives the target, in JSON form; missing values are left out."""
    spec, env = source.call.model.objects[target.object_name], env_of(source.call.ctx)
    found = {code: one.evaluate(source.row, env) for code, one in target.fields.items()}
    return {c: spec.fields[c].type.dump(value) for c, value in found.items() if value is not None}


def _linked(target: Target, done: CarriedOut) -> Values:
    ids = done.ids
    return {code: ids[other] for code, other in target.links.items() if other in ids}


def _made(
    source: Source, target: Target, done: CarriedOut, added: Mapping[str, object]
) -> dict[str, Any]:
    """Create one target. Raises RefusedError with its problems under its name."""
    spec = source.call.model.objects[target.object_name]
    values = {**_mapped(source, target), **_linked(target, done)}
    if spec.owned != "none":
        values["owner"] = source.owner
    change = Change(
        target.object_name,
        Operation.CREATE,
        {**values, **added},
        trusted=True,
        reason="converted",
        action="convert",
        asks={} if "owner" in added else {MADE: True},
    )
    outcome = source.unit.submit([change])[0]
    if outcome.refused:
        raise RefusedError(_under(target.code, outcome.problems))
    return {"id": outcome.record_id, "created": True}


def _used(source: Source, target: Target, record_id: str, done: CarriedOut) -> dict[str, Any]:
    """Take an existing record, and fill it as the map says; return what an undo puts back."""
    tx, spec = source.unit.transaction, source.call.model.objects[target.object_name]
    row = tx.rows(target.object_name, [record_id], lock=True).get(record_id)
    if row is None:
        raise RefusedError([_no_such(target, record_id)])
    wanted = {} if target.existing == KEEP else _mapped(source, target)
    links = {c: v for c, v in _linked(target, done).items() if row.get(c) in EMPTY}
    filled = {
        code: value
        for code, value in wanted.items()
        if not (target.existing == FILL_EMPTY and row.get(code) not in EMPTY)
        and spec.fields[code].type.dump(row.get(code)) != value
    }
    filled |= links
    before = {code: spec.fields[code].type.dump(row.get(code)) for code in filled}
    if filled:
        change = Change(
            target.object_name,
            Operation.UPDATE,
            filled,
            record_id,
            trusted=True,
            reason="converted",
            action="convert",
        )
        outcome = source.unit.submit([change])[0]
        if outcome.refused:
            raise RefusedError(_under(target.code, outcome.problems))
    changed = {code: [before[code], value] for code, value in filled.items()}
    return {"id": record_id, "created": False, "filled": changed}


def _no_such(target: Target, record_id: str) -> Problem:
    text = f"There is no {target.object_name} {record_id}."
    return Problem("not_found", f"use.{target.code}", text, "Choose another.")


def _under(code: str, problems: tuple[Problem, ...]) -> list[Problem]:
    return [Problem(p.code, f"{code}.{p.path}", p.message, p.cure) for p in problems]


def _carried(source: Source, one: Carried, done: CarriedOut) -> None:
    """Let the rows that hang on the source point to the targets too; a link that is there stays."""
    ids, noted, changes = done.ids, {}, []
    for row in hanging(source, one):
        links = {
            code: target
            for code, target in one.to.items()
            if target in ids and row.get(code) in EMPTY
        }
        if links:
            noted[str(row["id"])] = links
            values: Values = {code: ids[target] for code, target in links.items()}
            changes.append(
                Change(
                    one.object_name,
                    Operation.UPDATE,
                    values,
                    str(row["id"]),
                    trusted=True,
                    skip_rules=True,
                    reason="converted",
                )
            )
    if changes:
        for outcome in source.unit.submit(changes):
            standing(outcome)
        done.carried[one.object_name] = noted


def hanging(source: Source, one: Carried) -> Sequence[Mapping[str, Any]]:
    """Return the rows of one object that hang on the source, with the lookups that may be set."""
    record_id = source.call.record_id
    relation = next(
        link.name
        for link in source.call.spec.relations.values()
        if (link.object_name, link.field) == (one.object_name, one.link)
    )
    name = source.call.object_name
    found = source.unit.transaction.children(name, [record_id], relation, {*one.to})
    return found.get(record_id, [])


def _closing(source: Source, done: CarriedOut, asked_by: str) -> Change:
    """Return the change that closes the source and keeps what it became."""
    call, body, spec = source.call, source.body, source.call.spec
    env, ids = env_of(call.ctx), done.ids
    values: Values = {spec.stage_field: body.stage}
    for target in body.targets:
        if target.into and target.code in ids:
            values[target.into] = ids[target.code]
    for code, expression in body.sets.items():
        values[code] = spec.fields[code].type.dump(expression.evaluate(source.row, env))
    if body.check is not None and body.check.into:
        values[body.check.into] = False
    done.before = {code: spec.fields[code].type.dump(source.row.get(code)) for code in values} | (
        {body.check.into: False} if body.check is not None and body.check.into else {}
    )
    if spec.owned != "none" and not source.row.get("owner"):
        values["owner"] = asked_by
    return Change(
        call.object_name,
        Operation.UPDATE,
        values,
        call.record_id,
        action="convert",
        trusted=True,
        reason=source.rule.code,
    )


def added_by(source: Source, params: Mapping[str, Any]) -> None:
    """Check what the person chose and typed against the person's own rights. Raises RefusedError."""
    call = source.call
    problems: list[Problem] = []
    for target in source.body.targets:
        chosen = params.get("use", {}).get(target.code)
        if chosen and call.reads.get(call.ctx, call.model, target.object_name, chosen) is None:
            problems.append(_no_such(target, chosen))
        if chosen and target.existing != KEEP and not _may_fill(source, target, str(chosen)):
            text = (
                f"You may not change this {target.object_name}, and the conversion would fill it."
            )
            path = f"use.{target.code}"
            problems.append(Problem("forbidden", path, text, "Choose another, or ask its owner."))
        added = params.get("values", {}).get(target.code, {})
        if added and not chosen:
            said = source.unit.objections(Change(target.object_name, Operation.CREATE, added))
            problems += _under(f"values.{target.code}", said)
    if problems:
        raise RefusedError(problems)


def _may_fill(source: Source, target: Target, record_id: str) -> bool:
    call = source.call
    standing_there = call.reads.standing(call.ctx, call.model, target.object_name, record_id)
    return standing_there is None or standing_there.may_update  # None: not there, which is said
