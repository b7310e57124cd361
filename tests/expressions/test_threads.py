"""Expressions are read by many threads at once: requests, the compiler, previews."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fieldstone.expressions.syntax import read


@pytest.fixture
def hurried() -> Iterator[None]:
    """Let threads take turns, and garbage be collected, as often as can be."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(3)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


class Ring:
    """Garbage that runs a few lines of Python when it is collected."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        self.seen = list(range(20))


@pytest.mark.usefixtures("hurried")
def test_threads_that_read_expressions_at_once_do_not_disturb_each_other() -> None:
    def read_some(of: int) -> int:
        for n in range(600):
            Ring()
            read(f"a == {of} and (b > 2 or c in ['x', 'y', 'z']) and days_since(x) > {n}")
        return of

    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(read_some, range(6)))

    assert done == list(range(6))
