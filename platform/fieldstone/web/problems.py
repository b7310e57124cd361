"""Refusals as answers: problem+json for programs, a page for people (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from fieldstone.base.errors import Problem
from fieldstone.base.problem_texts import as_data
from fieldstone.web.asking import KEY, Asked, request_id
from fieldstone.web.i18n import speech
from fieldstone.web.pages.refusing import refusal_page

CURES = {
    404: "Check the address.",
    405: "Use another method; the API page lists what each address takes.",
    413: "Send less at once.",
    415: "Send JSON with 'Content-Type: application/json'.",
}


STATUS_CODES = frozenset(
    HTTPStatus(status).name.lower() for status in (400, 404, 405, 413, 415)
)  # what the framework refuses by itself


def of_http(error: HTTPException) -> Problem:
    """Return an HTTP error of the framework as a problem."""
    status = error.code or 500
    text = error.description or HTTPStatus(status).phrase
    return Problem(
        HTTPStatus(status).name.lower(), request.path, text, CURES.get(status, "Check the request.")
    )


def answer(problems: Iterable[Problem], status: int) -> Response:
    """Return the answer that tells all problems, in the form that who asks can read."""
    listed = list(problems)
    if request.path.startswith(("/api/", "/in/")):
        return as_json(listed, status)
    return refusal_page(listed, status)


def language_of_request() -> str:
    """Return the language of the caller, also where the request could not be taken in."""
    asked = request.environ.get(KEY)
    if isinstance(asked, Asked):
        return asked.language
    return request.accept_languages.best_match(("en", "zh"), default="en")


def as_json(problems: Iterable[Problem], status: int) -> Response:
    """Return problem details in the caller's language: all at once, with the request id of the log."""
    listed, language = list(problems), language_of_request()
    said = [as_data(problem, language) for problem in listed]
    body = {
        "type": f"about:blank#{listed[0].code}" if listed else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": " ".join(problem["message"] for problem in said[:3]),
        "request_id": request_id(),
        "problems": said,
    }
    headers = {"Content-Language": speech(language).tag, "Vary": "Accept-Language"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body), status, headers, content_type="application/problem+json")
