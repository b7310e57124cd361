"""Prints how long a dry run of each kind of rule over 100,000 past leads takes. Target: under a minute each.

Run: python -m bench.simulate [--database sqlite|postgresql] [--rows 100000] [--rule CODE ...]
The seconds of the processor are this process's own; the factor is against reading the same rows and doing nothing.
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta

from bench.company import databases, hire, open_site
from bench.fill import fill
from fieldstone.actions.simulating import BATCH, LONGEST, simulate
from fieldstone.site import Site

RULES = (
    "lead_assignment",
    "follow_up_in_time",
    "lead_grading",
    "lead_scoring",
    "lead_recall",
    "lead_duplicate",
    "lead_data_quality",
    "welcome_task",
)
LIMIT = 60.0


def measure(site: Site, rule: str) -> tuple[int, float, float]:
    """Return how many records a dry run looked at, and its seconds by the clock and of the processor."""
    ctx = site.system_context("bench")
    clock, cpu = time.perf_counter(), time.process_time()
    found = simulate(ctx, site.model, site.storage, rule, LONGEST)
    return found.looked_at, time.perf_counter() - clock, time.process_time() - cpu


def read_only(site: Site) -> float:
    """Return the seconds of the processor that reading every lead in the same batches takes."""
    ctx = site.system_context("bench")
    cpu = time.process_time()
    with site.storage.rehearsing(site.storage.use(site.model), ctx) as facts:
        ids = [one for one, _ in facts.ids_since("lead", ctx.now - timedelta(days=3650), 10**6)]
        for start in range(0, len(ids), BATCH):
            for _ in facts.whole_rows("lead", ids[start : start + BATCH], ()):
                pass
    return time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rule", action="append")
    asked = parser.parse_args()
    slow = False
    for which in asked.database or ("sqlite", "postgresql"):
        with databases(which) as (url, folder, _):
            site = open_site(url, folder)
            fill(site, hire(site), 0, asked.rows)
            plain = read_only(site)
            print(f"{which}, {asked.rows:,} leads; reading them: {plain:.1f} s of CPU", flush=True)
            for rule in asked.rule or RULES:
                looked_at, clock, cpu = measure(site, rule)
                slow |= cpu * 100_000 / looked_at > LIMIT
                print(
                    f"{rule:20} {looked_at:,} leads  {clock:6.1f} s  {cpu:6.1f} s of CPU  {cpu / plain:5.1f} x",
                    flush=True,
                )
            site.storage.close()
    raise SystemExit(int(slow))


if __name__ == "__main__":
    main()
