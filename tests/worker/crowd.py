"""Processes that a test starts and kills; none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from tests.builders import ROOT


class Crowd:
    """The processes of a test, children of one nursery."""

    def __init__(self) -> None:
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.worker.process"],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )

    def start(self, role: str, database_url: str, redis_url: str = "") -> int:
        """Start a worker or scheduler and return its number once it works."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{role} {database_url} {redis_url}\n")
        word, _, number = self._nursery.stdout.readline().partition(" ")
        assert word == "ready", "the process ended before it was ready"
        return int(number)

    def dismiss_all(self) -> None:
        """Kill every child; the nursery stays."""
        for child in psutil.Process(self._nursery.pid).children():
            child.kill()

    def end(self) -> None:
        """Kill all that still run."""
        self.dismiss_all()
        self._nursery.kill()
        self._nursery.wait()
        for pipe in (self._nursery.stdin, self._nursery.stdout):
            assert pipe is not None
            pipe.close()


def kill(number: int) -> None:
    """Kill a process as a power cut would."""
    os.kill(number, signal.SIGKILL)


@contextmanager
def a_crowd() -> Iterator[Crowd]:
    """Run processes until the end of the block."""
    crowd = Crowd()
    try:
        yield crowd
    finally:
        crowd.end()


def wait_for(
    condition: Callable[[], bool], moving: Callable[[], object] = lambda: None, seconds: float = 90
) -> bool:
    """Look until a condition holds; False when for so long neither it held nor anything moved."""
    before, end = moving(), time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        if (now := moving()) != before:
            before, end = now, time.monotonic() + seconds
        time.sleep(0.02)
    return condition()
