"""Servers, workers and clients of one company as processes of their own, to be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

from tests.builders import ROOT
from tests.services.ports import free_port, wait_until

SECRET = "5" * 64
UP_SECONDS = 120.0


@dataclass
class Town:
    """One folder, one database, one Redis, and every process that works on them."""

    folder: Path
    database_url: str
    redis_url: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start web*, worker* or scheduler*; a web server gets its port once and for all."""
        command = name.rstrip("0123456789")
        words = ["serve" if command == "web" else command]
        if command == "web":
            words += ["--port", str(self.ports.setdefault(name, free_port()))]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "fieldstone", *words],
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "FIELDSTONE_DATABASE_URL": self.database_url,
            "FIELDSTONE_REDIS_URL": self.redis_url,
            "FIELDSTONE_SECRET_KEY": SECRET,
        }

    def kill(self, name: str) -> None:
        """Kill a process and its children as a power cut would."""
        one = self.running.pop(name)
        os.killpg(one.pid, signal.SIGKILL)
        one.wait()

    def kill_a_child(self, name: str) -> None:
        """Kill the process that answers, not its master."""
        for child in psutil.Process(self.running[name].pid).children():
            child.kill()

    def up(self) -> bool:
        """Wait until every web server answers."""
        return all(
            wait_until(lambda port=port: _answers(port), seconds=UP_SECONDS)  # type: ignore[misc]
            for name, port in self.ports.items()
            if name in self.running
        )

    def end(self) -> None:
        """Kill all that runs."""
        for name in list(self.running):
            self.kill(name)

    def client(self, plan: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Start a client with a plan."""
        path = self.folder / f"plan{plan['seed']}.json"
        path.write_text(json.dumps(plan))
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.client", str(path)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )


@contextmanager
def a_town(folder: Path, database_url: str, redis_url: str) -> Iterator[Town]:
    """Run a town; nothing of it is left behind."""
    town = Town(folder, database_url, redis_url)
    try:
        yield town
    finally:
        town.end()


@contextmanager
def crowd_of(clients: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Let clients work until the end of the block, and not a moment longer."""
    try:
        yield
    finally:
        for one in clients:
            one.kill()
            one.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def bad_news(folder: Path) -> list[str]:
    """Return the lines of all logs that tell of a bug: a request, a timer, a lane or a job that failed."""
    words = ("request failed", "timer failed", "lane failed", "job failed")
    return [
        f"{file.stem}: {line}"
        for file in sorted(folder.glob("*.log"))
        for line in file.read_text(errors="replace").splitlines()
        if any(f'"{word}"' in line for word in words)
    ]
