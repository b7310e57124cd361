"""The served process is killed while it writes: what was answered is there, what was not is whole or nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from fieldstone import bootstrap
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.query import Query
from fieldstone.site import Site
from tests.invariants import breaches
from tests.services.ports import free_port, wait_until

WRITERS = 6
KILLS = 2
SECRET = "5" * 64
SOURCE = Path(__file__).resolve().parents[2] / "platform"


class Ledger:
    """What each writer asked for, and what it was told: True (done), False (refused), None (no answer)."""

    def __init__(self) -> None:
        self.told: dict[str, bool | None] = {}
        self.lock = threading.Lock()

    def note(self, key: str, told: bool | None) -> None:
        """Remember the last word on a request."""
        with self.lock:
            self.told[key] = told

    def keys(self, told: bool | None) -> set[str]:
        """Return the requests that got this word."""
        with self.lock:
            return {key for key, one in self.told.items() if one is told}


@contextmanager
def server(folder: Path, url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the site in a process group of its own, until it is killed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "FIELDSTONE_DATABASE_URL": url,
        "FIELDSTONE_SECRET_KEY": SECRET,
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "fieldstone", "serve", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert wait_until(lambda: answers(port), seconds=120)
        yield running
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def answers(port: int) -> bool:
    """Tell whether the server is up."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def create(port: int, token: str, key: str, channel: str) -> bool | None:
    """Create a lead under an idempotency key; None when there was no answer."""
    lead = {"name": key, "external_id": key, "mobile": f"138{hash(key) % 10**8:08}"}
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(
            "POST", "/api/v1/lead", json.dumps({**lead, "channel": channel}), headers
        )
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    assert answer.status in (200, 201, 409, 422, 503), body
    return answer.status in (200, 201)


def a_site(folder: Path, url: str) -> Site:
    """Return the same site in this process."""
    return bootstrap.build_site(Settings(folder, url, secret_key=SECRET))


def prepared(folder: Path, url: str) -> tuple[str, str]:
    """Make an administrator with a token, and a channel; return token and channel."""
    site = a_site(folder, url)
    made = []
    for object_name, values in (
        ("user", {"name": "Admin", "email": "a@x.example", "roles": ["admin"]}),
        ("channel", {"name": "Website", "code": "web", "kind": "own"}),
    ):
        ctx = site.system_context("action")
        change = Change(object_name, Operation.CREATE, values)
        made.append(str(site.writes.submit(ctx, site.model, [change])[0].record_id))
    token = site.identity.make_token(made[0], "kill", site.clock())
    site.storage.close()
    return token, made[1]


def test_a_server_killed_in_mid_write_loses_no_answer_and_leaves_nothing_half_done(
    database_url: str, tmp_path: Path
) -> None:
    token, channel = prepared(tmp_path, database_url)
    ledger, port = Ledger(), free_port()

    for kill in range(KILLS):
        stop = threading.Event()

        def write(writer: int, kill: int = kill, stop: threading.Event = stop) -> None:
            turn = 0
            while not stop.is_set():
                key, turn = f"k{kill}-{writer}-{turn}", turn + 1
                ledger.note(key, create(port, token, key, channel))

        with server(tmp_path, database_url, port) as running:
            threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
            for thread in threads:
                thread.start()
            enough = 30 * (kill + 1) + random.randrange(10)
            try:
                assert wait_until(
                    lambda enough=enough: len(ledger.keys(True)) > enough, seconds=240
                )
                os.killpg(running.pid, signal.SIGKILL)
            finally:
                stop.set()
                for thread in threads:
                    thread.join()

    with server(tmp_path, database_url, port):
        # Who got no answer asks again with the same key: at most one record comes of both.
        for key in ledger.keys(None):
            ledger.note(key, create(port, token, key, channel))

    site = a_site(tmp_path, database_url)
    names = [row["name"] for row in stored(site)]
    assert sorted(names) == sorted(ledger.keys(True))
    assert not ledger.keys(None)
    assert breaches(site.storage, site.model) == []
    site.storage.close()


def stored(site: Site) -> list[dict[str, object]]:
    """Return the leads there are."""
    ctx = site.system_context("action")
    found, cursor = [], ""
    while True:
        page = site.reads.list(ctx, site.model, "lead", Query(limit=500, cursor=cursor))
        found += [dict(row.values) for row in page.rows]
        if not (cursor := page.next_cursor or ""):
            return found
