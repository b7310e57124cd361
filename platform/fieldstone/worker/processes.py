"""The processes `fieldstone worker` and `fieldstone scheduler`: any number of each, on any number of machines."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

from fieldstone.base.lasting import settle_down
from fieldstone.jobs.rq_queue import RqQueue, doorbell, redis_at
from fieldstone.site import Site
from fieldstone.storage.errors import StorageError
from fieldstone.worker.crew import AFTER_A_FAILURE, LOOK_SECONDS, Crew
from fieldstone.worker.rq_worker import keep_site
from fieldstone.worker.turns import anything_due, tidy, work_until_idle

log = structlog.get_logger()

# RQ's own defaults notice a dead worker after a quarter of an hour.
WORKER_TTL: Final = 60
MAINTENANCE_SECONDS: Final = 30


def run_worker(site: Site, stopping: threading.Event | None = None) -> None:
    """Work until a signal comes: with Redis as an RQ worker too, so that a ring is answered at once.

    Threads look for work every second besides: neither a lost ring nor a lost Redis loses work.
    """
    settle_down()
    with _signals(stopping or threading.Event()) as stop:
        crew = Crew(site)
        crew.start()
        try:
            if site.settings.redis_url:
                keep_site(site, crew.wake)
                _answer_rings(site.settings.redis_url, stop)
            stop.wait()
        finally:
            crew.dismiss()


def run_scheduler(site: Site, stopping: threading.Event | None = None) -> None:
    """Ring for what is due until a signal comes: timers, retries, jobs whose worker died.

    Rings are no work: of any number of schedulers each may ring. When no bell can be rung, it works itself.
    """
    with _signals(stopping or threading.Event()) as stop:
        while not stop.is_set():
            try:
                schedule_once(site)
            except StorageError as error:
                log.warning("database not reached", error=str(error)[:200])
                stop.wait(AFTER_A_FAILURE)
            stop.wait(LOOK_SECONDS)


def schedule_once(site: Site) -> bool:
    """Ring if anything is due, and tell whether it was; clean up once an hour."""
    tidy(site)
    if not anything_due(site):
        return False
    if not (isinstance(site.queue, RqQueue) and site.queue.ring_now()):
        work_until_idle(site)
    return True


class BellWorker(SimpleWorker):
    """RQ's worker without a forked child, which would outlive a killed parent and work twice.

    It leaves signals to its process, and runs in a thread.
    """

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Install none."""


def bell_worker(url: str) -> BellWorker:
    """Return a worker of the one queue."""
    connection = redis_at(url, answers_within=None)
    return BellWorker(
        [doorbell(connection)],
        connection=connection,
        serializer="json",
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=WORKER_TTL,
        log_job_description=False,
    )


def _answer_rings(url: str, stop: threading.Event) -> None:
    """Listen to Redis in a thread: it may be away, come back empty, or hang, and work goes on."""

    def listen() -> None:
        while not stop.is_set():
            try:
                bell_worker(url).work(logging_level="WARNING")
            except (RedisError, OSError) as error:
                log.warning("doorbell not heard", error=type(error).__name__)
            stop.wait(AFTER_A_FAILURE)

    threading.Thread(target=listen, name="rq", daemon=True).start()


@contextmanager
def _signals(stop: threading.Event) -> Iterator[threading.Event]:
    """Turn SIGTERM and SIGINT into `stop`, where this is the main thread."""

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
