"""PostgreSQL drops the connection at any moment of a request: the answer is what it would be, or "come again", and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from werkzeug.test import TestResponse

from fieldstone.storage.errors import UNAVAILABLE
from tests.web.rest.programs import Api, open_api

Ask = Callable[[], TestResponse]
TRIES = 5


@dataclass
class Scissors:
    """Cuts the connection right before the nth thing that is said to the server, n = 1, 2, ..."""

    admin: psycopg.Connection[Any]
    left: int = 0

    def hear(self, connection: psycopg.Connection[Any]) -> None:
        """Count what is said, and cut when it is time."""
        if connection is self.admin:
            return
        self.left -= 1
        if self.left == 0:
            pid = connection.info.backend_pid
            self.admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    def watch(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        """Listen to one way of saying something."""
        plain = getattr(owner, name)

        @wraps(plain)
        def said(one: Any, *given: Any, **more: Any) -> Any:
            self.hear(getattr(one, "connection", one))
            return plain(one, *given, **more)

        monkeypatch.setattr(owner, name, said)


@pytest.fixture
def scissors(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scissors]:
    """Scissors for the connections of this process."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        found = Scissors(admin)
        for name in ("execute", "executemany", "copy"):
            found.watch(monkeypatch, psycopg.Cursor, name)
        for name in ("commit", "rollback"):
            found.watch(monkeypatch, psycopg.Connection, name)
        yield found


@pytest.fixture
def api(postgres_url: str, tmp_path: Path) -> Iterator[Api]:
    """A site on PostgreSQL, called by programs."""
    opened = open_api(postgres_url, tmp_path)
    yield opened
    opened.site.storage.close()


def creating(api: Api, key: str) -> Ask:
    values = {"name": key, "channel": api.ids["website"], "region": "north", "external_id": key}
    return lambda: api("POST", "lead", json=values, headers={"Idempotency-Key": key})


def merging(api: Api, key: str) -> Ask:
    path = f"lead/{api.a_lead(name=key)['id']}/actions/merge"
    asked = {"with": api.a_lead(name=key)["id"], "keep": "rule"}
    return lambda: api("POST", path, json=asked, headers={"Idempotency-Key": key})


def claiming_in_vain(api: Api, key: str) -> Ask:
    path = f"lead/{api.a_lead(name=key, owner=api.ids['li'])['id']}/actions/claim"
    return lambda: api("POST", path, "wang", json={}, headers={"Idempotency-Key": key})


def listing(api: Api, key: str) -> Ask:
    return lambda: api("GET", "lead", query_string={"filter": f"name == {key!r}"})


def answered(ask: Ask, status: int) -> TestResponse:
    """Ask until it is answered for good, as a program does, and never hear of a bug."""
    for _ in range(TRIES):
        answer = ask()
        if answer.status_code != UNAVAILABLE:
            break
    assert answer.status_code == status, answer.get_json()
    return answer


@pytest.mark.parametrize(
    ("asking", "status", "steps"),
    [(creating, 201, 2), (merging, 200, 1), (claiming_in_vain, 404, 2), (listing, 200, 1)],
)
def test_a_request_whose_connection_is_lost_is_answered_when_it_comes_again_and_done_once(
    api: Api, scissors: Scissors, asking: Callable[[Api, str], Ask], status: int, steps: int
) -> None:
    for turn in count(1, steps):
        ask = asking(api, f"lead{turn}")
        scissors.left = turn

        first = answered(ask, status)
        uncut = scissors.left > 0
        scissors.left = 0
        again = answered(ask, status)

        if "Idempotency-Key" in first.request.headers and first.status_code < 400:
            assert again.headers["Idempotency-Replayed"] == "true", f"cut before {turn}"
        if uncut:
            break
