"""Where the id of a record leads that was merged into another one: reading goes there, writing is told so."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request

from fieldstone.base.errors import Problem, RefusedError
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
        text = f"This {object_name} was merged into {survivor}."
        problem = Problem("merged", "id", text, f"Send it to {where} if it is meant for that one.")
        return problems.answer([problem], HTTPStatus.CONFLICT)
    query = request.query_string.decode()
    # A merge can be taken back: nobody keeps where it led.
    headers = {"Location": f"{where}?{query}" if query else where, "Cache_Control": "no-store"}
    return json_answer({"data": {"id": survivor}, "merged_into": survivor}, 301, **headers)
