"""Whether this process lives, whether it can work, and its figures for Prometheus."""

from __future__ import annotations

import time
from functools import lru_cache

from flask import Flask, Response, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)

from fieldstone.site import Site

STARTED = "fieldstone.started"


def register(app: Flask, site: Site) -> None:
    """Add /healthz, /readyz and /metrics, and measure every request."""
    registry = CollectorRegistry()
    requests = Counter(
        "fieldstone_requests_total", "Requests answered.", ["method", "status"], registry=registry
    )
    seconds = Histogram(
        "fieldstone_request_seconds", "Seconds a request took.", ["method"], registry=registry
    )

    @app.before_request
    def start() -> None:
        request.environ[STARTED] = time.perf_counter()

    # Looking a child up by its labels takes as long as counting; there are few of them.
    counting = lru_cache(256)(lambda method, status: requests.labels(method, str(status)))
    timing = lru_cache(64)(seconds.labels)

    @app.after_request
    def count(response: Response) -> Response:
        counting(request.method, response.status_code).inc()
        started = request.environ.get(STARTED)
        if isinstance(started, float):
            timing(request.method).observe(time.perf_counter() - started)
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @app.get("/readyz")
    def readyz() -> Response:
        if not site.storage.answers():
            return Response("the database does not answer\n", 503, content_type="text/plain")
        return Response(f"ready\n{_served(site)}", content_type="text/plain; charset=utf-8")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _served(site: Site) -> str:
    """Return which revision is served; a broken one stops nobody, but whoever watches should know."""
    if site.changing is None:
        return ""
    found = site.changing.live.found
    if found.problems:
        return f"revision {found.wanted} is broken; revision {found.revision} is served\n"
    return f"revision {found.revision}\n"
