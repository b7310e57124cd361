"""What people keep for themselves and what reached them: notifications, saved views, the delivery log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    serial,
    text,
    upserting,
    whole,
)

fs_notification: Final = Table(
    "fs_notification",
    PLATFORM,
    text("id", key=True),
    text("event"),  # of the outbox; a repeated delivery finds it there
    text("user", null=False),
    text("topic", null=False),
    text("object"),
    text("record"),
    json("payload"),
    instant("created_at", null=False),
    instant("read_at"),
    Index("ux_fs_notification_event", "event", "user", unique=True),
    Index("ix_fs_notification_user", "user", "read_at", "id"),
)

fs_saved_view: Final = Table(
    "fs_saved_view",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("owner", null=False),
    text("label", null=False),
    Column("shared", Boolean, nullable=False),
    json("body"),
    instant("created_at", null=False),
    Index("ix_fs_saved_view_object", "object", "owner"),
)

fs_delivery: Final = Table(
    "fs_delivery",
    PLATFORM,
    serial(),
    whole("message", null=False),
    text("channel", null=False),
    text("to", null=False),
    whole("attempt", null=False),
    whole("status"),
    text("error"),
    whole("milliseconds"),
    instant("at", null=False),
    Index("ix_fs_delivery_message", "message", "id"),
)


@dataclass(frozen=True)
class Notification:
    """Something a person should know."""

    id: str
    user: str
    topic: str
    object_name: str | None
    record_id: str | None
    payload: Mapping[str, Any]
    created_at: datetime
    read_at: datetime | None

    @property
    def about(self) -> tuple[str, str] | None:
        """Return the object and the id of the record it is about, None for one about none."""
        object_name = self.object_name or self.payload.get("object")
        record_id = self.record_id or self.payload.get("id")
        return (str(object_name), str(record_id)) if object_name and record_id else None

    def said(self, language: str) -> str:
        """Return what it says."""
        said = self.payload.get("message") or self.payload.get("text")
        if isinstance(said, Mapping):
            return str(said.get(language) or said.get("en") or self.topic)
        return str(said or self.topic.replace("_", " ").capitalize())


@dataclass(frozen=True)
class SavedView:
    """A list as somebody arranged it; `body` is as a declared view's YAML."""

    id: str
    object_name: str
    owner: str
    label: str
    shared: bool
    body: Mapping[str, Any]


class Notices:
    """Notifications, saved views and the delivery log within one connection."""

    def __init__(self, connection: Connection, dialect: str, now: datetime) -> None:
        """Work at the moment `now`."""
        self._connection = connection
        self._dialect = dialect
        self._now = now

    @property
    def now(self) -> datetime:
        """Return the moment at which this works."""
        return self._now

    def notify(self, event: str, note: Notification) -> bool:
        """Show a person something; False when this event already reached them."""
        adding = upserting(fs_notification, self._dialect).values(
            id=note.id,
            event=event,
            user=note.user,
            topic=note.topic,
            object=note.object_name,
            record=note.record_id,
            payload=note.payload,
            created_at=note.created_at,
        )
        adding = adding.on_conflict_do_nothing(index_elements=["event", "user"])
        added = self._connection.execute(adding.returning(fs_notification.c.id))
        return added.first() is not None

    def gather(self, note: Notification, words: Label, since: datetime) -> bool:
        """Add to the newest unread notification of the same topic instead of a further one; False when there is none.

        `words` says how many there are by {count}. Internal messages are delivered in one transaction with their
        outbox row, so that none is counted twice.
        """
        asked = (
            select(fs_notification.c.id, fs_notification.c.payload)
            .where(fs_notification.c.user == note.user, fs_notification.c.topic == note.topic)
            .where(fs_notification.c.read_at.is_(None), fs_notification.c.created_at >= since)
            .order_by(fs_notification.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(asked).first()
        if row is None:
            return False
        count = int(row.payload.get("count", 1)) + int(str(note.payload.get("count", 1)))
        told = words.filled_in({"count": count})
        payload = {
            **row.payload,
            "count": count,
            "message": {"en": told.en, "zh": told.text("zh")},
        }
        payload.pop("name", None)  # that of one of them
        mine = update(fs_notification).where(fs_notification.c.id == row.id)
        self._connection.execute(mine.values(payload=payload))
        return True

    def of(self, user: str, limit: int = 50, *, unread: bool = False) -> tuple[Notification, ...]:
        """Return a person's notifications, newest first."""
        asked = select(*_NOTIFICATION).where(fs_notification.c.user == user)
        if unread:
            asked = asked.where(fs_notification.c.read_at.is_(None))
        rows = self._connection.execute(asked.order_by(fs_notification.c.id.desc()).limit(limit))
        return tuple(Notification(*row) for row in rows)

    def unread(self, user: str) -> int:
        """Return how many notifications a person has not read."""
        asked = select(func.count()).where(
            fs_notification.c.user == user, fs_notification.c.read_at.is_(None)
        )
        return int(self._connection.execute(asked).scalar_one())

    def read(self, user: str, ids: Sequence[str] | None = None) -> int:
        """Mark these notifications of a person read, or all; return how many were new."""
        mine = update(fs_notification).where(
            fs_notification.c.user == user, fs_notification.c.read_at.is_(None)
        )
        if ids is not None:
            mine = mine.where(fs_notification.c.id.in_(ids))
        return self._connection.execute(mine.values(read_at=self._now)).rowcount

    def views(self, object_name: str, user: str) -> tuple[SavedView, ...]:
        """Return the saved views a person sees on an object: own and shared ones, by label."""
        asked = (
            select(*_VIEW)
            .where(
                fs_saved_view.c.object == object_name,
                or_(fs_saved_view.c.owner == user, fs_saved_view.c.shared),
            )
            .order_by(fs_saved_view.c.label)
        )
        return tuple(SavedView(*row) for row in self._connection.execute(asked))

    def save_view(self, view: SavedView) -> bool:
        """Keep a view under its id, new or changed; False when it is somebody else's."""
        values = {"label": view.label, "shared": view.shared, "body": view.body}
        adding = upserting(fs_saved_view, self._dialect).values(
            id=view.id,
            object=view.object_name,
            owner=view.owner,
            created_at=self._now,
            **values,
        )
        adding = adding.on_conflict_do_update(
            index_elements=["id"], set_=values, where=fs_saved_view.c.owner == view.owner
        )
        saved = self._connection.execute(adding.returning(fs_saved_view.c.id))
        return saved.first() is not None

    def drop_view(self, view_id: str, owner: str) -> bool:
        """Delete a view of a person; False when there is none."""
        mine = delete(fs_saved_view).where(
            fs_saved_view.c.id == view_id, fs_saved_view.c.owner == owner
        )
        return self._connection.execute(mine).rowcount == 1

    def log_delivery(self, message: int, channel: str, to: str, **facts: object) -> None:
        """Note one attempt to deliver: attempt, status, error, milliseconds."""
        self._connection.execute(
            insert(fs_delivery).values(
                message=message, channel=channel, to=to, at=self._now, **facts
            )
        )


def a_notification(
    user: str, topic: str, payload: Mapping[str, Any], now: datetime
) -> Notification:
    """Return a new notification that points to no record."""
    return Notification(new_id(), user, topic, None, None, payload, now, None)


_NOTIFICATION = tuple(
    fs_notification.c[name]
    for name in ("id", "user", "topic", "object", "record", "payload", "created_at", "read_at")
)
_VIEW = tuple(
    fs_saved_view.c[name] for name in ("id", "object", "owner", "label", "shared", "body")
)
