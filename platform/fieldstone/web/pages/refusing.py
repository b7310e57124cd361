"""A refusal as people get it: what cannot be done, and what to do instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import structlog
from flask import Response, request

from fieldstone.base.errors import Problem
from fieldstone.web.asking import KEY, Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.drawing import page, wants_fragment
from fieldstone.web.pages.wording import told

log = structlog.get_logger()
TITLES: Final = {
    400: "This address asks for something that cannot be",
    403: "No access",
    405: "This cannot be done here",
    409: "Somebody was faster",
    413: "This is too large",
    422: "This cannot be done",
    429: "Too many attempts",
}


def refusal_page(problems: Sequence[Problem], status: int) -> Response:
    """Return the refusal in the form that fits: a page, the log-in page, or a toast for htmx."""
    asked = request.environ.get(KEY)
    if not isinstance(asked, Asked):
        return _plain(problems, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE and not wants_fragment():
        return _plain(
            problems, status, asked.language
        )  # a page would ask the database for its surroundings
    if status == HTTPStatus.UNAUTHORIZED:
        return _to_login()
    if wants_fragment():
        return _toast(asked, problems, status)
    if asked.actor is None:
        return _before_login(asked, problems, status)
    return _page(asked, problems, status)


def _to_login() -> Response:
    here = request.full_path.removesuffix("?") if request.method == "GET" else "/"
    url = "/login" if here == "/" else f"/login?back={quote(here, safe='/')}"
    if wants_fragment():
        return Response(status=401, headers={"HX-Redirect": "/login"})
    return Response(status=303, headers={"Location": url})


def _toast(asked: Asked, problems: Sequence[Problem], status: int) -> Response:
    text = " ".join(told(problem, asked.language) for problem in problems[:3])
    message = {"toast": {"text": text, "tone": "bad" if status >= HTTPStatus.CONFLICT else "warn"}}
    # htmx swaps a 4xx in unless told otherwise; there is nothing here to swap.
    headers = {"HX-Trigger": json.dumps(message), "HX-Reswap": "none"}
    return Response("", status, headers, content_type="text/html; charset=utf-8")


def _page(asked: Asked, problems: Sequence[Problem], status: int) -> Response:
    t = speech(asked.language).t
    back = {"label": t("Go to home"), "href": "/"}
    if status == HTTPStatus.NOT_FOUND:
        return page(asked, "not_found", {"back": back}, status)
    text = " ".join(told(problem, asked.language) for problem in problems[:5])
    title = t(TITLES.get(status, "Something went wrong"))
    if status == HTTPStatus.FORBIDDEN:
        return page(asked, "denied", {"title": title, "text": text, "back": back}, status)
    context = {"title": title, "text": text, "back": back}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        context |= {"code": asked.request_id[-8:], "retry_url": request.full_path}
    return page(asked, "error", context, status)


def _before_login(asked: Asked, problems: Sequence[Problem], status: int) -> Response:
    t = speech(asked.language).t
    text = " ".join(told(problem, asked.language) for problem in problems[:5])
    back = {"label": t("Sign in"), "href": "/login"}
    title = t(TITLES.get(status, "Something went wrong"))
    return page(asked, "plain_error", {"title": title, "text": text, "back": back}, status)


def _plain(problems: Sequence[Problem], status: int, language: str = "en") -> Response:
    """Answer where not even the asker is known: the database may be away."""
    lines = "\n".join(told(problem, language) for problem in problems)
    return Response(lines + "\n", status, content_type="text/plain; charset=utf-8")
