"""Calls REST in the name of one of the office's people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from tests.web.pages.office import Office

SERVER_ERROR = 500


@dataclass
class Caller:
    """Tokens of people, and requests with them; no answer may ever be a server error."""

    office: Office
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, who: str, *grants: str) -> str:
        """Return a token of a person, a narrow one with `grants`."""
        site = self.office.site
        narrow = frozenset(grants) if grants else None
        return site.identity.make_token(self.office.people[who], "test", site.clock(), narrow)

    def send(
        self, method: str, path: str, who: str = "", body: object = None, **headers: str
    ) -> TestResponse:
        """Send a request; a body that is not bytes goes as JSON."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if who:
            token = self.tokens.setdefault(who, self.token(who))
            sent.setdefault("Authorization", f"Bearer {token}")
        data = body
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        client = self.office.app.test_client(use_cookies=False)
        answer = client.open(path, method=method, headers=sent, data=data)
        assert answer.status_code < SERVER_ERROR, (method, path, body, answer.text[:500])
        return answer

    def codes(self, answer: TestResponse) -> set[str]:
        """Return the codes of the problems in an answer."""
        return {one["code"] for one in (answer.get_json(force=True) or {}).get("problems", ())}

    def data(self, answer: TestResponse) -> Any:
        """Return what an answer holds."""
        return answer.get_json(force=True)["data"]
