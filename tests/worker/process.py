"""A nursery of workers and schedulers: it learns the code once and forks a process for every line it reads.

A line is ROLE URL [REDIS]; the child writes "ready" and its number once it begins to work.
"""

from __future__ import annotations

import os
import signal
import sys

from fieldstone.worker.processes import run_scheduler, run_worker
from tests.worker.world import a_site, the_model

# Logs go where errors go, so that a pipe that nobody empties stops nobody.
READY = os.dup(1)
os.dup2(2, 1)
RUNS = {"worker": run_worker, "scheduler": run_scheduler}


def main() -> None:
    """Fork until the input ends."""
    the_model()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they died
    for line in sys.stdin:
        if os.fork() == 0:
            child(*line.split())


def child(role: str, database_url: str, redis_url: str | None = None) -> None:
    """Work until killed or asked to stop."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    site = a_site(database_url, redis_url)
    os.write(READY, f"ready {os.getpid()}\n".encode())
    RUNS[role](site)
    os._exit(0)


if __name__ == "__main__":
    main()
