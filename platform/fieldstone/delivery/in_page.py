"""Tells people in the pages: the bell in the head of every page shows what lies here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.delivery.contract import DeliveryError, Means, Message
from fieldstone.storage.notices import Notification

LABEL: Final = Label("Notification", "站内通知")


@dataclass(frozen=True)
class InPage:
    """A notification on the person's own list."""

    name: str = "in_page"
    label: Label = LABEL
    internal: bool = True

    def send(self, message: Message, means: Means) -> None:
        """Keep a notification; the same event reaches a person once."""
        if means.notices is None:
            raise DeliveryError("a notification is kept in a transaction or not at all", retry=True)
        note = Notification(
            new_id(),
            message.to,
            message.topic,
            message.object_name or None,
            message.record_id or None,
            message.payload,
            means.now,
            None,
        )
        means.notices.notify(message.id, note)


CHANNEL = InPage()
