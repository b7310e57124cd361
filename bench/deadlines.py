"""Prints how long workers take for follow-ups that nobody made: 100,000 due timers among 1,000,000 that stand.

Run: python -m bench deadlines [--database postgresql|sqlite] [--rows 1000000] [--due 100000] [--workers 2]
Every due timer takes a lead from its owner: decisions, owner history, audit, messages and the pool's own timers. A tenth of
them is done by hand first, in the same database: three statements over 200 timers that only take the leads away. The
target is 60 s on PostgreSQL; CPU and the ratio to the hand-written statements do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import text

from bench.company import databases, hire, open_site, server_cpu
from bench.fill import BLOCK, fill, multiply
from fieldstone.base.lasting import settle_down
from fieldstone.changes.nouns import Change, Operation
from fieldstone.expressions.sqltypes import instant_text
from fieldstone.site import Site
from fieldstone.worker.timers import act_on_due_timers

TARGET = 60.0
AT_ONCE = 200
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
    _judge(site)
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


def _judge(site: Site) -> None:
    """Let the rules speak about every lead once, so that grade and points stand and only the deadline changes them."""
    with site.storage.connection() as connection:
        ids = connection.execute(text("SELECT id FROM o_lead ORDER BY id")).scalars().all()
    for begin in range(0, len(ids), AT_ONCE):
        changes = [
            Change("lead", Operation.UPDATE, {"job_title": "Buyer"}, record_id=one, trusted=True)
            for one in ids[begin : begin + AT_ONCE]
        ]
        outcomes = site.writes.submit(site.system_context("bench"), site.model, changes)
        assert not any(outcome.refused for outcome in outcomes)
    with site.storage.connection() as connection:
        connection.execute(text("DELETE FROM fs_timer"))


def _held(site: Site, instant: datetime) -> object:
    """Return an instant as the database holds it, for statements written by hand."""
    return instant if site.storage.dialect == "postgresql" else instant_text(instant)


@dataclass(frozen=True)
class Spent:
    """What settling some timers took."""

    timers: int
    began: float
    ended: float
    cpu: float

    def per_timer(self, server: float) -> float:
        """Return milliseconds of CPU, with those of the database, for one timer."""
        return (self.cpu + server) / max(1, self.timers) * 1000


def measured(settle: Callable[[], int]) -> Spent:
    """Call `settle` until nothing is due."""
    began, cpu, done = time.time(), time.process_time(), 0
    while more := settle():
        done += more
    return Spent(done, began, time.time(), time.process_time() - cpu)


def by_hand(site: Site, timers: int) -> Callable[[], int]:
    """Return what takes 200 leads away as a programmer would write it, nothing else, until `timers` are done."""
    left = [timers]
    lock = " FOR UPDATE SKIP LOCKED" if site.storage.dialect == "postgresql" else ""
    due = text(f"SELECT id, record FROM fs_timer WHERE due <= :now ORDER BY due, id LIMIT :n{lock}")
    take = text(
        "UPDATE o_lead SET owner = NULL, pool = 'public_pool', version = version + 1, updated_at = :now"
        " WHERE id = :id AND owner IS NOT NULL AND f_stage IN ('new', 'contacted')"
    )
    gone = text("DELETE FROM fs_timer WHERE id = :id")

    def settle() -> int:
        now = _held(site, site.clock())
        with site.storage.connection() as connection:
            found = connection.execute(due, {"now": now, "n": min(AT_ONCE, left[0])}).all()
            if found:
                connection.execute(take, [{"now": now, "id": record} for _, record in found])
                connection.execute(gone, [{"id": timer} for timer, _ in found])
        left[0] -= len(found)
        return len(found)

    return settle


def crew(url: str, folder: Path, workers: int) -> Spent:
    """Let worker processes settle what is due, as `fieldstone worker` does, and add up what they spent."""
    command = [sys.executable, "-m", "bench.deadlines", "--work", url, "--folder", str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(workers)]
    told = [Spent(**json.loads(one.communicate()[0].splitlines()[-1])) for one in running]
    return Spent(
        sum(one.timers for one in told),
        min(one.began for one in told),
        max(one.ended for one in told),
        sum(one.cpu for one in told),
    )


def _worker(url: str, folder: Path) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    site = open_site(url, folder)
    settle_down()
    print(json.dumps(asdict(measured(lambda: act_on_due_timers(site)))))


def _still_due(site: Site) -> int:
    """Return how many are left: workers count what they looked at, and two may look at the same."""
    with site.storage.looking() as connection:
        left = text("SELECT count(*) FROM fs_timer WHERE due <= :now AND rule = :rule")
        bound = {"now": _held(site, site.clock()), "rule": RULE}
        return int(connection.execute(left, bound).scalar_one())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        _worker(asked.work, asked.folder)
        return 0
    with databases(asked.database) as (url, folder, server):
        site = open_site(url, folder)
        hand = asked.due // 10
        prepare(site, asked.rows, asked.due + hand)
        before = server_cpu(server)
        floor = measured(by_hand(site, hand))
        between = server_cpu(server)
        ours = crew(url, folder, asked.workers)
        after = server_cpu(server)
        ours = replace(ours, timers=asked.due - _still_due(site))
        site.storage.close()
    took = ours.ended - ours.began
    cpu, least = ours.per_timer(after - between), floor.per_timer(between - before)
    idle = cpu * 100 / min(asked.workers, os.cpu_count() or 1)
    print(
        f"{asked.database}, {asked.rows:,} leads, {asked.workers} workers: {ours.timers:,} due timers settled in"
        f" {took:.1f} s ({ours.timers / took:,.0f} a second; load {os.getloadavg()[0]:.1f})"
    )
    print(
        f"CPU for one timer: {cpu:.2f} ms here ({ours.per_timer(0):.2f} ours, the rest the database's),"
        f" {least:.2f} ms by hand; ratio {cpu / least:.1f}"
    )
    print(
        f"100,000 on {os.cpu_count()} idle cores, by that CPU: {idle:.0f} s (target {TARGET:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
