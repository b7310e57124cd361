"""The ground that requests are measured on: a database with many leads, its people and a token."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench.floor_database import rows_of
from fieldstone import bootstrap
from fieldstone.base.ids import new_id
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.site import Site
from fieldstone.storage.upkeep import look_at_values

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
STAGES = ("new", "contacted", "qualified", "converted", "invalid")
INDUSTRIES = ("manufacturing", "it", "retail")
REGIONS = {"north": "beijing", "east": "shanghai", "south": "shenzhen"}
BATCH = 1000


@dataclass(frozen=True)
class Ground:
    """What the servers and the loader need to know; written to a file for the server processes."""

    url: str
    token: str
    channel: str
    ids: tuple[str, ...]
    folder: str

    def write(self) -> Path:
        """Return the file that says it."""
        path = Path(self.folder) / "ground.json"
        path.write_text(json.dumps(self.__dict__))
        return path

    def settings(self) -> Settings:
        """Return the settings of the site that is measured."""
        return Settings(
            Path(self.folder),
            database_url=self.url,
            secret_key="bench" * 8,
            requests_per_minute=10**9,
        )


def read_ground(path: str) -> Ground:
    """Return what `write` wrote."""
    return Ground(**json.loads(Path(path).read_text()))


def make_ground(url: str, leads: int) -> Ground:
    """Fill the empty database at `url`: eight sales people in two teams, four channels, and the leads."""
    folder = tempfile.mkdtemp(prefix="fieldstone-bench-")
    ground = Ground(url, "", "", (), folder)
    site = bootstrap.build_site(ground.settings())
    people, channels = _company(site)
    ids: list[str] = []
    chance = random.Random(7)
    while len(ids) < leads:
        count = min(BATCH, leads - len(ids))
        ids += _load(site, [_lead(len(ids) + at, people, channels, chance) for at in range(count)])
    # A server in use does so by itself, a worker on SQLite every hour. Left to PostgreSQL it would fall into what is measured.
    if site.storage.dialect == "sqlite":
        with site.storage.connection() as connection:
            look_at_values(connection)
    else:
        rows_of(url).do("VACUUM (ANALYZE)", ())
    token = site.identity.make_token(_integrator(site), "bench", site.clock())
    site.storage.close()
    chosen = tuple(chance.sample(ids, min(2000, len(ids))))
    return replace(ground, token=token, channel=channels[0], ids=chosen)


def _made(site: Site, object_name: str, **values: object) -> str:
    ctx = site.system_context("bench")
    (outcome,) = site.writes.submit(
        ctx, site.model, [Change(object_name, Operation.CREATE, values)]
    )
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def _company(site: Site) -> tuple[list[str], list[str]]:
    teams = [
        _made(site, "team", name=region, code=region, region=region) for region in ("north", "east")
    ]
    people = [
        _made(
            site,
            "user",
            name=f"Seller {at}",
            email=f"seller{at}@example.com",
            roles=["sales"],
            team=teams[at % 2],
            region=("north", "east")[at % 2],
        )
        for at in range(8)
    ]
    kinds = ("own", "paid", "partner", "event")
    channels = []
    for at, kind in enumerate(kinds):
        options = getattr(site.model.objects["channel"].fields["kind"].type, "options", {})
        chosen = kind if kind in options else next(iter(options))
        channels.append(_made(site, "channel", name=f"Channel {at}", code=f"c{at}", kind=chosen))
    return people, channels


def _integrator(site: Site) -> str:
    return _made(site, "user", name="Program", email="program@example.com", roles=["integrator"])


def _lead(
    at: int, people: list[str], channels: list[str], chance: random.Random
) -> dict[str, object]:
    """Return a stored row."""
    made = BEGAN + timedelta(minutes=5 * at)
    region = chance.choice(list(REGIONS))
    return {
        "id": new_id(),
        "name": f"李{at:06d}",
        "mobile": f"+8613{at:09d}",
        "email": f"person{at}@company{at % 5000}.example.cn",
        "company": f"第{at % 5000}号科技有限公司",
        "job_title": "采购经理",
        "channel": chance.choice(channels),
        "urgency": "normal",
        "region": region,
        "city": REGIONS[region],
        "employees": at % 900,
        "budget": Decimal(at % 500_000).quantize(Decimal("0.01")),
        "need": "We look for a system for our sales team of twenty people.",
        "tags": ["web", "q3"],
        "grade": "good",
        "score": at % 100,
        "returns": 0,
        "calls": 0,
        "completeness": Decimal(1),
        "stage": STAGES[at % len(STAGES)],
        "owner": chance.choice(people),
        "owned_at": made,
        "stage_entered_at": made,
        "created_at": made,
        "updated_at": made,
    }


def _load(site: Site, rows: list[dict[str, object]]) -> Iterator[str]:
    """Write rows past the rules, as only a benchmark may."""
    tables = site.storage.use(site.model)
    with site.storage.transaction(tables, site.system_context("bench")) as transaction:
        transaction.insert("lead", rows)
    return iter([str(row["id"]) for row in rows])
