"""A company for benchmarks: a folder with a config, a database, people in teams, channels; the same every time."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from fieldstone.base.settings import load_settings
from fieldstone.bootstrap import build_site
from fieldstone.changes.nouns import Change, Operation
from fieldstone.site import Site
from tests.services.postgres import SETTINGS, PostgresServer

TEAMS = ("north", "east", "south")
CHANNELS = ("own", "paid", "free", "other")
SELLERS = 30
PASSWORD = "bench-password"


@dataclass(frozen=True)
class Staff:
    """Ids of who and what the leads refer to."""

    admin: str
    managers: tuple[str, ...]
    sellers: tuple[str, ...]
    channels: tuple[str, ...]


@contextlib.contextmanager
def databases(which: str) -> Iterator[tuple[str, Path, int | None]]:
    """Yield the URL of an empty database, a folder to work in, and the PostgreSQL server's process."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-bench-") as name:
        folder = Path(name)
        if which == "sqlite":
            yield f"sqlite:///{folder / 'bench.db'}", folder, None
            return
        server = PostgresServer(
            settings={**SETTINGS, "shared_buffers": "256MB", "max_wal_size": "4GB"}
        )
        server.start()
        try:
            yield server.url(server.empty_database()), folder, server.pid
        finally:
            server.remove()


def server_cpu(pid: int | None) -> float:
    """Return the seconds of CPU of the database server, with those of connections that are closed."""
    if pid is None:
        return 0.0
    server = psutil.Process(pid)
    ended = server.cpu_times()
    times = [ended, *(child.cpu_times() for child in server.children())]
    alive = sum(one.user + one.system for one in times)
    return alive + float(ended.children_user + ended.children_system)


def open_site(url: str, folder: Path) -> Site:
    """Return a site of the shipped core on this database."""
    (folder / "config.yaml").write_text(
        f"database: {{url: '{url}'}}\nsecret_key: {'k' * 32}\n", encoding="utf-8"
    )
    return build_site(load_settings(folder))


def hire(site: Site) -> Staff:
    """Make departments, teams, people and channels."""
    departments = {team: _make(site, "department", name=team.capitalize()) for team in TEAMS}
    teams = {team: _make(site, "team", name=team.capitalize(), code=team) for team in TEAMS}
    admin = _person(site, "admin", ["admin"])
    managers = [
        _person(site, f"lead-{team}", ["sales_manager"], department=departments[team])
        for team in TEAMS
    ]
    sellers = []
    for place in range(SELLERS):
        team = TEAMS[place % len(TEAMS)]
        sellers.append(
            _person(
                site,
                f"seller{place}",
                ["sales"],
                department=departments[team],
                team=teams[team],
                manager=managers[place % len(TEAMS)],
            )
        )
    channels = [
        _make(site, "channel", name=code.capitalize(), code=code, kind=code) for code in CHANNELS
    ]
    return Staff(admin, tuple(managers), tuple(sellers), tuple(channels))


def _person(site: Site, name: str, roles: list[str], **values: object) -> str:
    person = _make(
        site, "user", name=name, email=f"{name}@example.com", roles=roles, active=True, **values
    )
    if name == "admin":
        site.identity.set_password(person, PASSWORD, site.clock())
    return person


def _make(site: Site, object_name: str, **values: object) -> str:
    ctx = site.system_context("demo")
    change = Change(object_name, Operation.CREATE, values)
    (outcome,) = site.writes.submit(ctx, site.model, [change], atomic=True)
    return str(outcome.record_id)
