"""Locks on names, for what has no row to lock yet; they end with the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

_SIGN = 1 << 63


def lock_names(connection: Connection, dialect: str, names: Iterable[str]) -> None:
    """Hold `names` until the transaction ends; who else asks for one of them waits.

    Always taken in one order, so that two transactions cannot wait for each other. SQLite has one
    writer, which holds everything.
    """
    if dialect != "postgresql":
        return
    for number in sorted({number_of(name) for name in names}):
        # Only the transaction's locks: those of a session survive in the connection pool.
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def number_of(name: str) -> int:
    """Return the 64-bit number that stands for a name; two names may share one and then wait needlessly."""
    value = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
    return value - 2 * _SIGN if value >= _SIGN else value
