"""A site with a few people, and programs that call its REST API with their tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from fieldstone import bootstrap
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.site import Site

PEOPLE = {
    "admin": ["admin"],
    "mei": ["sales_manager"],
    "li": ["sales"],
    "wang": ["sales"],
    "guest": ["viewer"],
}
NOBODY = "01a2036e-0000-7000-8000-000000000000"


@dataclass
class Api:
    """The application and a token for each person."""

    site: Site
    app: Flask
    ids: dict[str, str]
    tokens: dict[str, str]

    def __call__(self, method: str, path: str, who: str = "admin", **sent: Any) -> TestResponse:
        """Send a request under /api/v1."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **sent.pop("headers", {})}
        client = self.app.test_client()
        if "json" in sent:
            # The standard library also writes numbers that ours would refuse to write.
            sent |= {"data": json.dumps(sent.pop("json")), "content_type": "application/json"}
        return client.open(f"/api/v1/{path}", method=method, headers=headers, **sent)

    def a_lead(self, who: str = "admin", **values: object) -> dict[str, Any]:
        """Create a lead and return its data."""
        sent = {"name": "李雷", "channel": self.ids["website"], **values}
        answer = self("POST", "lead", who, json=sent)
        assert answer.status_code == 201, answer.json
        data: dict[str, Any] = answer.json["data"]
        return data

    @contextmanager
    def later(self, **by: float) -> Iterator[None]:
        """Let the business clock stand later for a while."""
        clock = self.site.clock
        self.site.clock = lambda: clock() + timedelta(**by)
        yield
        self.site.clock = clock

    def token(self, who: str, *grants: str) -> str:
        """Make a further token, narrowed to `grants`."""
        now = self.site.clock()
        return self.site.identity.make_token(self.ids[who], "test", now, frozenset(grants) or None)


def open_api(url: str, folder: Path) -> Api:
    """Bring up a database with people, a team and a channel."""
    settings = Settings(folder, database_url=url, secret_key="k" * 32, requests_per_minute=10**9)
    site = bootstrap.build_site(settings)
    api = Api(site, bootstrap.build_web(site), {}, {})
    api.ids["north"] = _made(site, "team", name="North", code="north", region="north")
    for code, roles in PEOPLE.items():
        api.ids[code] = _made(
            site,
            "user",
            name=code.capitalize(),
            email=f"{code}@example.com",
            roles=roles,
            team=api.ids["north"],
            region="north",
        )
        api.tokens[code] = api.token(code)
    api.ids["website"] = _made(site, "channel", name="Website", code="website", kind="own")
    return api


def _made(site: Site, object_name: str, **values: object) -> str:
    change = Change(object_name, Operation.CREATE, values)
    (outcome,) = site.writes.submit(site.system_context("test"), site.model, [change])
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)
