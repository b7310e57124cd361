"""Compares our REST with a handler written by hand: python -m bench.requests [--leads N] [--seconds S].

Same database, same rows, same gunicorn settings, the two servers in turn; only the ratios count.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import psutil

from bench.ground import Ground, make_ground
from bench.load import Score, load, request
from tests.services.ports import free_port
from tests.services.postgres import PostgresServer

TARGETS = {"get": 0.5, "list": 0.6, "create": 0.25}
STAGES = ("contacted", "qualified", "new")
Requests = Callable[[], Iterator[bytes]]


def wanted(ground: Ground) -> dict[str, Requests]:
    """Return an endless row of requests by what they ask."""
    numbers = itertools.count(int(time.time()) % 10_000 * 100_000)

    def get() -> Iterator[bytes]:
        every = [request("GET", f"/api/v1/lead/{one}", ground.token) for one in ground.ids]
        return itertools.cycle(every)

    def many() -> Iterator[bytes]:
        paths = [
            f"/api/v1/lead?filter={quote(f'stage == {stage!r}')}&sort=-created_at&limit=50"
            for stage in STAGES
        ]
        return itertools.cycle([request("GET", path, ground.token) for path in paths])

    def create() -> Iterator[bytes]:
        for at in numbers:
            body = json.dumps(_lead(at, ground.channel)).encode()
            yield request("POST", "/api/v1/lead", ground.token, body)

    return {"get": get, "list": many, "create": create}


def _lead(at: int, channel: str) -> dict[str, object]:
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
            _wait(port, ground)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(20)


def _wait(port: int, ground: Ground) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/lead/{ground.ids[0]}"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {ground.token}"})
    for _ in range(200):
        try:
            urllib.request.urlopen(asked, timeout=5).read()
        except OSError:  # not listening yet, or still starting
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


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
    with served("floor", ground) as floor, served("ours", ground) as ours:
        print(
            f"{'':8}{'floor/s':>10}{'ours/s':>10}{'ratio':>8}{'target':>8}{'floor ms':>10}{'ours ms':>9}  (ms of CPU, database too)"
        )
        for name, requests in wanted(ground).items():
            scores: dict[str, list[tuple[float, float]]] = {"floor": [], "ours": []}
            for at in range(rounds + 1):
                for who, (port, process) in (("floor", floor), ("ours", ours)):
                    measured = _measured(
                        port, requests(), seconds if at else 1.0, process, database
                    )
                    if at:  # the first round warms up
                        scores[who].append(measured)
            _tell(name, scores)


def _measured(
    port: int,
    requests: Iterator[bytes],
    seconds: float,
    process: psutil.Process,
    database: psutil.Process | None,
) -> tuple[float, float]:
    roots = [process] if database is None else [process, database]
    before = cpu(*roots)
    score: Score = load(port, requests, seconds)
    wrong = {status: n for status, n in score.statuses.items() if status not in (200, 201)}
    assert not wrong, wrong
    return score.per_second, (cpu(*roots) - before) / score.answers * 1000


def _tell(name: str, scores: dict[str, list[tuple[float, float]]]) -> None:
    floor, ours = (statistics.median(one for one, _ in scores[who]) for who in ("floor", "ours"))
    cpu_floor, cpu_ours = (
        statistics.median(c for _, c in scores[who]) for who in ("floor", "ours")
    )
    print(
        f"{name:8}{floor:10.0f}{ours:10.0f}{ours / floor:8.2f}{TARGETS[name]:8.2f}{cpu_floor:10.2f}{cpu_ours:9.2f}",
        flush=True,
    )


def main() -> None:
    """Make the ground on a private PostgreSQL server, or use one that is there, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    server = PostgresServer()
    try:
        server.start()
        began = time.perf_counter()
        ground = make_ground(server.url(server.empty_database()), given.leads)
        print(
            f"PostgreSQL, {given.leads} leads, loaded in {time.perf_counter() - began:.0f} s; 2 processes of 4 threads, 8 connections"
        )
        compare(replace(ground), psutil.Process(server.pid), given.seconds, given.rounds)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
