"""One of many programs that work with leads over HTTP while servers die: `python -m tests.chaos.client PLAN`.

Each request is asked again, with the same Idempotency-Key, until somebody answers it for good; what was answered goes
into a file, a line of JSON each. Only the standard library: eight of these start at once.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds after which an answer is given up: the servers were not up again."""
COME_AGAIN = (429, 503)
HOT_PEOPLE, HOT_LEADS, HALF = 4, 60, 0.5
SALES, BOSSES = "sales", "bosses"


class Client:
    """One program; its plan says whom it works for, with which leads, and where it writes down what it was told."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.plan = plan
        self.ports = list(plan["ports"])
        self.chance = random.Random(plan["seed"])
        self.mine: dict[str, list[str]] = {}
        self.made: list[str] = []

    def steps(self) -> Iterator[dict[str, Any]]:
        """Yield what was done, one request after the other."""
        kinds = {
            "claim": 8,
            "create": 4,
            "patch": 4,
            "release": 4,
            "assign": 4,
            "merge": 1,
            "convert": 2,
        }
        for turn in range(self.plan["requests"]):
            kind = self.chance.choices(list(kinds), list(kinds.values()))[0]
            key = f"c{self.plan['seed']}-{turn}"
            method, path, body, who = getattr(self, f"_{kind}")(key)
            done = {"kind": kind, "key": key, "who": who, "path": path, "body": body}
            yield {**done, **self.asked(method, path, body, who, key)}

    def asked(
        self, method: str, path: str, body: Mapping[str, Any], who: str, key: str
    ) -> dict[str, Any]:
        """Ask until it is answered for good; return status, request ids of all answers, and what it said."""
        tries, end = 0, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            tries += 1
            answer = self._ask(method, path, body, who, key)
            if answer is not None and answer["status"] not in COME_AGAIN:
                return {**answer, "tries": tries}
            time.sleep(0.05 * min(tries, 10))
        return {"status": 0, "tries": tries}

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any], who: str, key: str
    ) -> dict[str, Any] | None:
        self.ports = [*self.ports[1:], self.ports[0]]
        connection = HTTPConnection("127.0.0.1", self.ports[0], timeout=30)
        headers = {
            "Authorization": f"Bearer {self.plan['tokens'][who]}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            connection.request(method, path, json.dumps(body), headers)
            found = connection.getresponse()
            text = found.read()
            if len(text) < int(found.headers.get("Content-Length", 0)):
                return None
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        said = json.loads(text) if text else {}
        return {
            "status": found.status,
            "request": found.headers.get("X-Request-Id"),
            "replayed": found.headers.get("Idempotency-Replayed") == "true",
            "id": (said.get("data") or {}).get("id"),
            "codes": [one["code"] for one in said.get("problems", ())],
        }

    def _somebody(self, group: str) -> str:
        return self._one_of(self.plan[group], HOT_PEOPLE)

    def _lead(self) -> str:
        return self._one_of(self.plan["leads"], HOT_LEADS)

    def _one_of(self, some: list[str], hot: int) -> str:
        """Choose any, half of the time one of the few that everybody wants."""
        return str(self.chance.choice(some[:hot] if self.chance.random() < HALF else some))

    def _act(self, lead: str, action: str, who: str, **params: object) -> tuple[Any, ...]:
        return "POST", f"/api/v1/lead/{lead}/actions/{action}", params, who

    def _claim(self, key: str) -> tuple[Any, ...]:
        del key
        return self._act(self._lead(), "claim", self._somebody(SALES))

    def _create(self, key: str) -> tuple[Any, ...]:
        number = self.chance.randrange(10**8)
        values = {"name": key, "external_id": key, "mobile": f"138{number:08}"}
        values |= {"channel": self.plan["channel"], "region": "north"}
        return "POST", "/api/v1/lead", values, self._somebody(BOSSES)

    def _patch(self, key: str) -> tuple[Any, ...]:
        return "PATCH", f"/api/v1/lead/{self._lead()}", {"need": key}, self._somebody(BOSSES)

    def _release(self, key: str) -> tuple[Any, ...]:
        return self._act(self._lead(), "release", self._somebody(BOSSES), reason=key)

    def _assign(self, key: str) -> tuple[Any, ...]:
        owner = self.plan["people"][self._somebody(SALES)]
        return self._act(self._lead(), "assign", self._somebody(BOSSES), owner=owner, reason=key)

    def _merge(self, key: str) -> tuple[Any, ...]:
        params = {"with": self._lead(), "keep": "rule", "reason": key}
        return self._act(self._lead(), "merge", self._somebody(BOSSES), **params)

    def _convert(self, key: str) -> tuple[Any, ...]:
        del key
        return self._act(self._lead(), "convert", self._somebody(BOSSES))


def main(path: str) -> None:
    """Do what the plan says, and write every line at once."""
    plan = json.loads(Path(path).read_text())
    with Path(plan["told"]).open("a", buffering=1) as told:
        for line in Client(plan).steps():
            told.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
