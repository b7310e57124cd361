"""The threads of one working process: one per lane, woken by the bell, looking by themselves once a second."""

from __future__ import annotations

import threading
from typing import Final

import structlog

from fieldstone.site import Site
from fieldstone.storage.errors import StorageError
from fieldstone.worker.turns import LANES, Turn

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0
"""What a lost ring costs."""
AFTER_A_FAILURE: Final = 2.0
LEAVE_SECONDS: Final = 30.0


class Crew:
    """Works for one site until it is dismissed."""

    def __init__(self, site: Site) -> None:
        """Work for `site`."""
        self._site = site
        self._stopping = threading.Event()
        self._bells = tuple(threading.Event() for _ in LANES)
        self._threads = tuple(
            threading.Thread(target=self._work, args=(turn, bell), name=turn.__name__, daemon=True)
            for turn, bell in zip(LANES, self._bells, strict=True)
        )

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look at once: something was committed."""
        for bell in self._bells:
            bell.set()

    def dismiss(self) -> None:
        """Stop after the present message, timer or step; what is left stays for the next worker."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(LEAVE_SECONDS)

    def _work(self, turn: Turn, bell: threading.Event) -> None:
        while not self._stopping.is_set():
            bell.clear()
            try:
                idle = turn(self._site, self._stopping) == 0
            except StorageError as error:
                # The database is away or was restarted: nothing is lost, look again soon.
                log.warning("database not reached", lane=turn.__name__, error=str(error)[:200])
                self._stopping.wait(AFTER_A_FAILURE)
            except Exception:
                # The worker's border: a lane that fails must not end.
                log.exception("lane failed", lane=turn.__name__)
                self._stopping.wait(AFTER_A_FAILURE)
            else:
                if idle:
                    bell.wait(LOOK_SECONDS)
