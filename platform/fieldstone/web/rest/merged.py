"""Where the id of a record leads that was merged into another one: reading goes there, writing is told so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from flask import Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Outcome
from fieldstone.reads.merges import all_led_to, led_to_by
from fieldstone.web import problems
from fieldstone.web.asking import KEY, Asked
from fieldstone.web.rest.answering import json_answer

ROOT = "/api/v1/"


def led_on(error: RefusedError) -> Response | None:
    """Return the answer for a record that is part of another one now, None where the refusal stands as it is.

    Who reads is led to the survivor (301), who writes is refused (409): a change meant for one record is never
    written into another unasked. Nothing is told of a survivor that the caller may not see.
    """
    asked, given = request.environ.get(KEY), request.view_args or {}
    record_id, object_name = str(given.get("record_id", "")), str(given.get("object_name", ""))
    about = error.status == HTTPStatus.NOT_FOUND and request.path.startswith(ROOT)
    if not about or not isinstance(asked, Asked) or object_name not in asked.model.objects:
        return None
    survivor = asked.site.reads.led_to(asked.ctx, asked.model, object_name, record_id)
    if survivor is None:
        return None
    where = request.path.replace(record_id, survivor, 1)
    if request.method not in ("GET", "HEAD"):
        return problems.answer([merged(object_name, survivor, where)], HTTPStatus.CONFLICT)
    query = request.query_string.decode()
    # A merge can be taken back: nobody keeps where it led.
    headers = {"Location": f"{where}?{query}" if query else where, "Cache_Control": "no-store"}
    return json_answer({"data": {"id": survivor}, "merged_into": survivor}, 301, **headers)


def merged(object_name: str, survivor: str, where: str = "") -> Problem:
    """Return what is said of a write meant for a record that is part of another one now."""
    text = f"This {object_name} was merged into {survivor}."
    place = where or f"{ROOT}{object_name}/{survivor}"
    return Problem("merged", "id", text, f"Send it to {place} if it is meant for that one.")


def refuse_merged(asked: Asked, object_name: str, column: tuple[str, object]) -> None:
    """Refuse (409) to make a record anew whose value names one that is part of another one now."""
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        survivor = led_to_by(sight, object_name, column)
    if survivor is not None:
        raise RefusedError([merged(object_name, survivor)], HTTPStatus.CONFLICT)


def outcomes_led_on(
    asked: Asked, object_name: str, outcomes: Sequence[Outcome]
) -> Sequence[Outcome]:
    """Return outcomes of which those whose record is part of another one now say so (409)."""
    gone = [str(one.record_id) for one in outcomes if one.status == HTTPStatus.NOT_FOUND]
    if not gone:
        return outcomes
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        led = all_led_to(sight, object_name, gone)
    return [_led(object_name, one, led.get(str(one.record_id))) for one in outcomes]


def _led(object_name: str, outcome: Outcome, survivor: str | None) -> Outcome:
    if survivor is None or outcome.status != HTTPStatus.NOT_FOUND:
        return outcome
    problems_said = (merged(object_name, survivor),)
    return replace(outcome, status=int(HTTPStatus.CONFLICT), problems=problems_said)
