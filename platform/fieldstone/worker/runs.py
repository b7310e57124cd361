"""One run of a piece of long work: what it was told, how far it is, and whether it is still the one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self

import structlog

from fieldstone.site import Site
from fieldstone.storage.database import Storage
from fieldstone.storage.errors import StorageError
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.queue import Job, Jobs
from fieldstone.storage.transaction import Transaction

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=60)
BEAT: Final = 20.0
"""Seconds between two heartbeats: two may be lost before the job goes to another worker."""


class JobLostError(Exception):
    """Another worker has the job: what this one does must not be kept."""


class StoppingError(Exception):
    """The worker is asked to stop; the job goes back to the queue with its progress."""


class Run:
    """One run of a job.

    Work is done in steps. Each step writes and notes its progress in one transaction (`note_within`), so that it
    is done once: a step of a killed worker leaves nothing, and a worker that lost the job is refused.
    """

    def __init__(
        self,
        storage: Storage,
        job: Job,
        progress: Mapping[str, Any],
        stopping: threading.Event,
    ) -> None:
        """Run `job` from `progress` on, until `stopping`."""
        self.job = job
        self.progress: Mapping[str, Any] = progress
        self._storage = storage
        self._stopping = stopping
        self._lost = False
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name=f"job {job.id}", daemon=True)

    def __enter__(self) -> Self:
        """Begin to keep the lease."""
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the lease run out."""
        self._ended.set()
        self._heart.join()

    def note(self, **progress: object) -> None:
        """Note how far the job is. Raises JobLostError, and StoppingError when the worker is to stop."""
        with self._storage.connection() as connection:
            self._note(jobs_of(connection), progress)
        self._go_on_or_stop()

    def note_within(self, transaction: Transaction, **progress: object) -> None:
        """Note how far the job will be once this transaction is committed. Raises JobLostError."""
        self._note(jobs_of(transaction.connection), progress)

    def pause(self) -> None:
        """Call between two steps. Raises JobLostError, StoppingError."""
        self._go_on_or_stop()

    def _note(self, jobs: Jobs, progress: Mapping[str, object]) -> None:
        if not jobs.renew(self.job, LEASE, progress):
            raise JobLostError(self.job.id)
        self.progress = progress

    def _go_on_or_stop(self) -> None:
        if self._lost:
            raise JobLostError(self.job.id)
        if self._stopping.is_set():
            raise StoppingError(self.job.id)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT) and not self._lost:
            try:
                with self._storage.connection() as connection:
                    self._lost = not jobs_of(connection).renew(self.job, LEASE)
            except StorageError as error:
                log.warning("heartbeat missed", job=self.job.id, error=type(error).__name__)


Work = Callable[[Site, Run], object]
"""What a job's name stands for: returns its result, as JSON; begins where `run.progress` says."""
