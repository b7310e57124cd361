"""Finds the rows that point to a record, whichever field of whichever object does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, select

from fieldstone.model.objects import Field
from fieldstone.model.site_model import Model
from fieldstone.storage.reader import Reader


@dataclass(frozen=True)
class Pointer:
    """A field that points to records of an object; `many` for lists, `item` for line items of a document."""

    object_name: str
    field: str
    relation: str
    many: bool
    item: bool


@dataclass(frozen=True)
class Pointing:
    """A row that points to a record, with the value of the field that does."""

    id: str
    value: Any
    deleted: bool


def pointers_to(model: Model, object_name: str) -> Iterator[Pointer]:
    """Yield every field that points to records of an object; the line items of these records are not meant."""
    relations = {
        (one.object_name, one.field): one.name
        for one in model.objects[object_name].relations.values()
    }
    for spec in model.objects.values():
        for field in spec.fields.values():
            if not field.column or (spec.parent and field.code == "parent"):
                continue
            target, many = _target(field)
            if target == object_name and field.type.name in ("lookup", "multi_lookup"):
                name = relations.get((spec.code, field.code), f"{spec.code}.{field.code}")
                yield Pointer(spec.code, field.code, name, many, spec.parent is not None)


def _target(field: Field) -> tuple[str, bool]:
    kind = field.type.expression_type
    return (kind.item.of, True) if kind.item is not None else (kind.of, False)


def pointing(reader: Reader, pointer: Pointer, record_id: str) -> list[Pointing]:
    """Return the rows that point to a record through one field, in the order of their ids."""
    columns = reader.tables[pointer.object_name].columns
    column = columns[pointer.field]
    # A list is JSON text on both databases, and an id holds nothing that JSON or LIKE would escape.
    here = cast(column, Text).like(f'%"{record_id}"%') if pointer.many else column == record_id
    asked = select(columns["id"], column, columns["deleted_at"]).where(here)
    rows = reader.connection.execute(asked.order_by(columns["id"]))
    return [Pointing(row[0], row[1], row[2] is not None) for row in rows]
