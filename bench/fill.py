"""Fills a database with leads straight through storage: rows, search tokens, match keys, stage and owner history.

Run: python -m bench.fill FOLDER [--rows 1000000] [--url URL]. Rules are not run: the leads are as rules would
have left them. The first 10,000 are made one by one, and copied in SQL to make a million: copies have ids, numbers
and addresses of their own and the words of the first. What the bench of scale stands on; see bench/scale.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from sqlalchemy import text

from bench.company import Staff, hire, open_site
from bench.people import leads
from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import SYSTEM_ACTOR
from fieldstone.site import Site
from fieldstone.storage.counters import fs_ledger
from fieldstone.storage.journal import (
    JournalEntry,
    OwnerMove,
    StageMove,
    fs_owner_span,
    fs_stage_history,
)
from fieldstone.storage.upkeep import look_at_values

BLOCK = 10_000
BATCH = 5_000
DAYS = 730
STAGES = ("new", "new", "new", "contacted", "contacted", "qualified", "converted", "invalid")
KINDS = {"converted": "won", "invalid": "lost"}


def fill(site: Site, staff: Staff, first: int, last: int) -> None:
    """Add the leads numbered `first` to `last`, spread over two years up to now."""
    ctx = site.system_context("demo")
    tables = site.storage.use(site.model)
    rng = Random(first)
    rows = leads(last - first, seed=first)
    for begin in range(first, last, BATCH):
        size = min(BATCH, last - begin)
        batch = [
            _lead(next(rows), number, staff, rng, ctx.now) for number in range(begin, begin + size)
        ]
        with site.storage.transaction(tables, replace(ctx, actor=SYSTEM_ACTOR)) as transaction:
            transaction.insert("lead", batch)
            transaction.journal(list(_history(batch)))


def _lead(
    cells: tuple[str, ...], number: int, staff: Staff, rng: Random, now: datetime
) -> dict[str, object]:
    _, name, _, email, company, title, _, region, industry, urgency, employees, budget, need, *_ = (
        cells
    )
    stage = rng.choice(STAGES)
    created = now - timedelta(seconds=rng.randrange(60, DAYS * 86_400))
    owned = rng.random() < 0.7
    return {
        "id": new_id(),
        "external_id": f"F{number:08d}",
        "name": name,
        "mobile": f"+86139{number:08d}",
        "email": email or None,
        "company": company or None,
        "job_title": title or None,
        "channel": staff.channels[number % len(staff.channels)],
        "region": region or None,
        "industry": industry or None,
        "urgency": urgency,
        "employees": int(employees) if employees else None,
        "budget": Decimal(budget) if budget else None,
        "need": need or None,
        "completeness": Decimal("0.5"),
        "grade": rng.choice(("good", "medium", "poor")),
        "score": rng.randrange(0, 101),
        "returns": 0,
        "stage": stage,
        "stage_entered_at": created,
        "owner": rng.choice(staff.sellers) if owned else None,
        "owned_at": created if owned else None,
        "pool": None if owned else "public_pool",
        "created_at": created,
        "updated_at": created,
    }


def _history(batch: list[dict[str, object]]) -> Iterator[JournalEntry]:
    for row in batch:
        at, owner, pool = row["created_at"], row["owner"], row["pool"]
        stage = str(row["stage"])
        assert isinstance(at, datetime)
        who = None if owner is None else str(owner)
        yield JournalEntry(
            "lead",
            str(row["id"]),
            "create",
            1,
            {"name": (None, row["name"]), "mobile": (None, row["mobile"]), "stage": (None, stage)},
            stages=(StageMove("standard", stage, KINDS.get(stage, "open"), at, owner=who),),
            owner=OwnerMove(who, None if pool is None else str(pool), at, ends=False),
            at=at,
        )


def multiply(site: Site, block: int, copies: int) -> None:
    """Copy the `block` leads that `fill` made `copies` times; ids of copies begin with their number."""
    for copy in range(1, copies + 1):
        with site.storage.connection() as connection:
            for statement in _copying(site, f"{copy:04x}", copy, copy * block):
                connection.execute(text(statement))
    with site.storage.connection() as connection:
        if site.storage.dialect == "sqlite":
            look_at_values(connection)  # a worker does so every hour
        else:
            connection.execute(text("ANALYZE"))  # a server in use does so by itself


def _copying(site: Site, prefix: str, copy: int, offset: int) -> Iterator[str]:
    """Yield the statements that copy every table a lead stands in."""
    held = site.storage.use(site.model)["lead"]
    own = f"'{prefix}' || substr({{}}, 5)"
    made = {
        "id": own.format("id"),
        "f_mobile": f"'+' || (CAST(substr(f_mobile, 2) AS BIGINT) + {offset})",
        "f_email": f"'{copy}.' || f_email",
        "f_external_id": f"f_external_id || '-{copy}'",
        "seq": f"seq + {offset}",
    }
    names = [column.name for column in held.table.c]
    yield _copied("o_lead", names, made, "id >= '0100'")
    if held.index is not None:
        yield (
            f"INSERT INTO o_lead_fts(rowid, tok) SELECT l.seq + {offset}, w.tok FROM o_lead l "
            "JOIN o_lead_fts w ON w.rowid = l.seq WHERE l.id >= '0100'"
        )
    value = f"CASE key WHEN 'phone:mobile' THEN CAST(CAST(value AS BIGINT) + {offset} AS TEXT) "
    value += f"WHEN 'email:email' THEN '{copy}.' || value ELSE value || '{copy}' END"
    key = {"record": own.format("record"), "value": value}
    yield _copied("fs_match_key", ["object", "record", "key", "value"], key, "record >= '0100'")
    ours = {"id": own.format("id"), "record": own.format("record")}
    for table in (fs_stage_history, fs_owner_span, fs_ledger):
        columns = [column.name for column in table.c]
        yield _copied(table.name, columns, ours, "object = 'lead' AND record >= '0100'")


def _copied(table: str, names: list[str], made: dict[str, str], which: str) -> str:
    taken = ", ".join(made.get(name, name) for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {taken} FROM {table} WHERE {which}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    site = open_site(asked.url or f"sqlite:///{asked.folder / 'bench.db'}", asked.folder)
    begun = time.perf_counter()
    fill(site, hire(site), 0, BLOCK)
    multiply(site, BLOCK, asked.rows // BLOCK - 1)
    print(f"{asked.rows:,} leads in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
