"""On SQLite the reading requests of a process take turns: threads that read at once cost each other more than they gain."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE: Final = 0.02
READING: Final = ("GET", "HEAD")


class Turns:
    """Lets one reading request after the other into an application; who has waited long goes in beside a slow one.

    SQLite's driver gives the interpreter's lock away with every row it steps to, so threads that read at once hand it to
    and fro many times a request (docs/adr/0028). Writes line up for their one connection, and others read while they wait.
    """

    def __init__(self, application: WSGIApplication, patience: float = PATIENCE) -> None:
        """Wait for a turn for `patience` seconds at most."""
        self._application = application
        self._patience = patience
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] not in READING:
            return self._application(environ, start_response)
        mine = self._turn.acquire(timeout=self._patience)
        try:
            return self._application(environ, start_response)
        finally:
            if mine:
                self._turn.release()
