"""Normalised keys by which duplicates are found: one row per record, key and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from fieldstone.storage.locks import lock_on
from fieldstone.storage.platform_tables import PLATFORM, listed, packed, serial, text
from fieldstone.storage.prepared import Adding, Prepared

fs_match_key: Final = Table(
    "fs_match_key",
    PLATFORM,
    serial(),
    text("object", null=False),
    text("record", null=False),
    text("key", null=False),
    text("value", null=False),
    Index("ix_fs_match_key_value", "object", "key", "value"),
    Index("ix_fs_match_key_record", "record"),
)

Keys = Mapping[str, Sequence[str]]
"""The values of one record by key."""


PLACES_AT_ONCE: Final = 4_000
"""As many as a batch of 500 records asks for: the statement grows only by a list."""
_PLACE: Final = ("object", "key", "value")


class Holder(NamedTuple):
    """A record that holds a value under a key."""

    object_name: str
    key: str
    value: str
    record_id: str


def replace_keys(
    connection: Connection, object_name: str, keys: Mapping[str, Keys], *, fresh: bool
) -> None:
    """Keep the keys of records by id; `fresh` says that they are new, so nothing is there to remove."""
    if not fresh:
        _DROP.later(connection, [{"b_record": record_id} for record_id in keys])
    rows = [
        {"object": object_name, "record": record_id, "key": key, "value": value}
        for record_id, values_by_key in keys.items()
        for key, values in values_by_key.items()
        for value in values
    ]
    _ADD.later(connection, rows)


def holders_of(
    connection: Connection, dialect: str, wanted: Mapping[tuple[str, str], Sequence[str]]
) -> list[Holder]:
    """Return all who hold a wanted value, the oldest record first.

    `wanted` holds values by (object, key), each once. They are locked first, so that of two writers one sees what the other wrote.
    """
    hold_values(connection, dialect, wanted)
    return _asked(connection, dialect, wanted)


def hold_values(
    connection: Connection, dialect: str, wanted: Mapping[tuple[str, str], Sequence[str]]
) -> None:
    """Hold values by (object, key) until the transaction ends; the lock travels with the next question."""
    groups = {f"key/{name}/{key}": values for (name, key), values in wanted.items()}
    lock = lock_on(dialect, groups)
    if lock is not None:
        lock.statement.later(connection, [lock.values])


def _asked(
    connection: Connection, dialect: str, wanted: Mapping[tuple[str, str], Sequence[str]]
) -> list[Holder]:
    places = [(*pair, value) for pair, several in wanted.items() for value in several]
    found: list[Holder] = []
    for start in range(0, len(places), PLACES_AT_ONCE):
        bound = _places_bound(places[start : start + PLACES_AT_ONCE], dialect)
        rows = _holders(dialect).rows(connection, bound, after_all=True)
        found += map(Holder._make, rows)
    return found


def neighbours_of(
    connection: Connection,
    dialect: str,
    wanted: Mapping[tuple[str, str], Sequence[str]],
    most: int,
) -> list[Holder]:
    """Return who holds a wanted value, but for values that more than `most` hold; `hold_values` locks them."""
    found: dict[tuple[str, str, str], list[Holder]] = {}
    for one in _asked(connection, dialect, wanted):
        found.setdefault((one.object_name, one.key, one.value), []).append(one)
    return [one for several in found.values() if len(several) <= most for one in several]


@cache
def _holders(dialect: str) -> Prepared:
    held = fs_match_key.c
    place, (object_name, key, value) = _places(dialect)
    # A join, so that the index is asked for each place: with three lists SQLite walks the whole table instead.
    return Prepared(
        select(held.object, held.key, held.value, held.record)
        .select_from(place)
        .where(held.object == object_name, held.key == key, held.value == value)
        .order_by(held.id)
    )


def _places(dialect: str) -> tuple[TableValuedAlias, list[ColumnElement[str]]]:
    """Return the wanted places as rows, and what they say of object, key and value."""
    if dialect == "postgresql":
        told = cast(bindparam("places", type_=Text), JSON)
        named = [column(name, Text) for name in _PLACE]
        place = func.json_to_recordset(told).table_valued(*named, name="place")
        place = place.render_derived(with_types=True)
        return place, [place.c[name] for name in _PLACE]
    place = func.json_each(bindparam("places", type_=Text)).table_valued("value", name="place")
    return place, [func.json_extract(place.c.value, f"$[{at}]") for at, _ in enumerate(_PLACE)]


def _places_bound(places: Sequence[tuple[str, str, str]], dialect: str) -> dict[str, object]:
    # One JSON text: an array of thousands of texts takes the driver far longer.
    if dialect == "postgresql":
        return {"places": packed([dict(zip(_PLACE, one, strict=True)) for one in places])}
    return {"places": listed(places, dialect)}


_ADD = Adding(fs_match_key)
_DROP = Prepared(delete(fs_match_key).where(fs_match_key.c.record == bindparam("b_record")))
