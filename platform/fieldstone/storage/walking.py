"""Goes through the live records of an object in the order of their ids."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from fieldstone.storage.tables import Tables


def live_ids(
    connection: Connection,
    tables: Tables,
    object_name: str,
    *,
    after: str = "",
    limit: int | None = None,
    since: datetime | None = None,
) -> list[str]:
    """Return the ids behind `after`, all of them without a `limit`; with `since` only of records created since."""
    held = tables[object_name].columns
    asked = (
        select(held["id"])
        .where(held["id"] > after, held["deleted_at"].is_(None))
        .order_by(held["id"])
        .limit(limit)
    )
    if since is not None:
        asked = asked.where(held["created_at"] >= since)
    return list(connection.execute(asked).scalars())
