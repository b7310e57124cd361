"""What every channel provides; tests/delivery/test_every_channel.py holds each one to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fieldstone.base.label import Label
from fieldstone.base.settings import Settings
from fieldstone.storage.database import Storage


class DeliveryError(Exception):
    """A message did not get through; `retry` tells whether another try may help."""

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


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


@dataclass(frozen=True)
class Means:
    """What a channel may lean on."""

    storage: Storage
    settings: Settings
    now: datetime


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

    def send(self, message: Message, means: Means) -> None:
        """Deliver. Raises DeliveryError."""
