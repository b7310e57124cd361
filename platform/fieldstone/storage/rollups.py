"""Works out rollups of the records whose related rows were written, from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from fieldstone.expressions.sqltypes import ExactNumber, WholeNumber
from fieldstone.model.objects import Field, Rollup
from fieldstone.model.site_model import Model
from fieldstone.storage.columns import ObjectColumns
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.reader import Reader

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


def changed_rollups(
    reader: Reader, child: str, pairs: Sequence[Pair]
) -> dict[str, dict[str, dict[str, object]]]:
    """Return the rollup values that are no longer right: by object, record id and field.

    The records are locked first and their rows added up after that, so that of two writers the
    second counts what the first wrote.
    """
    model = reader.tables.model
    changed: dict[str, dict[str, dict[str, object]]] = {}
    for fed in reader.tables.once(("feeding", child), lambda: feeding(model, child)):
        ids = _touched(fed, pairs)
        if not ids:
            continue
        codes = [field.code for field in fed.fields]
        standing = reader.rows(fed.object_name, ids, names=codes, deleted=True, lock=True)
        fresh = _added_up(reader, child, fed, sorted(standing))
        for record_id, row in standing.items():
            wrong = {code: v for code, v in fresh[record_id].items() if row[code] != v}
            if wrong:
                changed.setdefault(fed.object_name, {}).setdefault(record_id, {}).update(wrong)
    return changed


def _touched(fed: Feeding, pairs: Iterable[Pair]) -> set[str]:
    """Return the ids of the records whose sums may have changed."""
    read = {fed.link, "deleted_at"}
    always = False
    for field in fed.fields:
        rollup = field.rollup or Rollup("", "count")
        read.add(rollup.value)
        if rollup.when is not None:
            read |= rollup.when.names
            always = always or bool(rollup.when.paths) or rollup.when.uses_now
    touched: set[str] = set()
    for before, after in pairs:
        if before and after and not always and all(before.get(n) == after.get(n) for n in read):
            continue
        touched.update(str(row[fed.link]) for row in (before, after) if row and row.get(fed.link))
    return touched


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
