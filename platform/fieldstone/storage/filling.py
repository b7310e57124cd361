"""Gives fields that are new to records their values: defaults, stored formulas, rollups; a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field
from fieldstone.storage.reader import Reader
from fieldstone.storage.rollups import added_up_anew

BATCH: Final = 500


def fill(reader: Reader, object_name: str, code: str, last: str) -> str:
    """Fill a field of the next records after id `last`; return the id of the last one, "" when there is none left.

    What is right already is not written, so that doing it twice does no harm. No version is counted up: nobody changed
    anything.
    """
    held = reader.tables[object_name]
    key = held.columns["id"]
    asked = select(key).where(key > last).order_by(key).limit(BATCH)
    ids = [one for (one,) in reader.connection.execute(asked)]
    if not ids:
        return ""
    field = held.spec.fields[code]
    values = _values(reader, object_name, field, ids)
    if values:
        change = update(held.table).where(key == bindparam("b_id"))
        reader.connection.execute(
            change.values({held.columns[code]: bindparam("b_value")}),
            [{"b_id": record, "b_value": value} for record, value in values.items()],
        )
    return str(ids[-1])


def _values(
    reader: Reader, object_name: str, field: Field, ids: Sequence[str]
) -> Mapping[str, object]:
    """Return the values that are not right yet, by record."""
    if field.rollup is not None:
        return added_up_anew(reader, object_name, field, ids)
    names = field.formula.names if field.formula is not None else frozenset[str]()
    rows = reader.rows(object_name, ids, names=[*names, field.code], deleted=True, lock=True)
    if field.formula is None:
        return {record: field.default for record, row in rows.items() if row[field.code] is None}
    found: dict[str, object] = {}
    for record, row in rows.items():
        value = _computed(field, row, reader)
        if value != row[field.code]:
            found[record] = value
    return found


def _computed(field: Field, row: Mapping[str, Any], reader: Reader) -> object:
    if field.formula is None:
        return None
    try:
        return field.type.parse(field.formula.evaluate(row, reader.env))
    except InvalidValueError:
        return None  # a value that does not fit its type is shown when the record is next saved
