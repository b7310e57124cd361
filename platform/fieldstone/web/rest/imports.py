"""Imports by programs: a file with its mapping goes in, its progress and its refused rows come out."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.importing.desk import Desk, KeptImport, unpacked
from fieldstone.actions.importing.guessing import fillable, guessed, mapping_text
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.base.problem_texts import as_data
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.storage.import_log import ImportLog
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages.import_matching import samples_of
from fieldstone.web.pages.imports import desk_of, named_content, rejected_file
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.reading_json import flag, known_parameters, refusal

blueprint = Blueprint("imports_api", __name__, url_prefix="/api/v1/imports")
MULTIPART: Final = "multipart/form-data"
REFUSED_TOLD: Final = 20
instant = DatetimeType().dump


@blueprint.get("")
def list_imports() -> Response:
    """Return the latest imports."""
    asked = the_call()
    known_parameters()
    desk = desk_of(asked)
    return json_answer({"data": [_told(desk, kept) for kept in desk.recent()]})


@blueprint.post("")
def take_in() -> Response:
    """Take a file with its mapping and begin: 202 with where to look. With dry_run=1 every row is only checked."""
    asked = the_call()
    known_parameters("dry_run")
    if request.mimetype != MULTIPART:
        text = f"The body is {request.mimetype or 'empty'}, not a form with a file."
        cure = f"Send 'Content-Type: {MULTIPART}' with the parts object and file."
        raise refusal("not_a_form", "Content-Type", text, cure, 415)
    dry, desk = flag("dry_run"), desk_of(asked)
    given = request.files.get("file")
    kept = desk.receive(request.form.get("object", ""), *named_content(given))
    try:
        mapping = _mapping(asked, kept)
        begin = desk.check if dry else desk.run
        begin(kept, mapping)
    except RefusedError:
        desk.drop(kept)
        raise
    location = f"/api/v1/imports/{kept.id}"
    return json_answer({"data": _told(desk, desk.find(kept.id))}, 202, Location=location)


def _mapping(asked: Asked, kept: KeptImport) -> str:
    """Return the mapping: as it was sent, made from `columns`, or guessed from the names of the columns."""
    if written := request.form.get("mapping", ""):
        return written
    spec = asked.model.objects[kept.object_name]
    fields = fillable(spec, access_to(asked.model, asked.ctx.actor, spec.code))
    with unpacked(asked.site.storage, kept) as source:
        samples, headings = samples_of(source), source.headings
    text = request.form.get("columns", "")
    columns = _columns(text, headings) if text else guessed(fields, headings, samples)
    if unknown := sorted(set(columns.values()) - {field.code for field in fields}):
        said = f"{spec.label.en} has no field {unknown[0][:40]!r} that you may fill."
        cure = did_you_mean(unknown[0][:40], [field.code for field in fields])
        raise refusal("unknown_field", "columns", said, cure, 422)
    if not columns:
        said = "No column could be matched with a field."
        raise refusal("nothing", "columns", said, 'Send columns={"Column": "field"}.', 422)
    return mapping_text(spec, asked.model, columns, samples, key=request.form.get("key", ""))


def _columns(text: str, headings: tuple[str, ...]) -> dict[str, str]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(code, str) for code in found.values()):
        said = "columns is no JSON object of texts."
        raise refusal("not_an_object", "columns", said, 'Send {"Column": "field"}.')
    if missing := [column for column in found if column not in headings]:
        said = f"The file has no column {missing[0][:60]!r}."
        raise refusal(
            "no_such_column", "columns", said, did_you_mean(missing[0][:60], headings), 422
        )
    if len(set(found.values())) != len(found):
        raise refusal("field_twice", "columns", "Two columns fill one field.", "Choose one.", 422)
    return found


@blueprint.get("/<import_id>")
def one_import(import_id: str) -> Response:
    """Return how far an import is, and the first refused rows with their reasons."""
    asked = the_call()
    known_parameters()
    desk = desk_of(asked)
    kept = desk.find(import_id)
    with asked.site.storage.looking() as connection:
        refused = [
            {
                "line": row.line,
                "problems": [as_data(Problem(**one), asked.language) for one in row.problems],
            }
            for row, _ in zip(
                ImportLog(connection).rows(kept.id, "rejected"), range(REFUSED_TOLD), strict=False
            )
        ]
    return json_answer({"data": {**_told(desk, kept), "rejected": refused}})


@blueprint.get("/<import_id>/rejected")
def rejected(import_id: str) -> Response:
    """Return all refused rows as CSV, as they were, with line and reasons."""
    known_parameters()
    return rejected_file(the_call(), import_id)


@blueprint.post("/<import_id>/run")
def run(import_id: str) -> Response:
    """Import what was checked."""
    return _begun(import_id, "run")


@blueprint.post("/<import_id>/undo")
def undo(import_id: str) -> Response:
    """Take back what an import created; records that somebody changed since stay."""
    return _begun(import_id, "undo")


def _begun(import_id: str, verb: str) -> Response:
    known_parameters()
    desk = desk_of(the_call())
    kept = desk.find(import_id)
    if verb == "undo":
        desk.undo(kept)
    elif not kept.mapping:
        raise refusal("no_mapping", "mapping", "Its columns are not matched yet.", "Do so.", 409)
    else:
        desk.run(kept)
    return json_answer({"data": _told(desk, desk.find(import_id))}, 202)


def _told(desk: Desk, kept: KeptImport) -> dict[str, Any]:
    stand = desk.stand(kept)
    return {
        "id": kept.id,
        "object": kept.object_name,
        "file": kept.file,
        "state": stand.state,
        "rows": kept.total,
        "done": stand.done,
        "counts": dict(stand.counts),
        "problem": stand.problem,
        "created_at": instant(kept.created_at),
    }
