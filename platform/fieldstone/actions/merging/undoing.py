"""Takes a merge back: everything returns to where it was, but for what was changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.actions.kept_values import present_values
from fieldstone.actions.merging.folding import opened_value
from fieldstone.actions.merging.following import CHUNK, LINK, MADE
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.objects import Field, ObjectType
from fieldstone.storage.merges import Merged, Moved
from fieldstone.storage.moving import ADDED, DROPPED, ROW
from fieldstone.storage.transaction import RowUpdate
from fieldstone.writes.unit import Unit

Row = Mapping[str, Any]
REASON: Final = "merge undone"
BY_THE_PLATFORM: Final = frozenset({"owned_at", "stage_entered_at", "last_activity_at"})


@dataclass(frozen=True)
class Undone:
    """What an undo did; `left` are the labels of values that were changed since and stay as they are."""

    outcome: Outcome
    left: tuple[Label, ...] = ()


def undo(unit: Unit, merged: Merged) -> Undone:
    """Make two records of one again. Raises RefusedError (409) for a merge that cannot be taken back any more."""
    _check(unit, merged)
    merged = _as_called_today(unit, merged)
    tx, spec = unit.transaction, unit.model.objects[merged.object_name]
    rows = _locked(unit, spec, merged)
    moved = tx.merges.moved(merged.id)
    untouched = rows[merged.survivor]["version"] == merged.kept["version"]
    moving = tx.moving(merged.object_name)
    for one in moved:
        if one.kind in (ROW, DROPPED, ADDED):
            moving.back(one)
    outcome, left = _values_back(unit, merged, rows[merged.survivor], untouched=untouched)
    _restore(unit, merged)
    outcome = _pointing_back(unit, merged, rows[merged.survivor]) or outcome
    for place in dict.fromkeys(one.place for one in moved if one.kind == LINK):
        links = [one for one in moved if one.kind == LINK and one.place == place]
        _links_back(unit, merged, place, links)
    _made_away(unit, [one for one in moved if one.kind == MADE])
    for inner in tx.merges.within(merged.id):
        undo(unit, inner)
    if untouched:
        moving.timers_back({merged.survivor: merged.kept["timers"]})
    else:
        _look_again(unit, merged)
    tx.merges.undone(merged.id, unit.ctx.actor.id, unit.ctx.now)
    return Undone(outcome, left)


def _as_called_today(unit: Unit, merged: Merged) -> Merged:
    """Return a merge with the values it kept in the open, by the codes that fields and options have today."""
    model, spec = unit.model, unit.model.objects[merged.object_name]

    def told(kept: Mapping[str, Any]) -> dict[str, Any]:
        known = [(said, spec.fields.get(spec.present_code(said))) for said in kept]
        opened = {
            said: opened_value(unit, one, said, kept[said], merged.id)
            for said, one in known
            if one is not None
        }
        return present_values(model, spec.code, opened)

    values = {name: told(merged.kept[name]) for name in ("before", "after")}
    return replace(merged, kept={**merged.kept, **values})


def _check(unit: Unit, merged: Merged) -> None:
    if merged.undone_at is not None:
        text = "This merge was taken back already."
        raise RefusedError([Problem("undone", "merge", text, "Open the two records.")], 409)
    if merged.within is None and unit.ctx.now > merged.undo_until:
        text = f"This merge could be taken back until {merged.undo_until:%Y-%m-%d}."
        cure = "Create the second record anew and move to it what belongs there."
        raise RefusedError([Problem("too_late", "merge", text, cure)], 409)
    after = unit.transaction.merges.into(merged.survivor)
    if after is not None:
        text = "The record was merged into another one since."
        raise RefusedError(
            [Problem("merged_since", "merge", text, "Take that merge back first.")], 409
        )


def _locked(unit: Unit, spec: ObjectType, merged: Merged) -> Mapping[str, Row]:
    tx, ids = unit.transaction, [merged.survivor, merged.gone]
    held = tx.tables[spec.code]
    names = {*held.columns, *(one.code for one in held.children)}
    rows = tx.rows(spec.code, ids, names=names, deleted=True, lock=True, unseal=True)
    stays, goes = rows.get(merged.survivor), rows.get(merged.gone)
    if stays is None or goes is None or stays["deleted_at"] is not None:
        text = "The record that held both was deleted."
        raise RefusedError([Problem("deleted", "merge", text, "Restore it first.")], 409)
    return rows


def _values_back(
    unit: Unit, merged: Merged, now: Row, *, untouched: bool
) -> tuple[Outcome, tuple[Label, ...]]:
    """Give the survivor its old values; what somebody changed since stays, and the rules look again."""
    spec = unit.model.objects[merged.object_name]
    before, after = merged.kept["before"], merged.kept["after"]
    values: dict[str, Any] = {}
    left: list[Label] = []
    for code, old in before.items():
        one = spec.fields[code]
        if one.archived or code in BY_THE_PLATFORM or _names(old, merged.gone):
            continue
        if untouched or _says(one, now.get(code)) == _bare(one, after[code]):
            values[code] = old
        elif not one.read_only:
            left.append(one.label)
    change = Change(
        merged.object_name,
        Operation.UPDATE,
        values,
        merged.survivor,
        action="unmerge",
        skip_rules=untouched,
        relinks=untouched,
        allow_duplicate=True,
        trusted=True,
        reason=REASON,
    )
    outcome = standing(unit.submit([change])[0])
    if untouched:
        instants = {
            code: spec.fields[code].type.parse(before[code])
            for code in BY_THE_PLATFORM & before.keys()
        }
        if instants:
            update = RowUpdate(merged.survivor, instants, counts=False)
            unit.transaction.update(merged.object_name, [update])
    return outcome, tuple(left)


def _names(kept: Any, record_id: str) -> bool:
    return kept == record_id or (isinstance(kept, list) and record_id in kept)


def _pointing_back(unit: Unit, merged: Merged, now: Row) -> Outcome | None:
    """Let the survivor point to the other record again, now that it is there; None when it never did."""
    spec = unit.model.objects[merged.object_name]
    before, after = merged.kept["before"], merged.kept["after"]
    values = {
        code: old
        for code, old in before.items()
        if _names(old, merged.gone) and _says(spec.fields[code], now.get(code)) == after[code]
    }
    if not values:
        return None
    change = replace(_link(merged.object_name, merged.survivor, "", None), values=values)
    return standing(unit.submit([change])[0])


def _says(one: Field, value: Any) -> Any:
    """Return a value as it can be compared with a kept one; new line items got ids meanwhile."""
    told = None if value is None else (value if one.type.name == "secret" else one.type.dump(value))
    return _bare(one, told)


def _bare(one: Field, told: Any) -> Any:
    if one.type.name != "rows" or not isinstance(told, list):
        return told
    return [{code: part for code, part in row.items() if code != "id"} for row in told]


def _restore(unit: Unit, merged: Merged) -> None:
    row = unit.transaction.rows(merged.object_name, [merged.gone], names=("id",))
    if row:
        return  # somebody took it out of the recycle bin already
    change = Change(
        merged.object_name,
        Operation.RESTORE,
        {},
        merged.gone,
        action="unmerge",
        relinks=True,
        trusted=True,
        reason=REASON,
    )
    standing(unit.submit([change])[0])


def _links_back(unit: Unit, merged: Merged, place: str, links: Sequence[Moved]) -> None:
    """Let rows point to the record again that they pointed to, unless they point elsewhere since."""
    holder, _, said = place.partition(".")
    object_name = unit.model.present_object(holder)
    spec = unit.model.objects.get(object_name)
    code = spec.present_code(said) if spec is not None else said
    if spec is None or code not in spec.fields:
        return
    names = (code, "deleted_at")
    rows = unit.transaction.rows(
        object_name, [one.record for one in links], names=names, deleted=True
    )
    live: list[Change] = []
    aside: list[RowUpdate] = []
    for one in links:
        row = rows.get(one.record)
        value = None if row is None else _turned_back(row[code], one.before, merged)
        if row is None or value is None:
            continue
        if spec.parent is not None or row["deleted_at"] is not None:
            aside.append(RowUpdate(one.record, {code: value}, counts=False))
        else:
            live.append(_link(object_name, one.record, code, value))
    if aside:
        unit.transaction.update(object_name, aside)
    for start in range(0, len(live), CHUNK):
        for outcome in unit.submit(live[start : start + CHUNK]):
            standing(outcome)


def _link(object_name: str, record_id: str, code: str, value: Any) -> Change:
    return Change(
        object_name,
        Operation.UPDATE,
        {code: value},
        record_id,
        action="unmerge",
        relinks=True,
        trusted=True,
        reason=REASON,
    )


def _turned_back(now: Any, before: Any, merged: Merged) -> Any:
    """Return what a link becomes, None when it is to stay as it is."""
    if isinstance(before, (list, tuple)):
        ids = list(now or ())
        if merged.survivor not in ids:
            return None
        if merged.survivor in before:
            return [*ids, merged.gone]
        return [merged.gone if one == merged.survivor else one for one in ids]
    return before if now == merged.survivor else None


def _look_again(unit: Unit, merged: Merged) -> None:
    """Let the rules judge both records as they are now: what happened since may count for either."""
    changes = [
        Change(merged.object_name, Operation.UPDATE, {}, one, trusted=True, reason=REASON)
        for one in (merged.survivor, merged.gone)
    ]
    for outcome in unit.submit(changes):
        standing(outcome)


def _made_away(unit: Unit, made: Sequence[Moved]) -> None:
    """Remove the copies of the merge, and what rules created because of it, unless somebody worked on them."""
    for one in made:
        change = Change(
            unit.model.present_object(one.place),
            Operation.DELETE,
            {},
            one.record,
            expected_version=1,
            relinks=True,
            trusted=True,
            reason=REASON,
        )
        unit.submit([change])
