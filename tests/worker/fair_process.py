"""One of several processes that bring leads at once: `python -m tests.worker.fair_process URL SOURCE LEADS AT_ONCE`."""

from __future__ import annotations

import sys

from fieldstone.changes.nouns import Change, Operation
from tests.worker.fair_world import a_fair_site


def main(database_url: str, source: str, leads: str, at_once: str) -> None:
    """Wait for a line, then bring the leads as that source does."""
    site = a_fair_site(database_url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    left, size = int(leads), int(at_once)
    while left:
        now = min(left, size)
        changes = [
            Change("lead", Operation.CREATE, {"name": f"{source} {left - n}"}, trusted=True)
            for n in range(now)
        ]
        outcomes = site.writes.submit(site.system_context(source), site.model, changes)
        assert not any(one.refused for one in outcomes)
        left -= now


if __name__ == "__main__":
    main(*sys.argv[1:])
