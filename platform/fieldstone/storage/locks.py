"""Locks on names, for what has no row to lock yet; they end with the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from fieldstone.storage.prepared import Prepared

MOST_NAMES: Final = 1_000
"""Each lock takes a place in the server's memory, of which there are some 6,400; beyond this many the
whole groups are locked instead."""
_SIGN: Final = 1 << 63


class Lock(NamedTuple):
    """What holds names until the transaction ends."""

    statement: Prepared
    values: Mapping[str, object]


def lock_names(
    connection: Connection, dialect: str, names_by_group: Mapping[str, Collection[str]]
) -> None:
    """Hold names of some groups until the transaction ends; who else asks for one of them waits."""
    lock = lock_on(dialect, names_by_group)
    if lock is not None:
        lock.statement.rows(connection, lock.values)


def lock_on(dialect: str, names_by_group: Mapping[str, Collection[str]]) -> Lock | None:
    """Return what holds names of some groups, None where there is nothing to hold.

    Always taken in one order, so that two transactions seldom wait for each other; where they do, the
    database ends one of them. SQLite has one writer, which holds everything.
    """
    names = [f"{group}/{name}" for group, some in names_by_group.items() for name in some]
    if dialect != "postgresql" or not names:
        return None
    # Only the transaction's locks: those of a session survive in the connection pool.
    groups = sorted({number_of(group) for group, some in names_by_group.items() if some})
    if len(names) > MOST_NAMES:
        return Lock(_LOCK_GROUPS, {"groups": groups})
    numbers = sorted({number_of(name) for name in names})
    return Lock(_LOCK_NAMES, {"groups": groups, "numbers": numbers})


def number_of(name: str) -> int:
    """Return the 64-bit number that stands for a name; two names may share one and then wait needlessly."""
    value = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
    return value - 2 * _SIGN if value >= _SIGN else value


def _each(name: str) -> ColumnElement[int]:
    return func.unnest(bindparam(name, type_=ARRAY(BigInteger))).column_valued(f"each_{name}")


_LOCK_GROUPS = Prepared(select(func.pg_advisory_xact_lock(_each("groups"))))
# One after the other: the groups are shared, so that only who wants a whole group waits for them.
_LOCK_NAMES = Prepared(
    select(func.pg_advisory_xact_lock_shared(_each("groups"))).union_all(
        select(func.pg_advisory_xact_lock(_each("numbers")))
    )
)
