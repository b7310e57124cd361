"""The web application of one site: who asks, security headers, refusals as answers, health and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from fieldstone.actions.intake.reception import CrowdedError
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.site import Site
from fieldstone.storage.errors import AWAY, is_lost, is_stale
from fieldstone.web import health, problems
from fieldstone.web.asking import (
    KEY,
    REFUSED_KEY,
    ask,
    check_forgery,
    check_text,
    request_id,
)
from fieldstone.web.intake import register_intake
from fieldstone.web.json_provider import OrjsonProvider
from fieldstone.web.limits import Limits, TooManyError
from fieldstone.web.pages import register_pages
from fieldstone.web.rest import register_rest
from fieldstone.web.rest.merged import led_on
from fieldstone.web.turns import Turns

log = structlog.get_logger()
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Reached without knowing who asks: they must answer while the database does not.
UNASKED: Final = ("/healthz", "/readyz", "/metrics", "/static/")


def build_app(site: Site) -> Flask:
    """Return the WSGI application that serves pages and REST of `site`."""
    app = Flask("fieldstone", static_folder=None, template_folder=None)
    app.json = OrjsonProvider(app)
    app.config["MAX_CONTENT_LENGTH"] = site.settings.request_megabytes * 1024 * 1024
    app.config["MAX_FORM_PARTS"] = 2000
    health.register(app, site)
    _look_and_secure(app, site)
    _answer_refusals(app, site)
    register_rest(app, site)
    register_intake(app)
    register_pages(app, site)
    if site.storage.dialect == "sqlite":
        app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _look_and_secure(app: Flask, site: Site) -> None:
    limits = Limits(site.settings.requests_per_minute)

    @app.before_request
    def look_at_request() -> None:
        if not request.path.startswith(UNASKED):
            check_forgery(ask(site, limits))
            check_text()

    @app.after_request
    def secure(response: Response) -> Response:
        if not request.environ.keys().isdisjoint((KEY, REFUSED_KEY)):
            response.headers.add("X-Request-Id", request_id())
        response.headers.extend(_missing(frozenset(response.headers.keys())))
        if site.settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


@lru_cache(maxsize=256)
def _missing(told: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return the headers of every answer that this one does not have by itself."""
    names = {name.lower() for name in told}
    if "content-security-policy" in names:
        # A page that names who may embed it says so in its policy; the older header knows no names.
        names.add("x-frame-options")
    return tuple((name, value) for name, value in HEADERS.items() if name.lower() not in names)


def _answer_refusals(app: Flask, site: Site) -> None:
    @app.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Response:
        response = led_on(error) or problems.answer(error.problems, error.status)
        if isinstance(error, TooManyError | CrowdedError):
            response.headers["Retry-After"] = str(error.seconds)
        elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if isinstance(error, InternalServerError) and error.original_exception is not None:
            # A refusal that could not be told: what it is told with is read, and may be lost, too.
            return _failed(site, error.original_exception)
        if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
            return error
        return problems.answer([problems.of_http(error)], error.code)

    app.register_error_handler(Exception, partial(_failed, site))


def _failed(site: Site, error: BaseException) -> Response:
    if is_stale(error):
        # The model that the request began with is gone; nothing was written, and the next one gets the present.
        log.warning("request began before a change", path=request.path)
        if site.changing is not None:
            site.changing.live.look_now()
        return _come_again(CHANGED, 1)
    if is_lost(error):
        log.error("database lost", path=request.path, reason=type(error).__name__)
        return _come_again(AWAY, RETRY_SECONDS)
    log.error("request failed", path=request.path, exc_info=error)
    return problems.answer([BROKEN], HTTPStatus.INTERNAL_SERVER_ERROR)


def _come_again(problem: Problem, seconds: int) -> Response:
    response = problems.answer([problem], HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(seconds)
    return response


RETRY_SECONDS = 5
CHANGED = Problem(
    "changed_meanwhile",
    "",
    "The configuration was changed while this was asked; nothing was written.",
    "Send it again.",
)
BROKEN = Problem(
    "internal",
    "",
    "Something went wrong on our side; nothing was changed by this request.",
    "Try again; when it happens again, tell the administrator the request id.",
)
