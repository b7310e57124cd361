"""What senders are told, and which sites may ask from a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import Response, request

from fieldstone.actions.intake.reception import Receipt
from fieldstone.actions.intake.sources import Intake, intake_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.storage.arrivals import DONE, REFUSED, UNCONFIRMED, WAITING
from fieldstone.web.asking import Asked
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.receipts import receipt_json

STATUS: Final[Mapping[str, int]] = {DONE: 200, WAITING: 202, UNCONFIRMED: 202}
LARGEST: Final = 256 * 1024
LARGEST_MAIL: Final = 10 * 1024 * 1024


def the_intake(asked: Asked, code: str, *vias: str) -> Intake:
    """Return a source that is reached this way. Raises RefusedError (404)."""
    found = intake_of(asked.model, code)
    if found is None or found.source.via not in vias:
        text = f"There is no source {code[:40]!r}."
        raise RefusedError([Problem("not_found", "source", text, "Check the address.")], 404)
    return found


def check_size(largest: int = LARGEST) -> None:
    """Refuse a body that is larger than what a person would send. Raises RefusedError (413)."""
    if (request.content_length or 0) > largest:
        text = f"The body is larger than {largest // 1024} KB."
        raise RefusedError([Problem("too_large", "body", text, "Send less at once.")], 413)


def untold(receipt: Receipt) -> Receipt:
    """Return what strangers may know: not whether somebody was known already."""
    return replace(receipt, arrival="", outcome="", record=None, replayed=False)


def receipt_answer(asked: Asked, receipt: Receipt) -> Response:
    """Return the answer to one arrival. Raises RefusedError when it was refused."""
    if receipt.state == REFUSED:
        raise RefusedError(receipt.problems)
    told = receipt_json(asked, receipt)
    told.pop("decisions", None)  # partners need not know who gets it, and why
    status = STATUS.get(receipt.state, 200)
    if receipt.outcome == "created" and not receipt.replayed:
        status = 201
    return json_answer({"data": told}, status)


def allowed_origin(intake: Intake) -> str:
    """Return the site that asks from a browser, if it may; "" for others and for what is no browser."""
    origin = request.headers.get("Origin", "").rstrip("/").lower()
    form = intake.source.form
    return origin if form is not None and origin in form.origins else ""


def with_origin(response: Response, intake: Intake) -> Response:
    """Let the scripts of an allowed site read the answer."""
    if origin := allowed_origin(intake):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "3600"
    response.headers.add("Vary", "Origin")
    return response
