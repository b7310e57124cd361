"""`fieldstone serve`: the web application, with a worker inside when there is no Redis."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Final

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.serving import serve

HIGHEST_PORT: Final = 65535


class Serve:
    """Runs gunicorn over the application."""

    name = "serve"
    summary = "serve the web application"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare where to listen; config.yaml says it otherwise."""
        parser.add_argument("--host", metavar="HOST", help="address to listen on")
        parser.add_argument("--port", type=_port, metavar="PORT", help="port to listen on")

    def run(self, asked: Asked) -> int:
        """Serve until stopped."""
        settings = asked.settings()
        host = asked.arguments.host or settings.host
        port = settings.port if asked.arguments.port is None else asked.arguments.port
        serve(settings, asked.wiring, host, port, asked.terminal)
        return DONE


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
        raise ArgumentTypeError(f"{text!r} is no port; write a number up to {HIGHEST_PORT}")
    return int(text)


COMMAND = Serve()
