"""A worker inside `serve`, for installations without Redis: the same lanes, in threads of the server."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fieldstone.site import Site
from fieldstone.worker.crew import Crew


def start_inside(site: Site) -> Callable[[], None]:
    """Start working in threads of this process and return what stops them.

    Call it after the server has forked, in the process that serves: threads do not live through a fork.
    """
    crew, stopping = Crew(site), threading.Event()
    crew.start()

    def listen() -> None:
        while not stopping.is_set():
            if site.queue.wait(1.0):
                crew.wake()

    ear = threading.Thread(target=listen, name="bell", daemon=True)
    ear.start()

    def stop() -> None:
        stopping.set()
        crew.dismiss()
        ear.join()

    return stop
