"""gunicorn over one site: threads in one process, more processes where config.yaml asks for them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.lasting import settle_down
from fieldstone.base.settings import Settings
from fieldstone.cli.contract import Wiring
from fieldstone.cli.terminal import Terminal

LONGEST_LINE = 8190
"""Characters of an address; a filter in Chinese takes nine for each sign."""


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn told what to serve from Python instead of a file."""

    def __init__(self, options: dict[str, Any], make: Callable[[], WSGIApplication]) -> None:
        """Serve what `make` returns; it is called in each worker process."""
        self._options = options
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        """Hand over the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Make the application of this process.

        Nothing that stands from the start becomes garbage: a page of records makes enough objects to have the whole
        model looked through every few requests, which costs more than the page.
        """
        made = self._make()
        settle_down()
        return made


def _check_address(host: str, port: int) -> None:
    """Raise RefusedError when the address cannot be had, before anything long is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            text = f"{host}:{port} cannot be served: {(error.strerror or str(error)).lower()}."
            cure = "Choose another with --port and --host, or stop what listens there."
            raise RefusedError([Problem("address", "serve", text, cure)]) from None


def serve(settings: Settings, wiring: Wiring, host: str, port: int, terminal: Terminal) -> None:
    """Serve until a signal stops it."""
    _check_address(host, port)
    # Once before any process is forked: problems in metadata are said here, and the database is brought up.
    site = wiring.build_site(settings)
    site.storage.close()

    def make() -> WSGIApplication:
        fresh = wiring.build_site(settings)
        if not settings.redis_url:
            wiring.start_worker_inside(fresh)
        return wiring.build_web(fresh)

    terminal.say(f"{settings.company} is served at http://{host}:{port}  (stop with Ctrl+C)")
    options = {
        "bind": f"{host}:{port}",
        "workers": settings.processes,
        "worker_class": "gthread",
        "threads": settings.threads,
        "timeout": 120,
        "limit_request_line": LONGEST_LINE,
        "accesslog": None,
        "loglevel": "warning",
        "proc_name": "fieldstone",
        "control_socket_disable": True,
    }
    Server(options, make).run()
