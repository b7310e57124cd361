"""What was answered to a request that carried an Idempotency-Key, so that a repeat does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, delete, insert, select, update

from fieldstone.storage.locks import lock_names
from fieldstone.storage.platform_tables import PLATFORM, instant, json, text

fs_idempotency: Final = Table(
    "fs_idempotency",
    PLATFORM,
    text("principal", key=True),
    text("key", key=True),
    text("request_hash", null=False),
    json("outcome"),
    instant("created_at", null=False),
    Index("ix_fs_idempotency_created_at", "created_at"),
)


@dataclass(frozen=True)
class Remembered:
    """An earlier answer; another `request_hash` means that the key was used for something else."""

    request_hash: str
    outcome: Any


def recall(connection: Connection, dialect: str, principal: str, key: str) -> Remembered | None:
    """Return the earlier answer to this key, None for a new key.

    A second request with the same key waits here until the first has ended.
    """
    lock_names(connection, dialect, {"idempotency": [f"{principal}/{key}"]})
    asked = select(fs_idempotency.c.request_hash, fs_idempotency.c.outcome).where(
        fs_idempotency.c.principal == principal, fs_idempotency.c.key == key
    )
    row = connection.execute(asked).first()
    return None if row is None else Remembered(row.request_hash, row.outcome)


def remember(
    connection: Connection,
    names: tuple[str, str],
    request_hash: str,
    outcome: object,
    now: datetime,
) -> None:
    """Keep the answer to (principal, key) in the transaction that did what was asked."""
    connection.execute(
        insert(fs_idempotency).values(
            principal=names[0],
            key=names[1],
            request_hash=request_hash,
            outcome=outcome,
            created_at=now,
        )
    )


def amend(connection: Connection, names: tuple[str, str], outcome: object) -> None:
    """Keep more of the answer to (principal, key)."""
    kept = update(fs_idempotency).where(
        fs_idempotency.c.principal == names[0], fs_idempotency.c.key == names[1]
    )
    connection.execute(kept.values(outcome=outcome))


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete answers older than `moment` (they are kept for 24 hours); return how many."""
    old = delete(fs_idempotency).where(fs_idempotency.c.created_at < moment)
    return connection.execute(old).rowcount
