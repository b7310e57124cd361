"""Prints how much longer things take beside a million leads than beside ten thousand, in one run.

Run: python -m bench.scale [--database sqlite|postgresql] [--rows 1000000] [--rounds 15]
     python -m bench.scale --small FOLDER --large FOLDER   with databases that bench.fill has made
Both databases are asked in turn and the cheapest answer counts, in CPU time of the process and of the database, so that what else the
machine does weighs little; the last column is the fastest answer by the clock. Linux only: it reads /proc. The targets: get, list and create grow by less than 1.5; a list and
a record page take under 60 ms of server time.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import text

from bench.company import Staff, databases, hire, open_site
from bench.fill import BLOCK, fill, multiply
from fieldstone.base.lasting import settle_down
from fieldstone.bootstrap import build_web
from fieldstone.site import Site
from fieldstone.web.asking import COOKIE

VIEWS = ("mine", "all", "hot", "unworked")
SHOWN = 20  # ids that get and the record page take in turn
SLOW, LIMIT = 60.0, 1.5


@dataclass
class Place:
    """One site with its leads, and the browsers of two people."""

    site: Site
    admin: FlaskClient
    seller: FlaskClient
    token: dict[str, str]
    csrf: str
    channel: str
    ids: list[str]
    made: int = 0


def open_place(url: str, folder: Path, rows: int) -> Place:
    """Return a site that holds `rows` leads; they are made unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    site = open_site(url, folder)
    staff = _staff_there(site) or _filled(site, rows)
    app = build_web(site)
    now = site.clock()
    clients, csrf = [], ""
    for person in (staff.admin, staff.sellers[0]):
        opened = site.identity.open_session(person, "127.0.0.1", "bench", now)
        client = app.test_client()
        client.set_cookie(COOKIE, opened.cookie)
        clients.append(client)
        csrf = csrf or opened.csrf
    secret = site.identity.make_token(staff.admin, "bench", now)
    with site.storage.looking() as connection:
        asked = text("SELECT id FROM o_lead WHERE owner = :owner ORDER BY id DESC LIMIT :n")
        ids = connection.execute(asked, {"owner": staff.sellers[0], "n": SHOWN}).scalars().all()
    token = {"Authorization": f"Bearer {secret}"}
    return Place(site, clients[0], clients[1], token, csrf, staff.channels[0], list(ids))


