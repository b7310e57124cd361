"""The queue with Redis: RQ carries a doorbell without a message, and the table holds the work."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Final

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue

from fieldstone.jobs.contract import JobStatus
from fieldstone.jobs.kept import job_status, keep_job
from fieldstone.storage.database import Storage

log = structlog.get_logger()

QUEUE_NAME: Final = "fieldstone"
DRAIN: Final = "fieldstone.worker.rq_worker.drain"
"""Named, not imported: the function lies above this floor."""
RING_SECONDS: Final = 30
"""A ring that no worker heard by then is worth nothing: workers look by themselves every second."""
ENOUGH_RINGS: Final = 4
"""Rings waiting beyond this wake nobody who is not awake: one drain takes all there is."""
REDIS_SECONDS: Final = 2


def redis_at(url: str, *, answers_within: float | None = REDIS_SECONDS) -> Redis:
    """Return a connection to Redis that says at once when Redis is away; None waits for ever for an answer."""
    return Redis.from_url(
        url,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=answers_within,
        retry=Retry(NoBackoff(), 0),
    )


def doorbell(connection: Redis) -> Queue:
    """Return the one queue that every worker listens to.

    One, because RQ loses what it takes from several (it pops instead of moving); JSON, because RQ's
    pickles would let whoever writes to Redis run code here.
    """
    return Queue(QUEUE_NAME, connection=connection, serializer="json", default_timeout=-1)


def ring_at(queue: Queue) -> None:
    """Ring once, unless enough rings wait. Raises RedisError."""
    if queue.count < ENOUGH_RINGS:
        queue.enqueue_call(DRAIN, timeout=-1, ttl=RING_SECONDS, result_ttl=0, failure_ttl=60)


class RqQueue:
    """Rings in Redis from a thread of its own, so that a request never waits for Redis, nor fails with it."""

    def __init__(self, storage: Storage, url: str) -> None:
        """Keep work in `storage`, ring at `url`; Redis is asked at the first ring."""
        self._storage = storage
        self._queue = doorbell(redis_at(url))
        self._bell = threading.Event()
        self._ringer = (0, threading.Thread())
        self._lock = threading.Lock()

    def ring(self) -> None:
        """Ask the ringing thread to ring; many rings at once are one."""
        self._bell.set()
        if self._ringer[0] != os.getpid():
            self._start_ringing()

    def ring_now(self) -> bool:
        """Ring and tell whether Redis took it."""
        try:
            ring_at(self._queue)
        except (RedisError, OSError) as error:
            log.warning("doorbell not rung", error=type(error).__name__)
            return False
        return True

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
        """Wait; rings go to Redis, and a worker hears them there."""
        threading.Event().wait(seconds)
        return False

    def _start_ringing(self) -> None:
        """Start the thread of this process: a forked server has none, whatever its parent had."""
        with self._lock:
            if self._ringer[0] != os.getpid():
                thread = threading.Thread(target=self._ring_on, name="doorbell", daemon=True)
                self._ringer = (os.getpid(), thread)
                thread.start()

    def _ring_on(self) -> None:
        while True:
            self._bell.wait()
            self._bell.clear()
            self.ring_now()
