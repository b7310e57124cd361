"""A site that strangers and partners send things to, with a clock that the test moves."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from fieldstone import bootstrap
from fieldstone.actions.intake.sources import intake_of, secret_of
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.query import Query
from fieldstone.site import Site
from fieldstone.storage.arrivals import Arrival, Arrivals
from fieldstone.worker.turns import work_until_idle

BEGIN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TOKEN = re.compile(r'name="_token" value="([^"]+)"')


@dataclass
class Gate:
    """The site, and what stands outside of it."""

    site: Site
    app: Flask
    clock: list[datetime] = field(default_factory=list)

    def later(self, **span: float) -> None:
        """Move the clock on."""
        self.clock[0] += timedelta(**span)

    def page(self, path: str, **sent: Any) -> TestResponse:
        """Ask for a page as a browser does."""
        return self.app.test_client().get(path, headers={"Accept": "text/html"}, **sent)

    def form_token(self, form: str = "website_form") -> str:
        """Return the signed time of a form that was just shown."""
        found = TOKEN.search(self.page(f"/in/forms/{form}").text)
        assert found
        return found[1]

    def send(
        self, form: str = "website_form", *, after: float = 10, **typed: object
    ) -> TestResponse:
        """Fill a form in and send it, some seconds after it was shown."""
        values = {"_token": self.form_token(form), "_consent": "true", **typed}
        self.later(seconds=after)
        return self.app.test_client().post(
            f"/in/forms/{form}", data=values, headers={"Accept": "text/html"}
        )

    def hook(self, source: str, sent: Any, **headers: str) -> TestResponse:
        """Post JSON as a partner does that signs it."""
        body = json.dumps(sent).encode()
        return self.raw(source, body, "application/json", **headers)

    def raw(self, source: str, body: bytes, kind: str, **headers: str) -> TestResponse:
        """Post anything, signed and with the token."""
        secret = self.secret(source)
        made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        proof = {"X-Signature": f"sha256={made}", "X-Intake-Token": secret}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.app.test_client().post(
            f"/in/hooks/{source}", data=body, content_type=kind, headers={**proof, **named}
        )

    def secret(self, source: str) -> str:
        """Return what a partner signs with."""
        intake = intake_of(self.site.model, source)
        assert intake is not None
        return secret_of(intake, self.site.settings.secret_key)

    def records(self, object_name: str = "lead") -> list[dict[str, Any]]:
        """Return all records, the oldest first."""
        ctx = self.site.system_context("test")
        spec = self.site.model.objects[object_name]
        names = tuple(code for code in spec.fields if code not in ("calls",))
        page = self.site.reads.list(
            ctx,
            self.site.model,
            object_name,
            Query(fields=names, sort=(("created_at", False),), limit=500),
        )
        return [{"id": one.id, **one.values} for one in page.rows]

    def create(self, object_name: str, **values: object) -> str:
        """Make a record in the platform's name."""
        ctx = self.site.system_context("test")
        change = Change(object_name, Operation.CREATE, values, trusted=True)
        (outcome,) = self.site.writes.submit(ctx, self.site.model, [change])
        assert outcome.record_id
        assert not outcome.problems
        return outcome.record_id

    def change(self, object_name: str, record_id: str, **values: object) -> None:
        """Change a record in the platform's name."""
        ctx = self.site.system_context("test")
        change = Change(object_name, Operation.UPDATE, values, record_id, trusted=True)
        (outcome,) = self.site.writes.submit(ctx, self.site.model, [change])
        assert not outcome.problems

    def arrivals(self, source: str) -> list[Arrival]:
        """Return what arrived, newest first."""
        with self.site.storage.looking() as connection:
            return Arrivals(connection).recent(source)

    def work(self) -> None:
        """Let a worker do what waits."""
        work_until_idle(self.site)


def open_gate(url: str, folder: Path, rules: str = "", **more: Any) -> Gate:
    """Bring up a site whose own rules are these."""
    if rules:
        (folder / "metadata").mkdir(exist_ok=True)
        (folder / "rules").mkdir(exist_ok=True)
        (folder / "rules" / "site.yaml").write_text(rules, encoding="utf-8")
    clock = [BEGIN]
    settings = Settings(folder, database_url=url, secret_key="k" * 32, **more)
    site = bootstrap.build_site(settings, lambda: clock[0])
    return Gate(site, bootstrap.build_web(site), clock)
