"""Takes a conversion back: what nobody touched since goes to the recycle bin, what lived on stays, the source reopens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldstone.actions.conversion.source import Source
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import RefusedError
from fieldstone.base.workdays import Calendar
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.rules.conversion import Conversion
from fieldstone.storage.conversions import Kept
from fieldstone.storage.reader import Reader

REMOVED, KEPT, PUT_BACK, LEFT = "removed", "kept", "put_back", "left"


@dataclass(frozen=True)
class Fate:
    """What becomes of one target: removed, kept (it lived on), put back (it was there before) or left as it is.

    `why` of one that is kept: "changed" since, "used" by other records, or "gone" already.
    """

    target: str
    object_name: str
    record_id: str
    fate: str
    why: str = ""


def until(body: Conversion, kept: Kept, calendar: Calendar) -> datetime:
    """Return until when a conversion may be undone."""
    return calendar.after(kept.settled_at or kept.asked_at, body.undo_within)


def fates(reader: Reader, model: Model, body: Conversion, kept: Kept) -> list[Fate]:
    """Return what an undo would do with each target, the last made first."""
    found: list[Fate] = []
    removed: set[str] = set()
    for target in reversed(body.targets):
        made = kept.made.get(target.code)
        if made is None:
            continue
        fate, why = _fate(reader, model, kept, target.object_name, made, removed)
        found.append(Fate(target.code, target.object_name, str(made["id"]), fate, why))
        if fate == REMOVED:
            removed.add(str(made["id"]))
    return found


def _fate(
    reader: Reader,
    model: Model,
    kept: Kept,
    object_name: str,
    made: Mapping[str, Any],
    removed: set[str],
) -> tuple[str, str]:
    record_id = str(made["id"])
    row = reader.rows(object_name, [record_id], names=("version",)).get(record_id)
    if row is None:
        return LEFT, "gone"
    if not made.get("created"):
        return (PUT_BACK, "") if made.get("filled") else (LEFT, "")
    if row["version"] != made.get("version"):
        return KEPT, "changed"
    ours = {row_id for rows in kept.carried.values() for row_id in rows}
    ours |= removed | {kept.record_id}
    return (
        (KEPT, "used") if _is_used(reader, model, object_name, record_id, ours) else (REMOVED, "")
    )


def _is_used(
    reader: Reader, model: Model, object_name: str, record_id: str, ours: set[str]
) -> bool:
    """Tell whether other records than those of the conversion point to this one."""
    for relation in model.objects[object_name].relations.values():
        if relation.owned:
            continue
        rows = reader.children(object_name, [record_id], relation.name, {"id"})
        if any(str(row["id"]) not in ours for row in rows.get(record_id, [])):
            return True
    return False


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
    for object_name, rows in kept.carried.items():
        there = source.unit.transaction.rows(object_name, list(rows))
        for row_id, links in rows.items():
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
    spec = source.call.model.objects[one.object_name]
    row = source.unit.transaction.rows(one.object_name, [one.record_id], lock=True)[one.record_id]
    values = {
        code: old
        for code, (old, new) in made["filled"].items()
        if code in spec.fields and spec.fields[code].type.dump(row.get(code)) == new
    }
    if values:
        _submitted(source, one.object_name, Operation.UPDATE, one.record_id, values, reason)


def _reopening(source: Source, kept: Kept, reason: str) -> Change:
    return Change(
        source.call.object_name,
        Operation.UPDATE,
        dict(kept.before),
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
