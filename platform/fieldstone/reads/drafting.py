"""A record as a form has it now: what its formulas come to before anything is written.

The write door works them out again, with what rules and defaults add.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fieldstone.access.access import env_of
from fieldstone.expressions.env import Env
from fieldstone.fieldtypes.rows import RowsType
from fieldstone.model.formulas import in_order, worked_out
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.expanding import target_of, titles_of
from fieldstone.reads.sight import Sight
from fieldstone.reads.standing import Row, full_row

Items = Mapping[str, Sequence[Mapping[str, object]]]
NONE: Final[Mapping[str, object]] = {}


@dataclass(frozen=True)
class Drafted:
    """What is worked out: `totals` of the record that rest on its line items, `lines` with their formulas, in order."""

    totals: Mapping[str, object]
    lines: Mapping[str, Sequence[Row]]


def drafted_of(
    sight: Sight, object_name: str, record_id: str | None, typed: Mapping[str, object], items: Items
) -> Drafted | None:
    """Return the line items `items` (by field) and the totals over them, with `typed` values in place.

    Only fields that the viewer may see come back, and only what they may see is looked up. None when
    the record is not there for them.
    """
    spec, env = sight.model.objects[object_name], env_of(sight.ctx)
    access = sight.viewer.access(object_name)
    before: Row = {}
    if record_id:
        found = sight.reader.rows(object_name, [record_id]).get(record_id)
        if found is None or not access.may_see(full_row(sight, spec, found, (), access), env):
            return None
        before = found
    lines = {code: _lines(sight, spec, code, rows, env) for code, rows in items.items()}
    formulas = in_order(one for one in spec.fields.values() if not one.archived)
    asked = [one.formula for one in formulas if one.formula is not None]
    typed = _seen(sight, spec, [typed])[0]
    row = full_row(sight, spec, {**before, **typed, **lines}, asked, access)
    result, _ = worked_out(row, formulas, env)
    shown = access.readable(before, env) if before else access.readable_anywhere()
    totals = {one.code: result.get(one.code) for one in totals_over(spec, lines)}
    return Drafted({code: value for code, value in totals.items() if code in shown}, lines)


def totals_over(spec: ObjectType, items: Iterable[str]) -> list[Field]:
    """Return the formulas of an object that add up these line items, and those that rest on them, in order."""
    wanted = set(items)
    found: list[Field] = []
    for field in in_order(one for one in spec.fields.values() if not one.archived):
        if field.formula is None:
            continue
        resting = {one.code for one in found} & field.formula.names
        if resting or wanted & field.formula.rows.keys():
            found.append(field)
    return found


def _lines(
    sight: Sight, spec: ObjectType, code: str, rows: Sequence[Mapping[str, object]], env: Env
) -> list[Row]:
    if not isinstance(spec.fields[code].type, RowsType):
        return []
    child = sight.model.objects[f"{spec.code}__{code}"]
    formulas = in_order(one for one in child.fields.values() if not one.archived)
    asked = [one.formula for one in formulas if one.formula is not None]
    paths = {path for one in asked for path in one.paths}
    seen = _seen(sight, child, rows)
    looked_up = sight.reader.lookups(child.code, seen, paths) if paths else [NONE] * len(seen)
    return [
        worked_out({**row, **more}, formulas, env)[0]
        for row, more in zip(seen, looked_up, strict=True)
    ]


def _seen(
    sight: Sight, spec: ObjectType, rows: Sequence[Mapping[str, object]]
) -> list[dict[str, object]]:
    """Return the rows without links to what the viewer may not see: a formula must not tell of it."""
    links = {
        code: target
        for code, field in spec.fields.items()
        if field.type.name in ("lookup", "user") and (target := target_of(field))
    }
    named = [
        (links[code], str(row[code])) for row in rows for code in links if row.get(code) is not None
    ]
    known = titles_of(sight, named) if named else {}
    return [
        {
            code: value
            for code, value in row.items()
            if code not in links or (links[code], str(value)) in known
        }
        for row in rows
    ]
