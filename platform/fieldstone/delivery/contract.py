"""What every channel provides; tests/delivery/test_every_channel.py holds each one to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fieldstone.base.label import Label
from fieldstone.base.settings import Settings
from fieldstone.storage.notices import Notices


class DeliveryError(Exception):
    """A message did not get through.

    `retry` tells whether another try may help, `wait` how many seconds the receiver asked for, and
    `status` is the receiver's own code, where it gave one. `unset`: nothing was set up that could send it.
    """

    def __init__(
        self,
        message: str,
        *,
        retry: bool,
        wait: float = 0,
        status: int | None = None,
        unset: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.wait = wait
        self.status = status
        self.unset = unset


@dataclass(frozen=True)
class Message:
    """One outbox row: `id` stays the same through every try, so that a receiver can drop repeats."""

    id: str
    channel: str
    to: str
    topic: str
    payload: Mapping[str, object]
    object_name: str
    record_id: str
    created_at: datetime
    attempt: int = 1

    def text(self, language: str, part: str = "message") -> str:
        """Return the sentence that a rule wrote, in one language; "" when it wrote none. `part` may be "subject"."""
        said = self.payload.get(part)
        if isinstance(said, Mapping):
            return str(said.get(language) or said.get("en") or "")
        return str(said or "")


@dataclass(frozen=True)
class Receiver:
    """A person who is written to."""

    id: str
    name: str
    email: str
    language: str
    mobile: str = ""


@dataclass(frozen=True)
class Means:
    """What a channel may lean on.

    `notices` writes in the transaction that settles the message: only internal channels get it.
    `receiver` finds an active person by id, None for anything else.
    """

    settings: Settings
    now: datetime
    receiver: Callable[[str], Receiver | None]
    notices: Notices | None = None


class Channel(Protocol):
    """One way to tell somebody something."""

    @property
    def name(self) -> str:
        """The word that effects use."""

    @property
    def label(self) -> Label:
        """Return what people call it."""

    @property
    def internal(self) -> bool:
        """Tell whether it writes only to our own database, inside the draining transaction."""

    def send(self, message: Message, means: Means) -> int | None:
        """Deliver, and return the receiver's status code where it gave one. Raises DeliveryError."""
