"""Processes that a test starts and kills; none is left behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.builders import ROOT


class Crowd:
    """The processes of one test."""

    def __init__(self) -> None:
        self._all: list[subprocess.Popen[str]] = []

    def start(self, role: str, database_url: str, redis_url: str = "") -> subprocess.Popen[str]:
        """Start a worker or scheduler."""
        command = [sys.executable, "-m", "tests.worker.process", role, database_url]
        process = subprocess.Popen(
            command + ([redis_url] if redis_url else []),
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._all.append(process)
        return process

    def ready(self, process: subprocess.Popen[str]) -> None:
        """Wait until a process begins to work."""
        assert process.stdout is not None
        while line := process.stdout.readline():
            if line.strip() == "ready":
                return
        raise AssertionError("the process ended before it was ready")

    def end(self) -> None:
        """Kill all that still run."""
        for process in self._all:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@contextmanager
def a_crowd() -> Iterator[Crowd]:
    """Run processes until the end of the block."""
    crowd = Crowd()
    try:
        yield crowd
    finally:
        crowd.end()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Look until a condition holds; False when it did not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
