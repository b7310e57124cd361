"""Goes through the live records of an object in the order of their ids."""

from __future__ import annotations

from sqlalchemy import Connection, select

from fieldstone.storage.tables import Tables


def live_ids(
    connection: Connection,
    tables: Tables,
    object_name: str,
    *,
    after: str = "",
    limit: int | None = None,
) -> list[str]:
    """Return the ids behind `after`, all of them without a `limit`."""
    held = tables[object_name].columns
    asked = (
        select(held["id"])
        .where(held["id"] > after, held["deleted_at"].is_(None))
        .order_by(held["id"])
        .limit(limit)
    )
    return list(connection.execute(asked).scalars())