def _filled(site: Site, rows: int) -> Staff:
    staff = hire(site)
    fill(site, staff, 0, min(rows, BLOCK))
    multiply(site, BLOCK, rows // BLOCK - 1)
    return staff


def _staff_there(site: Site) -> Staff | None:
    with site.storage.looking() as connection:

        def ids(where: str, table: str = "o_user", name: str = "f_email") -> tuple[str, ...]:
            asked = text(f"SELECT id FROM {table} WHERE {name} LIKE :like ORDER BY id")
            return tuple(connection.execute(asked, {"like": where}).scalars())

        admin = ids("admin@%")
        if not admin:
            return None
        channels = ids("%", "o_channel", "f_code")
        return Staff(admin[0], ids("lead-%"), ids("seller%"), channels)


def _created(place: Place) -> int:
    place.made += 1
    stamp = f"{time.time_ns()}"
    values = {
        "name": f"王小{stamp[-4:]}",
        "mobile": f"137{stamp[-11:-3]}",
        "company": f"新客户{stamp[-9:]}有限公司",
        "channel": place.channel,
        "region": "north",
        "budget": "120000",
    }
    answer = place.admin.post("/api/v1/lead", json=values, headers=place.token)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.status_code


def _turn(ids: list[str]) -> str:
    ids.append(ids.pop(0))
    return ids[-1]


Deed = Callable[[Place], int]


def _deeds() -> dict[str, Deed]:
    def api(path: str) -> Deed:
        return lambda place: place.admin.get(f"/api/v1/lead{path}", headers=place.token).status_code

    def page(path: str, who: str = "admin") -> Deed:
        return lambda place: getattr(place, who).get(path).status_code

    return {
        "get": lambda place: (
            place.admin.get(f"/api/v1/lead/{_turn(place.ids)}", headers=place.token).status_code
        ),
        "list": api("?limit=50"),
        "list, filter and sort": api("?filter=stage=='new' and score>=60&sort=-created_at"),
        "list, two characters": api("?q=李浩"),
        "create with rules": _created,
        **{f"page: {view}": page(f"/o/lead?view={view}") for view in VIEWS},
        "page: mine, a seller's": page("/o/lead?view=mine", "seller"),
        "page: all, a seller's": page("/o/lead?view=all", "seller"),
        "page: text search": page("/o/lead?q=李浩"),
        "page: totals of a list": page("/o/lead/totals?view=all"),
        "page: board": page("/o/lead/board"),
        "page: board, a seller's": page("/o/lead/board", "seller"),
        "page: pool": page("/pools/public_pool"),
        "page: home": page("/"),
        "page: record": lambda place: place.admin.get(f"/o/lead/{_turn(place.ids)}").status_code,
        "page: record, a seller's": lambda place: (
            place.seller.get(f"/o/lead/{_turn(place.ids)}").status_code
        ),
    }


def measure(small: Place, large: Place, rounds: int) -> None:
    """Print the cheapest of each deed at both places, and the ratio."""
    print(f"{'':28} {'small':>9} {'large':>9} {'ratio':>7} {'by clock':>9}")
    for name, deed in _deeds().items():
        taken: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
        for turn in range(rounds + 2):
            for at, place in enumerate((small, large)):
                spent = _spent(deed, place, name)
                if turn >= 2:  # the first ones fill caches
                    taken[at].append(spent)
        (few, _), (many, clock) = (map(min, zip(*taken[at], strict=True)) for at in (0, 1))
        late = "  slow" if name.startswith("page") and many > SLOW else ""
        grown = "  grows" if many / few > LIMIT else ""
        told = f"{few:6.1f} ms {many:6.1f} ms {many / few:6.2f} {clock:6.1f} ms"
        print(f"{name:28} {told}{late}{grown}", flush=True)


def _spent(deed: Deed, place: Place, name: str) -> tuple[float, float]:
    """Return the milliseconds of CPU, the database's among them, and those by the clock that a deed takes."""
    backends = _backends(place.site)
    database, here, begun = sum(map(_ran, backends)), time.process_time(), time.perf_counter()
    status = deed(place)
    clock, here = time.perf_counter() - begun, time.process_time() - here
    if status not in (200, 201):
        raise SystemExit(f"{name}: {status}")
    return here * 1000 + (sum(map(_ran, backends)) - database) / 1e6, clock * 1000


def _backends(site: Site) -> list[int]:
    """Return the processes of the database that work for its connections; what cleans up behind them is left out."""
    if site.storage.dialect == "sqlite":
        return []
    asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    with site.storage.looking() as connection:
        return list(connection.execute(text(asked)).scalars())


def _ran(process: int) -> int:
    """Return the nanoseconds that a process has been on a CPU, 0 once it is gone."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])
    except OSError:
        return 0


@contextlib.contextmanager
def _places(asked: argparse.Namespace, which: str) -> Iterator[tuple[Place, Place]]:
    if asked.small:
        found = [
            open_place((one / "url").read_text() if (one / "url").exists()
                       else f"sqlite:///{one / 'bench.db'}", one, BLOCK)
            for one in (asked.small, asked.large)
        ]  # fmt: skip
        yield found[0], found[1]
        return
    with databases(which) as (few, folder, _), databases(which) as (many, other, _):
        yield open_place(few, folder, BLOCK), open_place(many, other, asked.rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--small", type=Path)
    parser.add_argument("--large", type=Path)
    asked = parser.parse_args()
    for which in asked.database or ("sqlite", "postgresql"):
        with _places(asked, which) as (small, large):
            settle_down()  # as the server does
            print(
                f"{'' if asked.small else which} {BLOCK:,} and {asked.rows:,} leads, cheapest of {asked.rounds}"
            )
            measure(small, large, asked.rounds)
        if asked.small:
            return


if __name__ == "__main__":
    main()
