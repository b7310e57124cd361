"""Works out rollups of the records whose related rows were written, from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from fieldstone.expressions.env import Env
from fieldstone.expressions.sqltypes import ExactNumber, WholeNumber
from fieldstone.model.objects import Field, ObjectType, Rollup
from fieldstone.model.site_model import Model
from fieldstone.storage.columns import ObjectColumns
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.reader import Reader, Stored

Row = Mapping[str, object]
Pair = tuple[Row | None, Row | None]
"""A related row before and after it was written; None: there was none, or there is none any more."""


@dataclass(frozen=True)
class Feeding:
    """A relation through which rows of one object feed rollups of another."""

    object_name: str  # that has the rollups
    link: str  # the lookup field of the rows
    fields: tuple[Field, ...]


def feeding(model: Model, child: str) -> tuple[Feeding, ...]:
    """Return what rows of `child` feed."""
    found = []
    for spec in model.objects.values():
        for relation in spec.relations.values():
            fields = tuple(
                field
                for field in spec.fields.values()
                if field.rollup is not None and field.rollup.relation == relation.name
            )
            if relation.object_name == child and fields:
                found.append(Feeding(spec.code, relation.field, fields))
    return tuple(found)


def zeros(spec: ObjectType) -> tuple[tuple[str, object], ...]:
    """Return what counts and sums of a new record are; it has no related rows yet."""
    return tuple(
        (field.code, _fitted(field, 0))
        for field in spec.fields.values()
        if field.rollup is not None and field.rollup.function in ("count", "sum")
    )


def changed_rollups(
    reader: Reader, child: str, pairs: Sequence[Pair]
) -> dict[str, dict[str, dict[str, object]]]:
    """Return the rollup values that are no longer right: by object, record id and field.

    Counts and sums are moved on by what the written rows add and take away, so that the cost does not
    grow with the rows that are there; what cannot be told from the rows alone is added up anew. The
    records are locked first, so that of two writers the second goes on from what the first wrote.
    """
    model = reader.tables.model
    changed: dict[str, dict[str, dict[str, object]]] = {}
    for fed in reader.tables.once(("feeding", child), lambda: feeding(model, child)):
        moves = {field.code: _moves(field, fed.link, pairs, reader.env) for field in fed.fields}
        ids = {record_id for several in moves.values() for record_id in several}
        if ids:
            standing = _locked(reader, fed, ids)
            fresh = _moved_on(reader, child, fed, moves, standing)
            _note_changes(changed, fed.object_name, standing, fresh)
    for items, fed in reader.tables.once(("items", child), lambda: _over_items(model, child)):
        ids = {str(after["id"]) for _, after in pairs if after and _holds_items(after, fed)}
        if ids:
            standing = _locked(reader, fed, ids)
            fresh = _added_up(reader, items, fed, sorted(standing))
            _note_changes(changed, fed.object_name, standing, fresh)
    return changed


def _over_items(model: Model, object_name: str) -> tuple[tuple[str, Feeding], ...]:
    """Return the rollups of an object over its own line items, which are written with it, by items' object."""
    owned = {one.object_name for one in model.objects[object_name].relations.values() if one.owned}
    return tuple(
        (items, fed)
        for items in sorted(owned)
        for fed in feeding(model, items)
        if fed.object_name == object_name
    )


def _holds_items(after: Row, fed: Feeding) -> bool:
    relations = {field.rollup.relation for field in fed.fields if field.rollup is not None}
    return "id" in after and any(relation in after for relation in relations)


def _locked(reader: Reader, fed: Feeding, ids: set[str]) -> dict[str, Stored]:
    # Whole rows: formulas over the totals are worked out next, and need not read them again.
    rows = reader.rows(fed.object_name, ids, deleted=True, lock=True)
    reader.know(fed.object_name, [row for row in rows.values() if row["deleted_at"] is None])
    return rows


def _note_changes(
    changed: dict[str, dict[str, dict[str, object]]],
    object_name: str,
    standing: Mapping[str, Row],
    fresh: Mapping[str, Mapping[str, object]],
) -> None:
    for record_id, values in fresh.items():
        wrong = {code: v for code, v in values.items() if standing[record_id][code] != v}
        if wrong:
            changed.setdefault(object_name, {}).setdefault(record_id, {}).update(wrong)


@dataclass
class Move:
    """What written rows take from a record's rollup and add to it."""

    taken: list[Any]
    added: list[Any]


def _moves(field: Field, link: str, pairs: Iterable[Pair], env: Env) -> dict[str, Move | None]:
    """Return, by record, how a rollup moves; None where the rows do not tell."""
    rollup = field.rollup or Rollup("", "count")
    told = _told_by_rows(rollup)
    moves: dict[str, Move | None] = {}
    for before, after in pairs:
        shares = [_share(row, rollup, link, env, told=told) for row in (before, after)]
        if told and shares[0] == shares[1]:
            continue
        if not told and before and after and not _reads_change(rollup, link, before, after):
            continue
        for place, (record_id, value) in enumerate(shares):
            if not record_id or (told and value is None):
                continue
            move = moves.setdefault(record_id, Move([], []) if told else None)
            if move is not None:
                (move.added if place else move.taken).append(value)
    return moves


def _told_by_rows(rollup: Rollup) -> bool:
    """Tell whether a row alone says what it adds: no look at other records, at the clock or at the user."""
    when = rollup.when
    plain = when is None or not (when.paths or when.rows or when.uses_now or when.uses_user)
    return plain and rollup.function != "avg"


