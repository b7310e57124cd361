"""What follows a record into another one: every row that points to it, found from the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.rules.merge import Merge
from fieldstone.storage.merges import Moved
from fieldstone.storage.pointing import Pointer, Pointing, pointers_to, pointing
from fieldstone.storage.transaction import RowUpdate
from fieldstone.writes.unit import Unit

LINK: Final = "link"
MADE: Final = "made"
CHUNK: Final = 500
Join = Callable[[str, str, str], None]
"""Merges two rows of an object: (object, the one that stays, the one that goes)."""


class Following:
    """Makes what points to the record that goes point to the one that stays."""

    def __init__(self, unit: Unit, body: Merge, join: Join) -> None:
        """Work within `unit`; `join` merges two rows that may not both point to the same record."""
        self._unit = unit
        self._body = body
        self._join = join

    def all(self, object_name: str, gone: str, survivor: str) -> Iterator[Moved]:
        """Move, copy or leave the rows of every relation, and yield what was done."""
        for pointer in pointers_to(self._unit.model, object_name):
            policy = self._body.policy(pointer.relation)
            rows = [
                one
                for one in pointing(self._unit.transaction, pointer, gone)
                if one.id not in (gone, survivor)
            ]
            if policy == "copy" and not pointer.item:
                live = [one for one in rows if not one.deleted]
                yield from self._copied(pointer, live, gone, survivor)
            elif policy != "skip":
                yield from self._moved(pointer, rows, gone, survivor)

    def _moved(
        self, pointer: Pointer, rows: Sequence[Pointing], gone: str, survivor: str
    ) -> Iterator[Moved]:
        aside = [one for one in rows if one.deleted or pointer.item]
        standing = [one for one in rows if not (one.deleted or pointer.item)]
        clashing = self._clashing(pointer, standing, gone, survivor)
        for row_id, holder in clashing.items():
            self._join(pointer.object_name, holder, row_id)
        standing = [one for one in standing if one.id not in clashing]
        values = {one.id: _turned(one.value, gone, survivor) for one in rows}
        place = f"{pointer.object_name}.{pointer.field}"
        updates = [
            RowUpdate(one.id, {pointer.field: values[one.id]}, counts=False) for one in aside
        ]
        if updates:
            self._unit.transaction.update(pointer.object_name, updates)
        self.write(pointer, {one.id: values[one.id] for one in standing})
        for one in (*aside, *standing):
            yield Moved(LINK, place, one.id, one.value)

    def write(self, pointer: Pointer, values: Mapping[str, Any]) -> None:
        """Write new links through the write door. Raises RefusedError when one cannot be."""
        ids = list(values)
        for start in range(0, len(ids), CHUNK):
            changes = [
                Change(
                    pointer.object_name,
                    Operation.UPDATE,
                    {pointer.field: values[one]},
                    one,
                    action="merge",
                    relinks=True,
                    trusted=True,
                    reason="merged",
                )
                for one in ids[start : start + CHUNK]
            ]
            _all_stand(self._unit, changes)

    def _copied(
        self, pointer: Pointer, rows: Sequence[Pointing], gone: str, survivor: str
    ) -> Iterator[Moved]:
        tx, spec = self._unit.transaction, self._unit.model.objects[pointer.object_name]
        own = [
            field
            for field in spec.fields.values()
            if not (field.derived or field.archived or field.unique or field.type.name == "secret")
            and (field.column or field.type.name == "rows")
            and (not field.system or field.code in ("owner", "pool"))
        ]
        wanted = {field.code for field in own}
        stored = tx.rows(pointer.object_name, [one.id for one in rows], names=wanted)
        changes = []
        for one in rows:
            values = {f.code: f.type.dump(stored[one.id].get(f.code)) for f in own}
            values[pointer.field] = _turned(one.value, gone, survivor)
            changes.append(_copy(pointer.object_name, values))
        outcomes = _all_stand(self._unit, changes) if changes else []
        for record_id in outcomes:
            yield Moved(MADE, pointer.object_name, record_id)

    def _clashing(
        self, pointer: Pointer, rows: Sequence[Pointing], gone: str, survivor: str
    ) -> dict[str, str]:
        """Return, by row, the row that already holds what it would: both cannot point to the survivor."""
        spec, tx = self._unit.model.objects[pointer.object_name], self._unit.transaction
        groups = [codes for codes in spec.unique_together if pointer.field in codes]
        if spec.fields[pointer.field].unique:
            groups.append((pointer.field,))
        found: dict[str, str] = {}
        for codes in groups if rows else ():
            stored = tx.rows(pointer.object_name, [one.id for one in rows], names=codes)
            keys = {
                one.id: tuple(
                    _turned(one.value, gone, survivor)
                    if code == pointer.field
                    else stored[one.id][code]
                    for code in codes
                )
                for one in rows
            }
            whole = {row_id: key for row_id, key in keys.items() if None not in key}
            taken = dict(
                tx.holders(pointer.object_name, codes, sorted(set(whole.values()), key=str))
            )
            found |= {row_id: taken[key] for row_id, key in whole.items() if key in taken}
        return found


def _copy(object_name: str, values: Mapping[str, object]) -> Change:
    given = {code: _without_ids(value) for code, value in values.items() if value is not None}
    return Change(object_name, Operation.CREATE, given, relinks=True, trusted=True, reason="merged")


def _without_ids(value: object) -> object:
    """Return line items as new ones; anything else as it is."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return [{code: part for code, part in one.items() if code != "id"} for one in value]
    return value


def _turned(value: Any, gone: str, survivor: str) -> Any:
    """Return a link with the survivor in place of the record that goes, once in a list."""
    if isinstance(value, (list, tuple)):
        return list(dict.fromkeys(survivor if one == gone else one for one in value))
    return survivor


def _all_stand(unit: Unit, changes: Sequence[Change]) -> list[str]:
    outcomes = unit.submit(changes)
    refused = [one for one in outcomes if one.refused]
    if refused:
        problems = [
            Problem(p.code, f"{changes[0].object_name}.{one.record_id}.{p.path}", p.message, p.cure)
            for one in refused[:5]
            for p in one.problems
        ]
        raise RefusedError(problems)
    return [str(one.record_id) for one in outcomes]
