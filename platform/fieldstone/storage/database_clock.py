"""The one clock that all processes of an installation share: leases must not depend on whose clock is right."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, func, select


def database_now(connection: Connection) -> datetime:
    """Return the present instant of the database's machine, in UTC.

    SQLite has no machine of its own: all its processes share ours.
    """
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    told: datetime = connection.execute(
        select(func.clock_timestamp(type_=DateTime(timezone=True)))
    ).scalar_one()
    return told.astimezone(UTC)
