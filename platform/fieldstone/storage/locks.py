"""Locks on names, for what has no row to lock yet; they end with the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Final

from sqlalchemy import BigInteger, Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

MOST_NAMES: Final = 1_000
"""Each lock takes a place in the server's memory, of which there are some 6,400; beyond this many the
whole group is locked with one."""
_SIGN: Final = 1 << 63


def lock_names(connection: Connection, dialect: str, group: str, names: Collection[str]) -> None:
    """Hold these names of a group until the transaction ends; who else asks for one of them waits.

    Always taken in one order, so that two transactions seldom wait for each other; where they do, the
    database ends one of them. SQLite has one writer, which holds everything.
    """
    if dialect != "postgresql" or not names:
        return
    # Only the transaction's locks: those of a session survive in the connection pool.
    whole = {"group": number_of(group)}
    if len(names) > MOST_NAMES:
        connection.execute(_LOCK_GROUP, whole)
        return
    connection.execute(_SHARE_GROUP, whole)
    numbers = sorted({number_of(f"{group}/{name}") for name in names})
    connection.execute(_LOCK_NAMES, {"numbers": numbers})


def number_of(name: str) -> int:
    """Return the 64-bit number that stands for a name; two names may share one and then wait needlessly."""
    value = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
    return value - 2 * _SIGN if value >= _SIGN else value


_GROUP = bindparam("group", type_=BigInteger)
_NUMBERS = func.unnest(bindparam("numbers", type_=ARRAY(BigInteger))).column_valued("number")
_LOCK_GROUP = select(func.pg_advisory_xact_lock(_GROUP))
_SHARE_GROUP = select(func.pg_advisory_xact_lock_shared(_GROUP))
_LOCK_NAMES = select(func.pg_advisory_xact_lock(_NUMBERS))
