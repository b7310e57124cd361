"""What committed writes asked to be sent, taken by one worker at a time; the row is the event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from fieldstone.changes.nouns import Effect
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    serial,
    skipping,
    text,
    whole,
)
from fieldstone.storage.prepared import Adding

fs_outbox: Final = Table(
    "fs_outbox",
    PLATFORM,
    serial(),
    text("channel", null=False),
    text("to", null=False),
    text("topic", null=False),
    text("object"),
    text("record"),
    json("payload"),
    text("dedupe_key"),
    text("state", null=False),  # pending, done, dead (given up), dropped by an administrator
    whole("attempts", null=False),
    instant("due", null=False),
    instant("created_at", null=False),
    instant("done_at"),
    text("last_error"),
    UniqueConstraint("dedupe_key", name="ux_fs_outbox_dedupe_key"),
    Index("ix_fs_outbox_due", "state", "due", "id"),
    Index("ix_fs_outbox_record", "record", "state", "id"),
)


@dataclass(frozen=True)
class Message:
    """An effect on its way; `id` stays the same through all attempts, so receivers can tell repeats."""

    id: int
    channel: str
    to: str
    topic: str
    object_name: str
    record_id: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime


class Outbox:
    """Effects that committed writes asked for, taken by one worker at a time."""

    def __init__(self, connection: Connection, dialect: str, now: datetime) -> None:
        """Work at the moment `now`."""
        self._connection = connection
        self._dialect = dialect
        self._now = now

    def add(self, effects: Sequence[tuple[str, str, Effect]]) -> None:
        """Put (object, record, effect) out for delivery once this transaction is committed."""
        _ADD.later(
            self._connection,
            [
                {
                    "channel": effect.channel,
                    "to": effect.to,
                    "topic": effect.topic,
                    "object": object_name,
                    "record": record_id,
                    "payload": effect.payload,
                    "state": "pending",
                    "attempts": 0,
                    "due": self._now,
                    "created_at": self._now,
                }
                for object_name, record_id, effect in effects
            ],
        )

    def take(self, channels: Sequence[str], *, lease: timedelta | None = None) -> Message | None:
        """Return the first due message of these channels, or None; locked until the transaction ends.

        With a `lease` (for what leaves the house: mail, webhooks) the message comes back by itself
        after it, unless `done` or `failed` was called: commit, send, then call. Messages of one record and
        receiver keep their order: the next one waits for the one before.
        """
        earlier = fs_outbox.alias("earlier")
        waits = select(earlier.c.id).where(
            earlier.c.record == fs_outbox.c.record,
            earlier.c.state == "pending",
            earlier.c.channel == fs_outbox.c.channel,
            earlier.c.to == fs_outbox.c.to,
            earlier.c.id < fs_outbox.c.id,
        )
        asked = (
            select(*_MESSAGE)
            .where(
                _is_due(self._now),
                fs_outbox.c.channel.in_(list(channels)),
                ~waits.exists(),
            )
            .order_by(fs_outbox.c.due, fs_outbox.c.id)
            .limit(1)
        )
        row = self._connection.execute(skipping(asked, self._dialect)).first()
        if row is None:
            return None
        if lease is not None:
            self._set(row.id, attempts=row.attempts + 1, due=self._now + lease)
        return Message(
            row.id,
            row.channel,
            row.to,
            row.topic,
            row.object or "",
            row.record or "",
            row.payload or {},
            row.attempts + (lease is not None),
            row.created_at,
        )

    def alone(self) -> AbstractContextManager[object]:
        """Return a savepoint: what fails within it leaves the rest of the transaction standing."""
        return self._connection.begin_nested()

    def done(self, message_id: int) -> None:
        """Note that a message arrived."""
        self._set(message_id, state="done", done_at=self._now, last_error=None)

    def failed(self, message_id: int, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt; without `retry_at` the message is given up."""
        if retry_at is None:
            self._set(message_id, state="dead", done_at=self._now, last_error=error)
        else:
            self._set(message_id, due=retry_at, last_error=error)

    def give_up_others(self, channels: Sequence[str], error: str) -> dict[str, int]:
        """Give up what waits for a channel that is none of these, and return how many by channel."""
        others = and_(fs_outbox.c.state == "pending", fs_outbox.c.channel.not_in(list(channels)))
        given_up = {"state": "dead", "done_at": self._now, "last_error": error}
        giving_up = update(fs_outbox).where(others).values(given_up)
        return Counter(
            row.channel
            for row in self._connection.execute(giving_up.returning(fs_outbox.c.channel))
        )

    def any_due(self) -> bool:
        """Tell whether a message waits to be delivered now."""
        asked = select(fs_outbox.c.id).where(_is_due(self._now)).limit(1)
        return self._connection.execute(asked).first() is not None

    def counts(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        asked = select(fs_outbox.c.state, func.count()).group_by(fs_outbox.c.state)
        return {state: int(count) for state, count in self._connection.execute(asked)}

    def prune(self, before: datetime, limit: int = 1000) -> int:
        """Delete up to `limit` messages that were delivered or dropped before; return how many."""
        old = (
            select(fs_outbox.c.id)
            .where(fs_outbox.c.state.in_(("done", "dropped")), fs_outbox.c.done_at < before)
            .limit(limit)
        )
        return self._connection.execute(delete(fs_outbox).where(fs_outbox.c.id.in_(old))).rowcount

    def _set(self, message_id: int, **values: object) -> None:
        self._connection.execute(
            # What was settled stays settled, also when a worker wakes up long after its lease.
            update(fs_outbox)
            .where(fs_outbox.c.id == message_id, fs_outbox.c.state == "pending")
            .values(**values)
        )


_MESSAGE = tuple(
    fs_outbox.c[name]
    for name in (
        "id",
        "channel",
        "to",
        "topic",
        "object",
        "record",
        "payload",
        "attempts",
        "created_at",
    )
)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Tell what may be taken: what was never tried is due at once, whichever clock stamped it."""
    return and_(
        fs_outbox.c.state == "pending", or_(fs_outbox.c.due <= now, fs_outbox.c.attempts == 0)
    )


_ADD = Adding(fs_outbox)
