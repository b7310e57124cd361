"""Messages and jobs as of the database's clock, which alone decides when a lease has run out."""

from __future__ import annotations

from sqlalchemy import Connection

from fieldstone.storage.database_clock import database_now
from fieldstone.storage.notices import Notices
from fieldstone.storage.outbox import Outbox
from fieldstone.storage.queue import Jobs


def outbox_of(connection: Connection) -> Outbox:
    """Return the outbox, now."""
    return Outbox(connection, connection.dialect.name, database_now(connection))


def jobs_of(connection: Connection) -> Jobs:
    """Return the jobs, now."""
    return Jobs(connection, connection.dialect.name, database_now(connection))


def notices_of(connection: Connection) -> Notices:
    """Return the notifications and the log of deliveries, now."""
    return Notices(connection, connection.dialect.name, database_now(connection))
