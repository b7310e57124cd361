"""What can be done with records beside writing fields: actions and figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Outcome
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.fieldtypes.duration import DurationType
from fieldstone.reads.query import Query
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import etag, json_answer, not_found, record_after
from fieldstone.web.rest.objects import context, idempotency, object_of
from fieldstone.web.rest.openapi_parts import AGGREGATE
from fieldstone.web.rest.reading_json import body, known_parameters, refusal
from fieldstone.writes.once import RepeatedError

blueprint = Blueprint("doing", __name__, url_prefix="/api/v1")


@blueprint.post("/<object_name>/<record_id>/actions/<action>")
def act(object_name: str, record_id: str, action: str) -> Response:
    """Run an action on a record: claim, release, assign, move, convert, complete and those of plugins."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run")
    params = body()
    if not is_id(record_id):
        raise not_found(object_name, record_id)
    site, ctx, key = asked.site, context(asked), idempotency()
    once = site.once(ctx.actor.id, key) if key is not None and not ctx.dry_run else None
    writes = once or site.writes
    call = Call(ctx, asked.model, object_name, record_id, params, site.reads, writes)
    try:
        result = run(site.vocabulary.actions, action, call)
    except RepeatedError as repeated:
        return _again(asked, object_name, record_id, repeated.answer)
    if once is not None:
        message = {"en": result.message.en, "zh": result.message.zh}
        once.answered({"message": message, "others": dict(result.others)})
    return _acted(asked, object_name, result, {})


def _acted(asked: Asked, object_name: str, result: Result, headers: Mapping[str, str]) -> Response:
    answer = record_after(asked, object_name, result.outcome)
    answer["message"] = result.message.text(asked.language)
    if result.others:
        answer["others"] = dict(result.others)
    version = answer["data"].get("version") or result.outcome.version
    return json_answer(answer, 200, ETag=etag(int(str(version))), **headers)


def _again(asked: Asked, object_name: str, record_id: str, answer: Mapping[str, Any]) -> Response:
    """Answer a repeated request: what was said then, and the record as it is now."""
    message = Label(**answer.get("message", {"en": "", "zh": ""}))
    done = Result(Outcome(record_id, replayed=True), message, answer.get("others", {}))
    return _acted(asked, object_name, done, {"Idempotency_Replayed": "true"})


@blueprint.post("/<object_name>/aggregate")
def aggregate(object_name: str) -> Response:
    """Count, sum and average the records that the caller may see, by groups."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    given = body()
    query, group, measures = _wanted(given)
    lines = asked.site.reads.aggregate(
        asked.ctx, asked.model, object_name, query, group=group, measures=measures
    )
    return json_answer(
        {"data": [{name: _plain(value) for name, value in line.items()} for line in lines]}
    )


def _wanted(given: Mapping[str, Any]) -> tuple[Query, list[str], dict[str, str]]:
    """Return what an aggregate's body asks for. Raises RefusedError with 400 and every problem."""
    problems = list(plain_problems(AGGREGATE, dict(given)))
    if problems:
        raise RefusedError(problems, 400)
    group, measures = given.get("group", []), given.get("measures", {"count": "count()"})
    if set(group) & set(measures):
        cure = "Give the measure another name."
        raise refusal("bad_aggregate", "measures", "A measure is named like a group.", cure)
    query = Query(
        filter=given.get("filter") or None,
        q=given.get("q") or "",
        pool=given.get("pool") or None,
        deleted=given.get("deleted", False),
    )
    return query, group, measures


def _plain(value: object) -> object:
    """Return a figure or a group as records show such values: decimals as text, instants with Z."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return DatetimeType().dump(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return DurationType().dump(value)
    return value
