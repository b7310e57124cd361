"""What a process keeps for as long as it lives is left out of the search for garbage."""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 10_000
"""New objects before Python looks for garbage among them; with its own 700 a batch of 200 records is looked through
hundreds of times, a sixth of a worker's time (measured: docs/benchmarks.md)."""


def settle_down() -> None:
    """Call it once, when modules and model stand: what stands now is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
