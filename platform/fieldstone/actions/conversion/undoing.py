"""Takes a conversion back: what nobody touched since goes to the recycle bin, what lived on stays, the source reopens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.actions.conversion.source import Source
from fieldstone.actions.kept_values import present_values
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.reads.converted import PUT_BACK, REMOVED, Fate, fates
from fieldstone.storage.conversions import Kept


def take_back(source: Source, kept: Kept, reason: str) -> tuple[Outcome, list[Fate]]:
    """Undo a conversion within the source's transaction. Raises RefusedError when something stands against it."""
    tx, model = source.unit.transaction, source.call.model
    found = fates(tx, model, source.body, kept)
    gone = {one.record_id for one in found if one.fate == REMOVED}
    _let_go(source, kept, {one.target for one in found if one.fate == REMOVED}, reason)
    outcome = standing(source.unit.submit([_reopening(source, kept, reason)])[0])
    for one in found:
        if one.record_id in gone:
            _submitted(source, one.object_name, Operation.DELETE, one.record_id, {}, reason)
        elif one.fate == PUT_BACK:
            _put_back(source, one, kept.made[one.target], reason)
    return outcome, found


def _let_go(source: Source, kept: Kept, targets: set[str], reason: str) -> None:
    """Take the links away that the conversion gave to what was carried along, where their target goes."""
    model = source.call.model
    for holder, rows in kept.carried.items():
        object_name = model.present_object(holder)
        if object_name not in model.objects:
            continue
        there = source.unit.transaction.rows(object_name, list(rows))
        for row_id, said in rows.items():
            links = present_values(model, object_name, said)
            ids = {code: kept.made[target]["id"] for code, target in links.items()}
            values: dict[str, object] = {
                code: None
                for code, target in links.items()
                if target in targets and there.get(row_id, {}).get(code) == ids[code]
            }
            if values:
                _submitted(source, object_name, Operation.UPDATE, row_id, values, reason)


def _put_back(source: Source, one: Fate, made: Mapping[str, Any], reason: str) -> None:
    """Give an existing record its old values back, where they are still those of the conversion."""
    model = source.call.model
    spec = model.objects[one.object_name]
    row = source.unit.transaction.rows(one.object_name, [one.record_id], lock=True)[one.record_id]
    old, new = (
        present_values(model, spec.code, {code: both[n] for code, both in made["filled"].items()})
        for n in (0, 1)
    )
    values = {
        code: value
        for code, value in old.items()
        if spec.fields[code].type.dump(row.get(code)) == new[code]
    }
    if values:
        _submitted(source, one.object_name, Operation.UPDATE, one.record_id, values, reason)


def _reopening(source: Source, kept: Kept, reason: str) -> Change:
    return Change(
        source.call.object_name,
        Operation.UPDATE,
        present_values(source.call.model, source.call.object_name, kept.before),
        source.call.record_id,
        trusted=True,
        action="undo_convert",
        reason=reason,
        asks={"goes_back": True},
    )


def _submitted(
    source: Source,
    object_name: str,
    operation: Operation,
    record_id: str,
    values: Mapping[str, object],
    reason: str,
) -> None:
    change = Change(object_name, operation, values, record_id, trusted=True, reason=reason)
    outcome = source.unit.submit([change])[0]
    if outcome.refused:
        raise RefusedError(outcome.problems, outcome.status)
