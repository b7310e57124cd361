"""One of the servers that are compared: python -m bench.server floor|small|ours PORT GROUND."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from bench.floor import build_floor
from bench.ground import Ground, read_ground
from fieldstone import bootstrap
from fieldstone.cli.serving import Server

SMALL = Path(__file__).parent / "small"


def _ours(ground: Ground) -> WSGIApplication:
    return bootstrap.build_web(bootstrap.build_site(ground.settings()))


def _small(ground: Ground) -> WSGIApplication:
    """Return our application with the rules of bench/small alone, whatever the core has come to ship."""
    settings = replace(ground.settings(), layers=(str(SMALL),))
    site = bootstrap.build_site(settings)
    rules = {code: rule for code, rule in site.model.rules.items() if code.startswith("bench_")}
    site.publish(replace(site.model, rules=rules))
    return bootstrap.build_web(site)


SERVERS: dict[str, Callable[[Ground], WSGIApplication]] = {
    "floor": build_floor,
    "small": _small,
    "ours": _ours,
}


def main(name: str, port: str, ground_file: str) -> None:
    """Serve until stopped; all servers have the same settings."""
    bootstrap.configure_logs()
    ground = read_ground(ground_file)
    options: dict[str, Any] = {
        "bind": f"127.0.0.1:{port}",
        "workers": 2,
        "threads": 4,
        "worker_class": "gthread",
        "keepalive": 30,
        "accesslog": None,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    Server(options, lambda: SERVERS[name](ground)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
