"""Large writes go to the database while Python works on; whoever speaks with it next waits until they are there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Final

AHEAD: Final = 200
"""From so many rows on they set out at once: PostgreSQL then takes longer over them than a thread over its turn."""
SHORT_TURNS: Final = 0.001
"""Seconds after which a thread gives way meanwhile. With Python's own 0.005 PostgreSQL has often stored a table before
the sender's turn comes to give it the next: 55 instead of 64 hundredths of its work went on beside ours."""


class Ahead:
    """What was sent on one connection without waiting for the answer, in its order."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._going: list[Future[None]] = []
        self.meanwhile: Callable[[], None] | None = None
        """What may be done, once, while we would only wait for this transaction's writes; it leaves the database alone."""

    def __bool__(self) -> bool:
        """Tell whether anything is on its way."""
        return bool(self._going)

    def go(self, sending: Callable[[], None]) -> None:
        """Send after what went before; until it has arrived the connection is the sender's alone."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "ahead")
        if not self._going:
            _TURNS.shorten()
        self._going.append(self._thread.submit(sending))

    def arrived(self) -> None:
        """Wait until everything is there; raises what went wrong first."""
        for error in self._waited():
            if error is not None:
                raise error

    def given_up(self) -> None:
        """Wait until nothing is on its way any more, whatever became of it."""
        self.meanwhile = None
        self._waited()

    def _waited(self) -> list[BaseException | None]:
        # All of them, also after an error: nobody else may use the connection meanwhile.
        if not self._going:
            return []
        work, self.meanwhile = self.meanwhile, None
        try:
            if work is not None:
                work()
        finally:
            told = [one.exception() for one in self._going]
            self._going = []
            _TURNS.restore()
        return told


class _Turns:
    """How long a thread of this process keeps its turn; shorter while anybody sends ahead."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._senders = 0
        self._before = 0.0

    def shorten(self) -> None:
        with self._lock:
            if not self._senders:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(SHORT_TURNS, self._before))
            self._senders += 1

    def restore(self) -> None:
        with self._lock:
            self._senders -= 1
            if not self._senders:
                sys.setswitchinterval(self._before)


_TURNS: Final = _Turns()
