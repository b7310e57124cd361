"""Reads the kept match keys block by block, and brings them up to date after a rule has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from fieldstone.rules.match_keys import key_plan, match_keys
from fieldstone.storage.match_keys import fs_match_key, replace_keys
from fieldstone.storage.platform_tables import among, listed, packed
from fieldstone.storage.reader import Reader
from fieldstone.storage.site_state import mark, set_mark

held = fs_match_key.c
ROWS: Final = 2_000
"""Records whose keys are looked at in one statement."""


class SharedValue(NamedTuple):
    """A value that several records hold under a key, the oldest first."""

    value: str
    records: list[str]


def shared_values(
    reader: Reader, object_name: str, key: str, *, after: str, most: int, limit: int
) -> list[SharedValue]:
    """Return the next values that 2 to `most` records of an object hold, in their order."""
    ids: Any
    if reader.dialect == "postgresql":
        ids = func.string_agg(held.record, aggregate_order_by(literal(","), held.record))
    else:
        ids = func.group_concat(held.record, ",")
    asked = (
        select(held.value, ids)
        .where(held.object == object_name, held.key == key, held.value > after)
        .group_by(held.value)
        .having(func.count().between(2, most))
        .order_by(held.value)
        .limit(limit)
    )
    rows = reader.connection.execute(asked)
    return [SharedValue(value, sorted(set(ids.split(",")))) for value, ids in rows]


def crossing_values(
    reader: Reader, ours: tuple[str, str], theirs: tuple[str, str], *, after: str, limit: int
) -> list[tuple[str, str, str]]:
    """Return (value, our record, their record) for values held under (object, key) on both sides, in their order."""
    other = fs_match_key.alias("other")
    asked: Select[Any] = (
        select(held.value, held.record, other.c.record)
        .join(other, other.c.value == held.value)
        .where(held.object == ours[0], held.key == ours[1], held.value > after)
        .where(other.c.object == theirs[0], other.c.key == theirs[1])
        .order_by(held.value)
        .limit(limit)
    )
    return [(value, one, two) for value, one, two in reader.connection.execute(asked)]


def keys_digest(reader: Reader, object_name: str) -> str:
    """Return what decides which keys the records of an object have."""
    plan = key_plan(reader.tables.model.rules.values()).get(object_name, {})
    return hashlib.sha256(
        packed({key: list(names) for key, names in plan.items()}).encode()
    ).hexdigest()


def keys_are_kept(reader: Reader, object_name: str) -> bool:
    """Tell whether every record has the keys that the rules in force ask for."""
    kept = mark(reader.connection, f"keys/{object_name}")
    return kept is not None and kept.digest == keys_digest(reader, object_name)


def note_keys_kept(reader: Reader, object_name: str) -> None:
    """Note that every record has its keys."""
    digest = keys_digest(reader, object_name)
    name = f"keys/{object_name}"
    set_mark(reader.connection, reader.dialect, name, digest, reader.ctx.now)


def keep_keys(reader: Reader, object_name: str, after: str) -> tuple[str | None, int]:
    """Bring the keys of the next records up to date; return the last id (None at the end) and how many there were."""
    table = reader.tables[object_name]
    plan = key_plan(reader.tables.model.rules.values()).get(object_name, {})
    names = sorted({name for fields in plan.values() for name in fields} & table.columns.keys())
    columns = [table.columns[name] for name in ("id", *names)]
    asked = select(*columns).where(
        table.columns["id"] > after, table.columns["deleted_at"].is_(None)
    )
    rows = reader.connection.execute(asked.order_by(table.columns["id"]).limit(ROWS)).all()
    if not rows:
        return None, 0
    wanted = {row[0]: match_keys(plan, dict(zip(names, row[1:], strict=True))) for row in rows}
    present = _present(reader, list(wanted))
    wrong = {one: keys for one, keys in wanted.items() if _pairs(keys) != present.get(one, set())}
    new = {one: keys for one, keys in wrong.items() if one not in present}
    replace_keys(reader.connection, object_name, new, fresh=True)
    changed = {one: keys for one, keys in wrong.items() if one in present}
    replace_keys(reader.connection, object_name, changed, fresh=False)
    return rows[-1][0], len(rows)


def _pairs(keys: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    return {(key, value) for key, values in keys.items() for value in values}


def _present(reader: Reader, ids: list[str]) -> dict[str, set[tuple[str, str]]]:
    # Ids are unique among all objects. With the object in the question SQLite would walk all of its keys.
    asked = select(held.record, held.key, held.value).where(among(held.record, reader.dialect))
    found: dict[str, set[tuple[str, str]]] = {}
    for record, key, value in reader.connection.execute(
        asked, {"ids": listed(ids, reader.dialect)}
    ):
        found.setdefault(record, set()).add((key, value))
    return found
