"""A small sales office behind the real pages: a site on SQLite, a few people, records by words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldstone import bootstrap
from fieldstone.base.clock import Clock, utc_now
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Actor, Change, Operation
from fieldstone.site import Site
from fieldstone.web.asking import COOKIE, LANGUAGE_COOKIE

PASSWORD = "a long enough password"
PEOPLE = {
    "admin": ("林涛", ["admin"]),
    "mei": ("Mei Zhou", ["sales_manager"]),
    "li": ("Li Na", ["sales"]),
    "chen": ("Chen Jie", ["sales"]),
    "guest": ("Guest", ["viewer"]),
}


@dataclass
class Visitor:
    """One person's browser: GET and POST as a page or as htmx would send them."""

    client: FlaskClient
    csrf: str

    def get(self, url: str, target: str = "") -> TestResponse:
        """Ask for a page, or for the block that htmx puts into `target`."""
        headers = {"HX-Request": "true", "HX-Target": target} if target else {}
        return self.client.get(url, headers=headers)

    def post(self, url: str, target: str = "", **values: object) -> TestResponse:
        """Send a form with the session's token."""
        headers = {"HX-Request": "true", "HX-Target": target} if target else {}
        data = {"csrf_token": self.csrf, **values}
        return self.client.post(url, data=data, headers=headers)

    def speaking(self, language: str) -> Visitor:
        """Choose a language in this browser."""
        self.client.set_cookie(LANGUAGE_COOKIE, language)
        return self


@dataclass
class Office:
    """The site, its people and what was made in it."""

    site: Site
    app: Flask
    people: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def actor(self, who: str) -> Actor:
        """Return a person as they act."""
        ctx = self.site.system_context("page")
        actor = self.site.actors.by_id(ctx, self.site.model, self.people[who])
        assert actor is not None
        return actor

    def create(self, object_name: str, who: str = "", **values: object) -> str:
        """Make a record in somebody's name, the platform's own by default; return its id."""
        site = self.site
        ctx = site.context(self.actor(who), "page") if who else site.system_context("action")
        change = Change(object_name, Operation.CREATE, values)
        (outcome,) = site.writes.submit(ctx, site.model, [change])
        assert outcome.record_id, outcome.problems
        assert not outcome.problems
        return outcome.record_id

    def a_lead(self, name: str, **values: object) -> str:
        """Make a lead that no rule gives to anybody else."""
        asked = {code: value for code, value in values.items() if code != "pool"}
        given = {"name": name, "channel": self.places["channel"], **asked}
        lead = self.create("lead", **given)
        if "owner" in values or "pool" in values:
            fixed = {code: values.get(code) for code in ("owner", "pool") if code in values}
            return self.settle("lead", lead, **fixed)
        return lead

    def settle(self, object_name: str, record_id: str, **values: object) -> str:
        """Set values whatever the rules decided."""
        change = Change(
            object_name, Operation.UPDATE, values, record_id, trusted=True, skip_rules=True
        )
        ctx = self.site.system_context("action")
        (outcome,) = self.site.writes.submit(ctx, self.site.model, [change])
        assert not outcome.problems
        return record_id

    def value(self, object_name: str, record_id: str, code: str) -> object:
        """Return what is stored in one field."""
        ctx = self.site.system_context("action")
        record = self.site.reads.get(ctx, self.site.model, object_name, record_id)
        return record.values.get(code) if record else None

    def nobody(self) -> FlaskClient:
        """Return a browser in which nobody is signed in."""
        return self.app.test_client()

    def visitor(self, who: str, language: str = "en") -> Visitor:
        """Return a browser in which a person is signed in."""
        opened = self.site.identity.open_session(
            self.people[who], "127.0.0.1", "test", self.site.clock()
        )
        client = self.app.test_client()
        client.set_cookie(COOKIE, opened.cookie)
        return Visitor(client, opened.csrf).speaking(language)


def open_office(
    folder: Path, *, passwords: bool = False, clock: Clock = utc_now, url: str = ""
) -> Office:
    """Build a site in an empty folder, with its people; set passwords only where a test signs in by form."""
    url = url or f"sqlite:///{folder / 'fieldstone.db'}"
    settings = Settings(folder, url, secret_key="7" * 64, company="Harbor Sales")
    site = bootstrap.build_site(settings, clock)
    office = Office(site, bootstrap.build_web(site))
    office.places["department"] = office.create("department", name="Sales", code="sales")
    office.places["channel"] = office.create("channel", name="Website", code="web", kind="own")
    for code, (name, roles) in PEOPLE.items():
        office.people[code] = office.create(
            "user",
            name=name,
            email=f"{code}@harbor.example",
            roles=roles,
            active=True,
            department=office.places["department"],
            language="en",
            time_zone="Asia/Shanghai",
        )
        if passwords:
            site.identity.set_password(office.people[code], PASSWORD, site.clock())
    return office


def told(response: TestResponse) -> dict[str, object]:
    """Return what the answer tells the page's scripts."""
    said: dict[str, object] = json.loads(response.headers.get("HX-Trigger", "{}"))
    return said
