"""The configuration for programs and the studio: read it, plan a change, apply it, go back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.simulating import simulate
from fieldstone.base.errors import MetadataError, RefusedError
from fieldstone.base.problem_texts import as_data
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.changing import Changing
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.plan import Plan
from fieldstone.evolution.references import Place
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.storage.revisions import Revision
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.openapi_config import CHANGE, PURGE, ROLLBACK, SIMULATE
from fieldstone.web.rest.reading_json import (
    body,
    known_parameters,
    refusal,
    whole,
    whole_or_none,
)

blueprint = Blueprint("config", __name__, url_prefix="/api/v1/config")
MOST: Final = 200
FIELD_AT: Final = 3  # in ("objects", OBJECT, "fields", FIELD)
ALIASED: Final = timedelta(days=180)
"""How long programs may go on with the earlier code of something that is renamed over REST."""
USUAL_DAYS: Final = 90
instant = DatetimeType().dump


@blueprint.get("")
def configuration() -> Response:
    """Return the revision in force with the site's own documents and the layers below."""
    asked = the_call()
    known_parameters("revision")
    changing = changing_of(asked)
    number, documents = changing.current(asked.ctx)
    wanted = whole_or_none("revision")
    if wanted is not None and wanted != number:
        number, documents = wanted, changing.documents(asked.ctx, wanted)
    served = changing.live.found
    return json_answer(
        {
            "data": {
                "revision": number,
                "served": served.revision,
                "problems": [as_data(one, asked.language) for one in served.problems],
                "layers": list(asked.model.layers),
                "documents": {one.path: one.text for one in documents.site.documents},
            }
        }
    )


@blueprint.get("/revisions")
def revisions() -> Response:
    """List revisions, the newest first."""
    asked = the_call()
    known_parameters("limit", "before")
    changing = changing_of(asked)
    found = changing.revisions(asked.ctx, whole("limit", 50, MOST), whole_or_none("before"))
    return json_answer({"data": [_told(one) for one in found]})


@blueprint.get("/revisions/<int:number>")
def revision(number: int) -> Response:
    """Return one revision with its steps."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    return json_answer({"data": _told(changing.revision(asked.ctx, number))})


@blueprint.post("/plan")
def plan() -> Response:
    """Say what a change would do; nothing is written."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    given = _given(CHANGE)
    return json_answer({"data": _planned(changing, asked, given).as_json(asked.language)})


@blueprint.post("/apply")
def apply() -> Response:
    """Put a change into force."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    given = _given(CHANGE)
    planned = _planned(changing, asked, given)
    applied = changing.apply(asked.ctx, planned, _wish(given))
    return json_answer({"data": _told(applied.revision)}, 201)


@blueprint.post("/rollback")
def rollback() -> Response:
    """Go back to an earlier revision; with "plan": true only say what that would do."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    given = _given(ROLLBACK)
    number = given["revision"]
    planned = changing.plan_rollback(asked.ctx, number)
    if given.get("plan", False):
        return json_answer({"data": planned.as_json(asked.language)})
    applied = changing.rollback(asked.ctx, planned, number, _wish(given))
    return json_answer({"data": _told(applied.revision)}, 201)


@blueprint.get("/retired")
def retired() -> Response:
    """List what is kept of fields and objects that are no longer there."""
    asked = the_call()
    known_parameters()
    found = changing_of(asked).retired(asked.ctx)
    return json_answer({"data": [one.as_json() for one in found]})


@blueprint.post("/purge")
def purge() -> Response:
    """Delete retired values for good; with "plan": true only say what that would do."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    given = _given(PURGE)
    if given.get("plan", False):
        return json_answer(
            {"data": changing.plan_purge(asked.ctx, given["name"]).as_json(asked.language)}
        )
    applied = changing.purge(asked.ctx, given["name"], _wish(given))
    return json_answer({"data": _told(applied.revision)}, 201)


@blueprint.get("/said")
def said() -> Response:
    """Tell which layer says what about a setting, and what names it."""
    asked = the_call()
    known_parameters("path")
    changing = changing_of(asked)
    path = tuple(request.args.get("path", "").split("."))
    found = changing.said_of(asked.ctx, path)
    names: tuple[Place, ...] = ()
    if path[0] == "objects" and path[2:3] == ("fields",) and len(path) > FIELD_AT:
        names = changing.places_of(asked.ctx, "field", (path[1], path[FIELD_AT]))
    return json_answer(
        {
            "data": {
                "layers": [{"layer": one.layer, "value": one.value} for one in found],
                "named_in": [
                    {
                        "object": one.holder,
                        "path": list(one.path),
                        "text": {"en": one.text.en, "zh": one.text.zh},
                    }
                    for one in names
                ],
            }
        }
    )


@blueprint.post("/simulate")
def try_rule() -> Response:
    """Say what a rule, as it is or as the body changes it, would have done with past records; nothing is written."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    given = _given(SIMULATE)
    model = asked.model
    if given.get("set") or given.get("documents"):
        planned = _planned(changing, asked, given)
        if planned.model is None:
            raise RefusedError(planned.problems)
        model = planned.model
    since = timedelta(days=given.get("days", USUAL_DAYS))
    found = simulate(asked.ctx, model, asked.site.storage, given["rule"], since)
    return json_answer({"data": found.as_json()})


def changing_of(asked: Asked) -> Changing:
    """Return the way to change this site's configuration. Raises RefusedError with 401 for nobody, 403 for others."""
    changing = asked.site.changing
    if changing is None:
        text = "This site is built from code and follows no revisions."
        raise refusal("no_revisions", "config", text, "Start it with 'fieldstone serve'.", 404)
    changing.admit(asked.ctx)
    return changing


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    given = body()
    problems = list(plain_problems(schema, given))
    if problems:
        raise RefusedError(problems, 400)
    return given


def _planned(changing: Changing, asked: Asked, given: dict[str, Any]) -> Plan:
    number, documents = changing.current(asked.ctx)
    base = given.get("base", number)
    if base != number:
        raise changing.overtaken(base)
    moves = {tuple(one["path"]): one["to"] for one in given.get("moves", ())}
    until = asked.ctx.now.date() + ALIASED
    return changing.plan(asked.ctx, _changed(documents, given, until), number, moves)


def _changed(documents: Documents, given: dict[str, Any], until: date) -> Documents:
    """Return the documents as the body wants them: whole files first, then single settings."""
    for path, text in given.get("documents", {}).items():
        documents = documents.with_text(path, text or "")
    try:
        for one in given.get("set", ()):
            documents = documents.with_value(one["path"], one["value"])
        for one in given.get("rename", ()):
            documents = documents.renamed(one["path"], one["to"], until)
        for path in given.get("reset", ()):
            documents = documents.without(path)
    except MetadataError as error:  # a document that cannot be read cannot be edited either
        raise RefusedError(error.problems) from None
    return documents


def _wish(given: dict[str, Any]) -> Wish:
    return Wish(given.get("reason", ""), given.get("second_word", False))


def _told(one: Revision) -> dict[str, Any]:
    return {
        "revision": one.number,
        "at": instant(one.at),
        "author": one.author,
        "author_name": one.author_name,
        "reason": one.reason,
        "kind": one.kind,
        "base": one.base,
        "target": one.target,
        "operations": list(one.difference),
    }
