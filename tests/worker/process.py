"""A worker or scheduler of the small company, as a process that a test may kill: python -m tests.worker.process ROLE URL [REDIS]."""

from __future__ import annotations

import sys

from fieldstone.worker.processes import run_scheduler, run_worker
from tests.worker.world import a_site


def main() -> None:
    """Run the role named on the command line."""
    role, database_url, redis_url = sys.argv[1], sys.argv[2], (sys.argv[3:] or [None])[0]
    site = a_site(database_url, redis_url)
    run = {"worker": run_worker, "scheduler": run_scheduler}[role]
    print("ready", flush=True)  # noqa: T201 - the test that started it reads this
    run(site)


if __name__ == "__main__":
    main()
