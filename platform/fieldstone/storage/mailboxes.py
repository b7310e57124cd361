"""How far each mailbox was read: which of its messages was the last, when it is looked at again, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Table, select, update

from fieldstone.storage.platform_tables import PLATFORM, instant, skipping, text, upserting, whole

fs_mailbox: Final = Table(
    "fs_mailbox",
    PLATFORM,
    text("source", key=True),
    text("validity"),  # UIDVALIDITY: with another one the numbers below mean nothing
    whole("last_uid", null=False),
    instant("due", null=False),
    instant("looked_at"),
    text("error"),
)


@dataclass(frozen=True)
class Bookmark:
    """The last message that was read of a mailbox."""

    source: str
    validity: str = ""
    last_uid: int = 0
    looked_at: datetime | None = None
    error: str = ""


class Mailboxes:
    """Bookmarks within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection
        self._dialect = connection.dialect.name

    def is_due(self, source: str, now: datetime) -> bool:
        """Tell whether a mailbox may be looked at now, without locking anything."""
        asked = select(fs_mailbox.c.due).where(fs_mailbox.c.source == source)
        due = self._connection.execute(asked).scalar()
        return due is None or due <= now

    def begin(self, source: str, now: datetime) -> None:
        """Keep a bookmark for a mailbox that has none."""
        adding = upserting(fs_mailbox, self._dialect).values(source=source, last_uid=0, due=now)
        self._connection.execute(adding.on_conflict_do_nothing(index_elements=["source"]))

    def take(self, source: str, now: datetime, again: timedelta) -> Bookmark | None:
        """Return the bookmark of a mailbox that is due, and let others wait for `again`; None when it is not due."""
        self.begin(source, now)
        asked = select(fs_mailbox).where(fs_mailbox.c.source == source, fs_mailbox.c.due <= now)
        row = self._connection.execute(skipping(asked, self._dialect)).first()
        if row is None:
            return None
        self._set(source, due=now + again)
        return Bookmark(source, row.validity or "", row.last_uid, row.looked_at, row.error or "")

    def read(self, source: str, validity: str, uid: int) -> None:
        """Note that a message was read."""
        self._set(source, validity=validity, last_uid=uid)

    def looked(self, source: str, now: datetime, error: str, due: datetime) -> None:
        """Note when a mailbox was looked at, what went wrong, and when it is looked at again."""
        self._set(source, looked_at=now, error=error or None, due=due)

    def of(self, source: str) -> Bookmark | None:
        """Return a mailbox's bookmark, None before the first look."""
        row = self._connection.execute(
            select(fs_mailbox).where(fs_mailbox.c.source == source)
        ).first()
        if row is None:
            return None
        return Bookmark(source, row.validity or "", row.last_uid, row.looked_at, row.error or "")

    def _set(self, source: str, **values: object) -> None:
        mine = update(fs_mailbox).where(fs_mailbox.c.source == source)
        self._connection.execute(mine.values(**values))
