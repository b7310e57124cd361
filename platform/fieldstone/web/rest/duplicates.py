"""Pairs that may be the same, for programs: list, decide, search all, and ask whether somebody is with us already."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.merging.finding import FIND, search_of
from fieldstone.actions.merging.judging import judge
from fieldstone.actions.merging.knowing import Knowing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.reads.pairs import PairQuery
from fieldstone.storage.suspects import OPEN, SuspectedPair
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.objects import object_of
from fieldstone.web.rest.openapi_duplicates import DECISION, QUESTION, SEARCH
from fieldstone.web.rest.reading_json import body, known_parameters, refusal

blueprint = Blueprint("duplicates", __name__, url_prefix="/api/v1/duplicates")
instant = DatetimeType().dump
LARGEST: Final = 500


@blueprint.get("")
def pairs() -> Response:
    """List the pairs of an object: object, state, least, limit, offset."""
    asked = the_call()
    known_parameters("object", "state", "least", "limit", "offset")
    spec = object_of(asked, request.args.get("object", asked.model.present_object("lead")))
    query = PairQuery(
        request.args.get("state", OPEN),
        _number("least", 0, 100),
        _number("offset", 0, 1_000_000),
        _number("limit", 50, LARGEST),
    )
    page = asked.site.reads.pairs(asked.ctx, asked.model, spec.code, query)
    data = [_pair(one) for one in page.pairs]
    return json_answer({"data": data, "page": {"total": page.total}})


def _number(name: str, otherwise: int, largest: int) -> int:
    text = request.args.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > largest:
        raise refusal(
            "bad_number", name, f"{text[:40]!r} is no number up to {largest}.", "Send digits."
        )
    return int(text)


@blueprint.get("/<pair_id>")
def pair(pair_id: str) -> Response:
    """Return one pair."""
    asked = the_call()
    known_parameters()
    return json_answer({"data": _pair(_found(asked, pair_id))})


@blueprint.post("/<pair_id>/decide")
def decide(pair_id: str) -> Response:
    """Note that the two are no duplicates, or that it is open again."""
    asked = the_call()
    known_parameters()
    given = _checked(DECISION)
    found = _found(asked, pair_id)
    judge(asked.ctx, asked.model, asked.site.writes, found, str(given["state"]))
    return json_answer({"data": _pair(_found(asked, pair_id))})


@blueprint.post("/find")
def find() -> Response:
    """Let a worker look through all records of an object."""
    asked = the_call()
    known_parameters()
    spec = object_of(asked, str(_checked(SEARCH)["object"]))
    if not access_to(asked.model, asked.ctx.actor, spec.code).may_assign:
        text, cure = "Your roles do not let you search all records.", "Ask a manager."
        raise RefusedError([Problem("forbidden", "object", text, cure)], 403)
    search_of(asked.model, spec.code)
    job = asked.site.queue.enqueue(FIND, {"object": spec.code}, actor=asked.ctx.actor.id)
    asked.site.queue.ring()
    headers = {"Location": f"/api/v1/duplicates/find/{job}"}
    return json_answer({"data": {"job": job, "state": "queued"}}, 202, **headers)


@blueprint.get("/find/<job_id>")
def search(job_id: str) -> Response:
    """Return how far a search is."""
    asked = the_call()
    _ = asked.ctx
    known_parameters()
    job = asked.site.queue.status(job_id)
    if job is None or job.name != FIND:
        raise _not_found("job", job_id)
    told = {name: job.progress.get(name, 0) for name in ("done", "total", "compared", "found")}
    return json_answer({"data": {"job": job.id, "state": job.state, **told}})


@blueprint.post("/known")
def known() -> Response:
    """Tell whether somebody with these values is with us already."""
    asked = the_call()
    known_parameters()
    given = _checked(QUESTION)
    name = str(given.get("object", asked.model.present_object("lead")))
    object_of(asked, name)
    knowing = Knowing(asked.ctx, asked.model, asked.site.reads, asked.site.writes)
    found = knowing.search(name, {str(k): str(v) for k, v in given["values"].items()})
    return json_answer({"data": [_known(asdict(one)) for one in found]})


def _known(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": one["object_name"],
        "id": one["record_id"] or None,
        **{name: one[name] for name in ("title", "shared", "score", "masked")},
        "owner": one["owner"] or None,
    }


def _checked(schema: dict[str, Any]) -> dict[str, Any]:
    given = dict(body())
    problems = plain_problems(schema, given)
    if problems:
        raise RefusedError(problems, 400)
    return given


def _found(asked: Asked, pair_id: str) -> SuspectedPair:
    found = asked.site.reads.pair(asked.ctx, asked.model, pair_id)
    if found is None:
        raise _not_found("pair", pair_id)
    return found


def _not_found(what: str, wanted: str) -> RefusedError:
    text = f"There is no {what} {wanted[:60]}."
    return RefusedError([Problem("not_found", "id", text, "Look at the list.")], 404)


def _pair(one: SuspectedPair) -> dict[str, Any]:
    return {
        "id": one.id,
        "object": one.object_name,
        "record": one.record,
        "other_object": one.other_object,
        "other": one.other,
        "score": one.score,
        "fields": list(one.fields),
        "state": one.state,
        "found_at": instant(one.found_at),
        "decided_at": instant(one.decided_at) if one.decided_at else None,
    }
