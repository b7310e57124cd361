"""When Python looks for garbage: never at what lives as long as the process, nor in the midst of a batch."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

YOUNG: Final = 10_000
"""New objects before Python looks for garbage among them; with its own 700 a batch of 200 records is looked through
hundreds of times, a sixth of a worker's time (measured: docs/benchmarks.md)."""


def settle_down() -> None:
    """Call it once, when modules and model stand: what stands now is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)


class _Blocks:
    """How many blocks are going on in which no garbage is looked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._looked_before = True

    def begin(self) -> None:
        with self._lock:
            if not self._count:
                self._looked_before = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count and self._looked_before:
                gc.enable()


_BLOCKS: Final = _Blocks()


@contextmanager
def garbage_waits() -> Iterator[None]:
    """Look for garbage after the block, not within: of a batch that is written nearly nothing goes round in circles.

    Blocks may run beside each other, in threads, and within each other.
    """
    _BLOCKS.begin()
    try:
        yield
    finally:
        _BLOCKS.end()
