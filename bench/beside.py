"""How much of a database server's work goes on while a program works: looked at a hundred times a second."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

import psutil

PAUSE: Final = 0.01
CHILDREN_AGAIN: Final = 50


class Beside:
    """Looks at a process and at a server's processes while it is open; `share` is then what they did together."""

    def __init__(self, pid: int, server: int | None) -> None:
        """Watch `pid` and the children of `server`; without a server there is nothing to see."""
        self._pid = pid
        self._server = server
        self._over = Event()
        self._at_work = self._together = 0
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        if self._server is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop looking."""
        self._over.set()
        if self._server is not None:
            self._thread.join()

    @property
    def share(self) -> float:
        """Return the share of the server's working time in which the program worked as well."""
        return self._together / max(1, self._at_work)

    def _look(self) -> None:
        backends: list[int] = []
        looks = 0
        while not self._over.wait(PAUSE):
            if looks % CHILDREN_AGAIN == 0:
                backends = [child.pid for child in psutil.Process(self._server).children()]
            looks += 1
            if any(_states(pid) & {"R", "D"} for pid in backends):
                self._at_work += 1
                self._together += "R" in _states(self._pid)


def _states(pid: int) -> set[str]:
    """Return the states of a process's threads: R runs or waits for a core, D waits for the disk."""
    found = set()
    for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            found.add(thread.read_text().rpartition(")")[2].split()[0])
        except OSError:
            continue  # it ended meanwhile
    return found
