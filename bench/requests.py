"""Compares our REST with a handler written by hand: python -m bench.requests [--leads N] [--seconds S] [--database NAME].

Same database, same rows, same gunicorn settings, the servers in turn; only the ratios count. That the answers are
equal is proven first. `create` is the site of bench/small, whose rules say what the handler does by hand.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import psutil

from bench.alike import prove_alike
from bench.asking import wait_for
from bench.company import databases
from bench.floor_create import CURSOR
from bench.floor_database import rows_of
from bench.ground import Ground, make_ground
from bench.load import Score, load, request
from tests.services.ports import free_port

STAGES = ("contacted", "qualified", "new")


@dataclass(frozen=True)
class Line:
    """One line of the table: what is asked of whom, and what is to be reached of the floor's rate."""

    name: str
    what: str
    floor_path: str
    ours: str
    target: float | None


LINES: Final = (
    Line("get one", "get", "/api/v1/lead", "ours", 0.5),
    Line("list 50, filter and sort", "list", "/api/v1/lead", "ours", 0.6),
    Line("create, same rules", "create", "/api/v1/lead", "small", 0.25),
    Line("create, every core rule", "create", "/api/v1/lead", "ours", None),
    Line("create, against a bare INSERT", "create", "/bare/lead", "small", None),
)


def requests_of(line: Line, path: str, ground: Ground, numbers: Iterator[int]) -> Iterator[bytes]:
    """Return an endless row of requests."""
    if line.what == "get":
        return itertools.cycle([request("GET", f"{path}/{i}", ground.token) for i in ground.ids])
    if line.what == "list":
        paths = [
            f"{path}?filter={quote(f'stage == {stage!r}')}&sort=-created_at&limit=50"
            for stage in STAGES
        ]
        return itertools.cycle([request("GET", one, ground.token) for one in paths])
    bodies = (json.dumps(new_lead(at, ground.channel)).encode() for at in numbers)
    return (request("POST", path, ground.token, body) for body in bodies)


def new_lead(at: int, channel: str) -> dict[str, object]:
    """Return what a program sends to create a lead."""
    return {
        "name": f"王{at}",
        "mobile": f"+86139{at % 100_000_000:08d}",
        "email": f"new{at}@firm{at}.example.cn",
        "company": f"新{at}号贸易有限公司",
        "job_title": "总经理",
        "channel": channel,
        "region": "east",
        "city": "shanghai",
        "employees": 40,
        "budget": "120000.00",
        "need": "A CRM for our branch in Shanghai, with import of old data.",
        "tags": ["web"],
    }


@contextmanager
def served(name: str, ground: Ground) -> Iterator[tuple[int, psutil.Process]]:
    """Run one of the servers on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.server", name, str(port), str(ground.write())]
    with subprocess.Popen(command) as process:
        try:
            wait_for(port, f"/api/v1/lead/{ground.ids[0]}", ground.token)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(20)


def cpu(*roots: psutil.Process) -> float:
    """Return the seconds of CPU that these processes and their children have used."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            try:
                used = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += used.user + used.system
    return total


def compare(ground: Ground, database: psutil.Process | None, seconds: float, rounds: int) -> None:
    """Print one line per kind of request."""
    rows_of(ground.url).do(CURSOR, ())
    numbers = itertools.count(int(time.time()) % 10_000 * 100_000)
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(served(name, ground)) for name in ("floor", "small", "ours")
        }
        ports = {name: port for name, (port, _) in servers.items()}
        alike = prove_alike(ports, ground, [new_lead(next(numbers), ground.channel) for _ in "123"])
        print(f"equal answers: {alike}")
        print(
            f"{'':30}{'floor/s':>9}{'ours/s':>9}{'ratio':>8}{'target':>8}{'floor ms':>10}{'ours ms':>9}"
            "  (ms of CPU, database too)"
        )
        for line in LINES:
            scores: dict[str, list[tuple[float, float]]] = {"floor": [], line.ours: []}
            for at in range(rounds + 1):
                for who in scores:
                    port, process = servers[who]
                    path = line.floor_path if who == "floor" else "/api/v1/lead"
                    asked = requests_of(line, path, ground, numbers)
                    roots = [process] if database is None else [process, database]
                    found = _measured(port, asked, seconds if at else 1.0, roots)
                    if at:  # the first round warms up
                        scores[who].append(found)
            _tell(line, scores["floor"], scores[line.ours])


def _measured(
    port: int, requests: Iterator[bytes], seconds: float, roots: list[psutil.Process]
) -> tuple[float, float]:
    before = cpu(*roots)
    score: Score = load(port, requests, seconds)
    wrong = {status: n for status, n in score.statuses.items() if status not in (200, 201)}
    assert not wrong, wrong
    return score.per_second, (cpu(*roots) - before) / score.answers * 1000


def _tell(line: Line, floor: list[tuple[float, float]], ours: list[tuple[float, float]]) -> None:
    (rate, ms), (our_rate, our_ms) = (
        tuple(statistics.median(column) for column in zip(*one, strict=True))
        for one in (floor, ours)
    )
    target = f"{line.target:.2f}" if line.target else "-"
    print(
        f"{line.name:30}{rate:9.0f}{our_rate:9.0f}{our_rate / rate:8.2f}{target:>8}{ms:10.2f}{our_ms:9.2f}",
        flush=True,
    )


def main() -> None:
    """Make the ground on each database and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), action="append")
    given = parser.parse_args()
    for which in given.database or ("postgresql", "sqlite"):
        with databases(which) as (url, _, server):
            began = time.perf_counter()
            ground = make_ground(url, given.leads)
            print(
                f"{which}, {given.leads} leads, loaded in {time.perf_counter() - began:.0f} s; "
                "2 processes of 4 threads, 8 connections"
            )
            database = None if server is None else psutil.Process(server)
            compare(ground, database, given.seconds, given.rounds)


if __name__ == "__main__":
    main()
