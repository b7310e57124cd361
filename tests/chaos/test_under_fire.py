"""Fifty people and two thousand leads over HTTP, from eight programs, while web, workers, Redis and PostgreSQL are killed.

Afterwards no law is broken, what was answered is there once, and what was refused left nothing. FIELDSTONE_CHAOS=10
lets every program ask ten times as much.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldstone import bootstrap
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.evolution.apply import Wish
from fieldstone.site import Site
from fieldstone.worker.turns import work_until_idle
from tests.chaos.laws import Limits
from tests.chaos.town import SECRET, Town, a_town, bad_news, crowd_of
from tests.chaos.verdict import Heard, wrong
from tests.invariants import breaches
from tests.services.ports import wait_until
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer

CLIENTS, PEOPLE, LEADS, AT_ONCE = 8, 50, 2_000, 500
REQUESTS = 40 * int(os.environ.get("FIELDSTONE_CHAOS", "1"))
CLAIMS_PER_DAY, HOLDING = 4, 27
PROCESSES = ("web1", "web2", "worker1", "worker2", "scheduler1")
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Ground:
    """What there is before anybody asks for anything."""

    people: Mapping[str, str]
    tokens: Mapping[str, str]
    leads: Sequence[str]
    channel: str

    def plan(self, seed: int, ports: Sequence[int], folder: Path) -> dict[str, Any]:
        sales = [name for name in self.people if name.startswith("seller")]
        return {
            "seed": seed,
            "ports": ports,
            "requests": REQUESTS,
            "told": str(folder / f"told{seed}.jsonl"),
            "channel": self.channel,
            "people": dict(self.people),
            "tokens": dict(self.tokens),
            "sales": sales,
            "bosses": [name for name in self.people if name not in sales],
            "leads": list(self.leads),
        }


def a_site(town: Town) -> Site:
    return bootstrap.build_site(Settings(town.folder, town.database_url, secret_key=SECRET))


def prepared(town: Town) -> Ground:
    """Found the company: limits that are reached, fifty people, half of the leads in hand and half in the pool."""
    site = a_site(town)
    _narrow(site)
    channel = _made(site, "channel", [{"name": "Website", "code": "website", "kind": "own"}])[0]
    north = _made(site, "team", [{"name": "North", "code": "north", "region": "north"}])[0]
    names = [*(f"boss{n}" for n in range(5)), *(f"seller{n}" for n in range(PEOPLE - 5))]
    rows = [
        {
            "name": name,
            "email": f"{name}@example.com",
            "roles": ["admin" if name.startswith("boss") else "sales"],
            "team": north,
        }
        for name in names
    ]
    people = dict(zip(names, _made(site, "user", rows), strict=True))
    sellers = [people[name] for name in names if name.startswith("seller")]
    leads = [
        {
            "name": f"Lead {n}",
            "mobile": f"139{n:08}",
            "channel": channel,
            "owner": sellers[n % len(sellers)] if n % 2 else None,
            "pool": None if n % 2 else "public_pool",
        }
        for n in range(LEADS)
    ]
    ids: list[str] = []
    for start in range(0, LEADS, AT_ONCE):
        ids += _made(site, "lead", leads[start : start + AT_ONCE])
    now = site.clock()
    tokens = {name: site.identity.make_token(one, "fire", now) for name, one in people.items()}
    site.storage.close()
    return Ground(people, tokens, ids, channel)


def _narrow(site: Site) -> None:
    assert site.changing is not None
    ctx = site.system_context("test")
    documents = site.changing.current(ctx)[1]
    for path, value in (
        ("rules.lead_claim.per_day", CLAIMS_PER_DAY),
        ("rules.lead_claim.ranking", None),
        ("rules.lead_holding.limits", [{"all": True, "most": HOLDING}]),
    ):
        documents = documents.with_value(path.split("."), value)
    site.changing.apply(ctx, site.changing.plan(ctx, documents), Wish("narrow", second_word=True))


def _made(site: Site, object_name: str, rows: Sequence[Mapping[str, object]]) -> list[str]:
    changes = [Change(object_name, Operation.CREATE, row, trusted=True) for row in rows]
    outcomes = site.writes.submit(site.system_context("import"), site.model, changes)
    assert not [one.problems for one in outcomes if one.problems]
    return [str(one.record_id) for one in outcomes]


def told(folder: Path) -> list[Line]:
    """Return what all clients were told so far, whole lines only."""
    found = []
    for file in sorted(folder.glob("told*.jsonl")):
        found += [
            json.loads(line)
            for line in file.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]
    return found


def misfortunes(
    town: Town, postgres: PostgresServer, redis: RedisServer
) -> list[Callable[[], None]]:
    """Return what happens, one after the other, while the clients work."""

    def restart(name: str) -> None:
        town.kill(name)
        town.start(name)

    return [
        lambda: restart("web1"),
        lambda: restart("worker1"),
        redis.restart,
        lambda: town.kill_a_child("web2"),
        postgres.restart,
        lambda: restart("worker2"),
        postgres.restart,
    ]


def test_nothing_answered_is_lost_or_done_twice_whatever_is_killed(
    postgres_server: PostgresServer,
    postgres_url: str,
    redis_server: RedisServer,
    redis_url: str,
    tmp_path: Path,
) -> None:
    with a_town(tmp_path, postgres_url, redis_url) as town:
        ground = prepared(town)
        for name in PROCESSES:
            town.start(name)
        assert town.up()
        ports = list(town.ports.values())
        clients = [town.client(ground.plan(n, ports, tmp_path)) for n in range(CLIENTS)]
        with crowd_of(clients):
            strike(misfortunes(town, postgres_server, redis_server), tmp_path)
            assert wait_until(lambda: all(one.poll() is not None for one in clients), seconds=600)
        town.end()
        lines = told(tmp_path)
        assert bad_news(tmp_path) == []
        assert len(lines) == CLIENTS * REQUESTS
        assert {line["status"] for line in lines} <= {200, 201, 403, 404, 409, 422}

        site = a_site(town)
        with closing(site.storage):
            work_until_idle(site, seconds=60)
            limits = Limits(per_day=CLAIMS_PER_DAY, holding=HOLDING)
            assert wrong(site, Heard(lines, ground.people, limits)) == []
            assert breaches(site.storage, site.model) == []


def strike(blows: Sequence[Callable[[], None]], folder: Path) -> None:
    """Let one thing after the other happen, each when so many requests more were answered."""
    apart = CLIENTS * REQUESTS // (len(blows) + 1)
    for place, blow in enumerate(blows, start=1):
        assert wait_until(lambda place=place: len(told(folder)) >= place * apart, seconds=240)  # type: ignore[misc]
        blow()