def _share(row: Row | None, rollup: Rollup, link: str, env: Env, *, told: bool) -> tuple[str, Any]:
    """Return which record a row counts for, and what it gives: None for nothing."""
    record_id = str(row[link]) if row and row.get(link) else ""
    if not record_id or not told or row is None:
        return record_id, None
    if rollup.when is not None and not rollup.when.evaluate(row, env):
        return record_id, None
    return record_id, row.get(rollup.value) if rollup.value else 1


def _reads_change(rollup: Rollup, link: str, before: Row, after: Row) -> bool:
    """Tell whether anything changed that the rollup reads; a look elsewhere always counts as one."""
    when = rollup.when
    if when is not None and (when.paths or when.rows or when.uses_now):
        return True
    read = {link, rollup.value, *(when.names if when is not None else ())}
    return any(before.get(name) != after.get(name) for name in read)


def _moved_on(
    reader: Reader,
    child: str,
    fed: Feeding,
    moves: Mapping[str, Mapping[str, Move | None]],
    standing: Mapping[str, Row],
) -> dict[str, dict[str, object]]:
    """Return the new values by record; those that must be added up anew are, all in one statement."""
    fresh: dict[str, dict[str, object]] = {record_id: {} for record_id in standing}
    anew: set[str] = set()
    for field in fed.fields:
        for record_id, move in moves[field.code].items():
            if record_id not in standing:
                continue
            value = _next_value(field, standing[record_id][field.code], move)
            if value is None:
                anew.add(record_id)
            else:
                fresh[record_id][field.code] = value
    if anew:
        fresh |= _added_up(reader, child, fed, sorted(anew))
    return fresh


def _next_value(field: Field, present: Any, move: Move | None) -> object:
    """Return a rollup moved on, None when only adding up tells (also: it was never added up)."""
    if present is None or move is None or field.rollup is None:
        return None
    function = field.rollup.function
    if function == "count":
        return _fitted(field, present + len(move.added) - len(move.taken))
    if function == "sum":
        return _fitted(field, present + sum(move.added) - sum(move.taken))
    if present in move.taken:
        return None  # the least or greatest left: only the others know who follows
    found: object = (min if function == "min" else max)([present, *move.added])
    return found


def _added_up(
    reader: Reader, child: str, fed: Feeding, ids: Sequence[str]
) -> dict[str, dict[str, object]]:
    columns = reader.columns(child)
    link = columns.column(fed.link)
    measures = [one for field in fed.fields for one in _measures(field, columns, reader)]
    live = columns.column("deleted_at").is_(None)
    asked = select(link, *measures).where(among(link, reader.dialect), live).group_by(link)
    asked = columns.apply(asked)
    empty = [None] * len(measures)
    found = {record_id: _values(fed, empty) for record_id in ids}
    for start in range(0, len(ids), CHUNK):
        bound = {"ids": listed(ids[start : start + CHUNK], reader.dialect)}
        for record_id, *values in reader.connection.execute(asked, bound):
            found[record_id] = _values(fed, values)
    return found


def _measures(
    field: Field, columns: ObjectColumns, reader: Reader
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return two measures for a rollup: how many rows count, and their sum, least or greatest."""
    rollup = field.rollup or Rollup("", "count")
    value: ColumnElement[Any] = columns.column(rollup.value or "id")
    if rollup.when is not None:
        value = case((rollup.when.clause(columns, reader.env), value))
    if rollup.function in ("sum", "avg"):
        return func.count(value), func.sum(value)
    return func.count(value), func.min(value) if rollup.function == "min" else func.max(value)


def _values(fed: Feeding, measured: Sequence[Any]) -> dict[str, object]:
    pairs = zip(measured[::2], measured[1::2], strict=True)
    return {
        field.code: _value(field, int(count or 0), found)
        for field, (count, found) in zip(fed.fields, pairs, strict=True)
    }


def _value(field: Field, count: int, found: Any) -> object:
    """Return one rollup's value. No rows: 0 for count and sum, missing for the others."""
    function = field.rollup.function if field.rollup is not None else "count"
    if function == "count":
        return _fitted(field, count)
    if function == "sum":
        return _fitted(field, found or 0)
    if found is None or not count:
        return None
    return _fitted(field, Decimal(found) / count if function == "avg" else found)


def _fitted(field: Field, value: Any) -> object:
    """Return a number with as many decimals as the field keeps, half up; anything else as it is."""
    kind = field.type.column()
    if isinstance(kind, ExactNumber):
        return Decimal(value).quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_UP)
    if isinstance(kind, WholeNumber):
        return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))
    return value


def added_up_anew(
    reader: Reader, object_name: str, field: Field, ids: Sequence[str]
) -> dict[str, object]:
    """Return what a rollup of these records must be, where it is stored otherwise; the records are locked."""
    rollup = field.rollup
    if rollup is None:
        return {}
    relation = reader.tables[object_name].spec.relations[rollup.relation]
    fed = Feeding(object_name, relation.field, (field,))
    standing = _locked(reader, fed, set(ids))
    fresh = _added_up(reader, relation.object_name, fed, sorted(standing))
    return {
        record: values[field.code]
        for record, values in fresh.items()
        if values[field.code] != standing[record].get(field.code)
    }
