"""Prints how long a worker takes for follow-ups that nobody made: 100,000 due timers among 1,000,000 that stand.

Run: python -m bench.deadlines [--database postgresql|sqlite] [--rows 1000000] [--due 100000] [--workers 1]
Every due timer takes a lead from its owner: decisions, owner history, audit, message and the pool's own rules.
The target is 60 s on PostgreSQL. CPU seconds stand beside it, for they do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bench.company import databases, hire, open_site
from bench.fill import BLOCK, fill, multiply
from fieldstone.expressions.sqltypes import instant_text
from fieldstone.site import Site
from fieldstone.worker.timers import act_on_due_timers

TARGET = 60.0
RULE = "follow_up_in_time"


def prepare(site: Site, rows: int, due: int) -> None:
    """Fill in leads that are all owned and new, each with its timer; `due` of them are due now."""
    fill(site, hire(site), 0, min(rows, BLOCK))
    now = site.clock()
    with site.storage.connection() as connection:
        owner = text("SELECT id FROM o_user WHERE f_email LIKE 'seller%' ORDER BY id LIMIT 1")
        seller = connection.execute(owner).scalar_one()
        connection.execute(
            text(
                "UPDATE o_lead SET f_stage = 'new', pool = NULL, owner = coalesce(owner, :seller),"
                " owned_at = :since"
            ),
            {"seller": seller, "since": _held(site, now - timedelta(days=20))},
        )
    multiply(site, BLOCK, rows // BLOCK - 1)
    late, soon = now - timedelta(minutes=5), now + timedelta(days=30)
    on_postgresql = site.storage.dialect == "postgresql"
    kind = "timestamptz" if on_postgresql else "text"
    with site.storage.connection() as connection:
        if on_postgresql:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(
            text(
                "INSERT INTO fs_timer (id, object, record, rule, kind, due, version)"
                " SELECT 't' || id, 'lead', id, :rule, 'due',"
                " CASE WHEN row_number() OVER (ORDER BY id) <= :due THEN"
                f" CAST(:late AS {kind}) ELSE CAST(:soon AS {kind}) END, :v FROM o_lead"
            ).bindparams(rule=RULE, due=due, v=site.model.rules[RULE].version),
            {"late": _held(site, late), "soon": _held(site, soon)},
        )
        if on_postgresql:
            connection.execute(text("ANALYZE"))


def _held(site: Site, instant: datetime) -> object:
    """Return an instant as the database holds it, for statements written by hand."""
    return instant if site.storage.dialect == "postgresql" else instant_text(instant)


def work(site: Site) -> int:
    """Settle every due timer and return how many there were."""
    done = 0
    while more := act_on_due_timers(site):
        done += more
    return done


def _crew(url: str, folder: Path, workers: int) -> None:
    command = [sys.executable, "-m", "bench.deadlines", "--work", url, "--folder", str(folder)]
    crew = [subprocess.Popen(command) for _ in range(workers)]
    for one in crew:
        one.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(open_site(asked.work, asked.folder))
        return 0
    with databases(asked.database) as (url, folder, _):
        site = open_site(url, folder)
        prepare(site, asked.rows, asked.due)
        begun, cpu = time.perf_counter(), time.process_time()
        if asked.workers > 1:
            _crew(url, folder, asked.workers)
        else:
            work(site)
        took, used = time.perf_counter() - begun, time.process_time() - cpu
        with site.storage.looking() as connection:
            left = connection.execute(text("SELECT count(*) FROM o_lead WHERE pool IS NULL"))
            recalled = asked.rows - left.scalar_one()
        rate = recalled / took if took else 0
        print(
            f"{asked.database}: {recalled:,} leads recalled of {asked.rows:,} in {took:.1f} s"
            f" ({rate:,.0f} a second, {used:.1f} s CPU of ours, load {os.getloadavg()[0]:.1f};"
            f" target {TARGET:.0f} s for 100,000)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
