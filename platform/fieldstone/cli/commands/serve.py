"""`fieldstone serve`: the web application, with a worker inside when there is no Redis."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.serving import serve


class Serve:
    """Runs gunicorn over the application."""

    name = "serve"
    summary = "serve the web application"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen; config.yaml says it otherwise."""
        parser.add_argument("--host", help="address to listen on")
        parser.add_argument("--port", type=int, help="port to listen on")

    def run(self, asked: Asked) -> int:
        """Serve until stopped."""
        settings = asked.settings()
        host = asked.arguments.host or settings.host
        port = settings.port if asked.arguments.port is None else asked.arguments.port
        serve(settings, asked.wiring, host, port, asked.terminal)
        return DONE


COMMAND = Serve()
