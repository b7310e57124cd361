"""The queue without Redis: the table holds the work, and the bell rings within this process."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from fieldstone.jobs.contract import JobStatus
from fieldstone.jobs.kept import job_status, keep_job
from fieldstone.storage.database import Storage


class TableQueue:
    """Wakes the worker thread of this process; workers elsewhere look once a second."""

    def __init__(self, storage: Storage) -> None:
        """Keep work in `storage`."""
        self._storage = storage
        self._bell = threading.Event()

    def ring(self) -> None:
        """Wake the worker of this process."""
        self._bell.set()

    def enqueue(
        self, name: str, arguments: Mapping[str, object], *, actor: str, dedupe: str = ""
    ) -> str:
        """Keep a job and return its id; a known `dedupe` gives the job kept first."""
        job_id = keep_job(self._storage, name, arguments, actor=actor, dedupe=dedupe)
        self.ring()
        return job_id

    def status(self, job_id: str) -> JobStatus | None:
        """Return how far a job is, None when there is none."""
        return job_status(self._storage, job_id)

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so long; tell whether there was one."""
        rung = self._bell.wait(seconds)
        self._bell.clear()
        return rung
