"""A nursery of workers and schedulers: it learns the code once and forks a process for every line it reads.

A line is ROLE URL [REDIS]; the child writes "ready" and its number once it begins to work.
"""

from __future__ import annotations

import os
import signal
import sys

from fieldstone.site import Site
from fieldstone.storage.transaction import Transaction
from fieldstone.worker.processes import run_scheduler, run_worker
from fieldstone.worker.runs import Run
from tests.worker.world import a_site, the_model

# Logs go where errors go, so that a pipe that nobody empties stops nobody.
READY = os.dup(1)
os.dup2(2, 1)


def falls_asleep(site: Site, place: str) -> None:
    """Work until a job comes to this place for the first time; stop there, as a frozen machine does.

    A minute in which a transaction does nothing ends it; here it is a second.
    """
    goes_on = getattr(Run, place)

    def asleep(run: Run, *given: object, **told: object) -> object:
        setattr(Run, place, goes_on)
        for within in given:
            assert isinstance(within, Transaction)
            within.connection.exec_driver_sql(
                "SET LOCAL idle_in_transaction_session_timeout = '1s'"
            )
        os.kill(os.getpid(), signal.SIGSTOP)
        return goes_on(run, *given, **told)

    setattr(Run, place, asleep)
    run_worker(site)


RUNS = {
    "worker": run_worker,
    "scheduler": run_scheduler,
    "asleep-between-two-steps": lambda site: falls_asleep(site, "pause"),
    "asleep-within-a-step": lambda site: falls_asleep(site, "note_within"),
}


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
