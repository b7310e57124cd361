"""What a queue promises: a doorbell after commit, and long work that survives any kill.

The database row is the job; Redis, where there is one, only carries the doorbell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class JobStatus:
    """How far a piece of long work is; `progress` and `result` are what its function noted."""

    id: str
    name: str
    state: str  # queued, running, done, failed
    progress: Mapping[str, object] = field(default_factory=dict)
    result: object = None
    error: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in ("done", "failed")


class Queue(Protocol):
    """Where committed work waits."""

    def ring(self) -> None:
        """Wake a worker: something was committed. Never raises, never waits; a lost ring costs a second."""

    def enqueue(
        self, name: str, arguments: Mapping[str, object], *, actor: str, dedupe: str = ""
    ) -> str:
        """Keep a job that acts for user `actor` and return its id, rung for after the commit.

        With `dedupe`, for example the id of an event, the same work is kept once for ever: a second call
        returns the id of the first, which goes on where it stopped if it had failed for good. Arguments are JSON: ids, never objects.
        """

    def status(self, job_id: str) -> JobStatus | None:
        """Return how far a job is, None when there is none."""

    def wait(self, seconds: float) -> bool:
        """Wait for a ring of this process, at most so long; tell whether there was one."""
