"""Refusals as answers: problem+json for programs, a page for people (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from http import HTTPStatus

import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from fieldstone.base.errors import Problem
from fieldstone.web.asking import KEY, Asked
from fieldstone.web.pages.refusing import refusal_page

CURES = {
    404: "Check the address.",
    405: "Use another method; the API page lists what each address takes.",
    413: "Send less at once.",
    415: "Send JSON with 'Content-Type: application/json'.",
}


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


def as_json(problems: Iterable[Problem], status: int) -> Response:
    """Return problem details: all problems at once, with the request id of the log."""
    listed = list(problems)
    asked = request.environ.get(KEY)
    body = {
        "type": f"about:blank#{listed[0].code}" if listed else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": " ".join(problem.message for problem in listed[:3]),
        "request_id": asked.request_id if isinstance(asked, Asked) else "",
        "problems": [asdict(problem) for problem in listed],
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return Response(orjson.dumps(body), status, headers, content_type="application/problem+json")
