"""Prints how long a funnel over a million leads takes beside the same question in SQL written by hand.

Run: python -m bench.funnel [--database sqlite|postgresql] [--rows 1000000] [--rounds 7]
All are asked in turn and the fastest answers count. The target: at most 1.3 times the statement by hand.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy import text

from bench.company import databases, hire, open_site
from fieldstone.changes.nouns import SYSTEM_ACTOR, Context
from fieldstone.reads.query import Query
from fieldstone.site import Site
from fieldstone.storage.upkeep import look_at_values

STAGES = ("new", "contacted", "qualified", "converted")
DAYS = 730
LIMIT = 1.3
PLACE = (
    "CASE h.stage WHEN 'new' THEN 0 WHEN 'contacted' THEN 1 WHEN 'qualified' THEN 2"
    " WHEN 'converted' THEN 3 ELSE -1 END"
)
JOINED = (
    f"SELECT place, count(*) FROM (SELECT h.record, max({PLACE}) AS place FROM fs_stage_history h"
    " JOIN o_lead l ON l.id = h.record WHERE h.object = 'lead' AND l.deleted_at IS NULL{when}"
    " GROUP BY h.record) far GROUP BY place"
)

WITHIN = (
    f"SELECT place, count(*) FROM (SELECT h.record, max({PLACE}) AS place FROM fs_stage_history h"
    " WHERE h.object = 'lead' AND h.record IN"
    " (SELECT l.id FROM o_lead l WHERE l.deleted_at IS NULL{when}) GROUP BY h.record) far GROUP BY place"
)
# Which of the two is the faster depends on the database: the better one counts.
BY_HAND = (JOINED, WITHIN)


def fill(site: Site, rows: int) -> None:
    """Write leads and the stages they went through, by SQL: 100, 60, 30 and 12 in a hundred reach each."""
    staff, now = hire(site), site.clock()
    sqlite = site.storage.dialect == "sqlite"
    numbers = (
        f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) SELECT n FROM c) x"
        if sqlite
        else f"generate_series(1, {rows}) x(n)"
    )
    digits = "printf('%012d', n)" if sqlite else "lpad(n::text, 12, '0')"
    record, at = f"'01900000-0000-7000-8000-' || {digits}", _moment(sqlite, now, "n")
    lead = {"name": f"'Lead ' || {digits}", "channel": f"'{staff.channels[0]}'", "version": "1"}
    lead |= {"id": record, "owner": f"'{staff.sellers[0]}'", "stage": "'new'"}
    lead |= dict.fromkeys(("created_at", "updated_at", "stage_entered_at"), at)
    held = site.storage.use(site.model)["lead"].columns
    with site.storage.connection() as connection:
        if not sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(_made("o_lead", {held[c].name: lead[c] for c in lead}, numbers)))
        for place, (stage, share) in enumerate(zip(STAGES, (100, 60, 30, 12), strict=True)):
            span = {"id": f"'0190000{place + 1}-0000-7000-8000-' || {digits}", "record": record}
            span |= {"object": "'lead'", "pipeline": "'standard'", "stage": f"'{stage}'"}
            span |= {"kind": "'open'", "entered_at": at}
            some = f"{numbers} WHERE n * 37 % 100 < {share}"
            connection.execute(text(_made("fs_stage_history", span, some)))
        if sqlite:
            look_at_values(connection)
    if not sqlite:
        with site.storage.connection() as connection:
            connection.execute(text("ANALYZE"))


def _made(table: str, columns: Mapping[str, str], numbers: str) -> str:
    """Return the statement that makes a row for each number `n`."""
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {numbers}"


def _moment(sqlite: bool, now: object, number: str) -> str:
    """Return SQL for an instant within the last two years, as the database holds it."""
    day = f"({number} % {DAYS} * 7919 % {DAYS})"
    if sqlite:
        return f"strftime('%Y-%m-%dT%H:%M:%S.000000Z', '{now:%Y-%m-%d %H:%M:%S}', '-' || {day} || ' days')"
    return f"timestamptz '{now:%Y-%m-%d %H:%M:%S}+00' - {day} * interval '1 day'"


def measure(site: Site, rounds: int) -> float:
    """Print both for all time and for a year; return the greatest ratio."""
    now = site.clock()
    ctx = Context(SYSTEM_ACTOR, now, "bench")
    first = (now - timedelta(days=365)).date()
    instant = (
        f"'{first}T00:00:00.000000Z'"
        if site.storage.dialect == "sqlite"
        else f"timestamptz '{first} 00:00:00+00'"
    )
    cases = {
        "all time": (None, ""),
        "a year": (f"created_at >= '{first}'", f" AND l.created_at >= {instant}"),
    }
    worst = 0.0
    for name, (condition, when) in cases.items():
        statements = [text(one.format(when=when)) for one in BY_HAND]

        def ours(condition: str | None = condition) -> list[int]:
            return site.reads.reached(ctx, site.model, "lead", Query(filter=condition), STAGES)

        def by_hand(statement: object) -> list[int]:
            with site.storage.looking() as connection:
                found = dict(tuple(row) for row in connection.execute(statement))  # type: ignore[call-overload]
            return [sum(n for at, n in found.items() if at >= place) for place in range(4)]

        if ours() != by_hand(statements[0]):  # a fast wrong answer is none
            raise SystemExit(f"{name}: {ours()} is not {by_hand(statements[0])}")
        deeds = [partial(by_hand, one) for one in statements]
        *hands, many = _fastest((*deeds, ours), rounds)
        few = min(hands)
        worst = max(worst, many / few)
        told = "  over" if many / few > LIMIT else ""
        print(
            f"{name:10} by hand {few:7.0f} ms  ours {many:7.0f} ms  {many / few:5.2f}{told}",
            flush=True,
        )
    return worst


def _fastest(deeds: tuple[Callable[[], object], ...], rounds: int) -> list[float]:
    taken: list[list[float]] = [[] for _ in deeds]
    for _ in range(rounds):
        for place, deed in enumerate(deeds):
            begun = time.perf_counter()
            deed()
            taken[place].append((time.perf_counter() - begun) * 1000)
    return [min(one) for one in taken]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    failed = False
    for which in asked.database or ("sqlite", "postgresql"):
        with databases(which) as (url, folder, _):
            site = open_site(url, folder)
            fill(site, asked.rows)
            print(f"{which}, {asked.rows:,} leads, fastest of {asked.rounds}", flush=True)
            failed |= measure(site, asked.rounds) > LIMIT
            site.storage.close()
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
