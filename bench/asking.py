"""Single requests to a server that is measured."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any


def answer_of(port: int, path: str, token: str, body: object = None) -> dict[str, Any]:
    """Return the JSON that one request is answered with."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    found: dict[str, Any] = json.loads(urllib.request.urlopen(asked, timeout=10).read())
    return found


def wait_for(port: int, path: str, token: str) -> None:
    """Return once the server answers."""
    for _ in range(300):
        try:
            answer_of(port, path, token)
        except OSError:  # not listening yet, or still starting
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(path)
