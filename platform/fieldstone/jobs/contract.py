"""What a queue promises: a doorbell after commit, and long work that survives any kill.

The database row is the job; Redis, where there is one, only carries the doorbell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Job:
    """A piece of long work as it is kept: `name` of its function and JSON arguments."""

    id: str
    name: str
    arguments: Mapping[str, object]
    state: str  # pending, running, done, failed
    attempts: int = 0
    created_at: datetime | None = None
    progress: int = 0
    total: int = 0
    error: str = ""


class Queue(Protocol):
    """Where committed work waits."""

    def ring(self) -> None:
        """Wake a worker: something was committed. Never raises; a lost ring costs a second."""

    def enqueue(self, name: str, arguments: Mapping[str, object], dedupe: str = "") -> str:
        """Keep a job and return its id; an open job with the same `dedupe` is returned instead."""
