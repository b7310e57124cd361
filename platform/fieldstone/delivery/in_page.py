"""Tells people in the pages: the bell in the head of every page shows what lies here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.delivery.contract import DeliveryError, Means, Message
from fieldstone.storage.notices import Notification

LABEL: Final = Label("Notification", "站内通知")
GATHERED: Final = "gathered"
"""The key of a payload that says, in words with {count}, how several such messages are told as one."""
TOGETHER: Final = timedelta(minutes=10)
"""Messages that may be gathered become one while the first is unread and this young."""


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
        words = message.payload.get(GATHERED)
        since = means.now - TOGETHER
        if isinstance(words, Mapping) and means.notices.gather(note, _label(words), since):
            return
        means.notices.notify(message.id, note)


def _label(words: Mapping[str, object]) -> Label:
    return Label(str(words.get("en", "")), str(words.get("zh", "")))


CHANNEL = InPage()
