"""Normalised keys by which duplicates are found: one row per record, key and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Index, Select, Table, bindparam, delete, insert, select

from fieldstone.storage.locks import lock_names
from fieldstone.storage.platform_tables import CHUNK, PLATFORM, among, listed, serial, text

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


def replace_keys(
    connection: Connection, object_name: str, keys: Mapping[str, Keys], *, fresh: bool
) -> None:
    """Keep the keys of records by id; `fresh` says that they are new, so nothing is there to remove."""
    if not fresh and keys:
        connection.execute(_DROP, [{"b_record": record_id} for record_id in keys])
    rows = [
        {"object": object_name, "record": record_id, "key": key, "value": value}
        for record_id, values_by_key in keys.items()
        for key, values in values_by_key.items()
        for value in values
    ]
    if rows:
        connection.execute(_ADD, rows)


def holders_of(
    connection: Connection, dialect: str, object_name: str, key: str, values: Sequence[str]
) -> list[tuple[str, str]]:
    """Return (value, record id) of all who hold one of `values`, the oldest record first.

    The values are locked first, so that of two writers one sees what the other wrote.
    """
    lock_names(connection, dialect, f"key/{object_name}/{key}", values)
    asked = _holders(dialect)
    found: list[tuple[str, str]] = []
    for start in range(0, len(values), CHUNK):
        ids = listed(values[start : start + CHUNK], dialect)
        bound = {"b_object": object_name, "b_key": key, "ids": ids}
        found += [(value, record) for value, record in connection.execute(asked, bound)]
    return found


@cache
def _holders(dialect: str) -> Select[Any]:
    return (
        select(fs_match_key.c.value, fs_match_key.c.record)
        .where(
            fs_match_key.c.object == bindparam("b_object"),
            fs_match_key.c.key == bindparam("b_key"),
            among(fs_match_key.c.value, dialect),
        )
        .order_by(fs_match_key.c.id)
    )


_ADD = insert(fs_match_key)
_DROP = delete(fs_match_key).where(fs_match_key.c.record == bindparam("b_record"))
