"""Adds a field to an object of many rows while others read and write: python -m bench.live_change --rows 1000000 --database URL.

Prints when the field was in force in another process, and how long the slowest request waited meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from fieldstone import bootstrap
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.evolution.apply import Wish
from fieldstone.reads.query import Query
from fieldstone.site import Site

IN_FORCE, LONGEST_WAIT = 2.0, 0.5
CHUNK = 50_000


@dataclass
class Load:
    """Readers and writers that note how long each of their requests took, and what failed."""

    site: Site
    ids: list[str]
    waits: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, write: bool) -> None:
        """Work until it is told to stop."""
        place = 0
        while not self.stopping.is_set():
            place += 1
            began = time.perf_counter()
            try:
                self._write(place) if write else self._read(place)
            except Exception as error:  # noqa: BLE001 - counted, whatever it is
                self.failed.append(repr(error)[:200])
            self.waits.append(time.perf_counter() - began)
            self.stopping.wait(0.005)

    def _read(self, place: int) -> None:
        ctx = self.site.system_context("bench")
        query = Query(limit=20, sort=(("created_at", True),))
        self.site.reads.list(ctx, self.site.model, "customer", query)

    def _write(self, place: int) -> None:
        ctx = self.site.system_context("bench")
        record = self.ids[place % len(self.ids)]
        change = Change("customer", Operation.UPDATE, {"name": f"Changed {place}"}, record)
        (outcome,) = self.site.writes.submit(ctx, self.site.model, [change])
        if outcome.refused:
            self.failed.append(str(outcome.problems))


def fill(site: Site, rows: int) -> list[str]:
    """Make customers straight in the table and return a few of their ids."""
    held = site.storage.use(site.model)["customer"]
    now = site.clock()
    for start in range(0, rows, CHUNK):
        values = [
            {
                "id": f"{n:08x}-0000-7000-8000-000000000000",
                "version": 1,
                held.columns["name"].name: f"Customer {n}",
                "created_at": now,
                "updated_at": now,
            }
            for n in range(start, min(start + CHUNK, rows))
        ]
        with site.storage.connection() as connection:
            connection.execute(held.table.insert(), values)
    with site.storage.connection() as connection:
        connection.execute(text("ANALYZE"))
    return [f"{n:08x}-0000-7000-8000-000000000000" for n in range(0, rows, max(rows // 200, 1))]


def measure(url: str, rows: int) -> tuple[float, float, int, list[str]]:
    """Return seconds until in force elsewhere, the longest wait, how many requests there were, and what failed."""
    folder = Path(tempfile.mkdtemp())
    settings = Settings(folder, url or f"sqlite:///{folder / 'bench.db'}", secret_key="k" * 32)
    one, other = bootstrap.build_site(settings), bootstrap.build_site(settings)
    load = Load(other, fill(one, rows))
    threads = [threading.Thread(target=load.run, args=(place % 2 == 0,)) for place in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    if one.changing is None:
        raise TypeError("the site follows no revisions")
    ctx = one.system_context("bench")
    before = len(load.waits)
    began = time.perf_counter()
    documents = one.changing.current(ctx)[1].with_value(
        ("objects", "customer", "fields", "shoe_size"), {"type": "integer"}
    )
    one.changing.apply(ctx, one.changing.plan(ctx, documents), Wish("a bench"))
    while "shoe_size" not in other.model.objects["customer"].fields:
        time.sleep(0.01)
    taken = time.perf_counter() - began
    time.sleep(1.0)
    load.stopping.set()
    for thread in threads:
        thread.join()
    waits = load.waits[before:]
    one.storage.close()
    other.storage.close()
    return taken, max(waits), len(waits), load.failed


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", default="", help="an empty database; SQLite when left out")
    given = parser.parse_args()
    taken, longest, count, failed = measure(given.database, given.rows)
    print(f"{given.rows:,} rows: in force everywhere after {taken:.2f} s (target {IN_FORCE})")
    print(f"{count} requests meanwhile, the slowest {longest * 1000:.0f} ms (target {LONGEST_WAIT * 1000:.0f}), {len(failed)} failed")  # fmt: skip
    for said in failed[:5]:
        print(f"  {said}", file=sys.stderr)
    return int(taken > IN_FORCE or longest > LONGEST_WAIT or bool(failed))


if __name__ == "__main__":
    sys.exit(main())
