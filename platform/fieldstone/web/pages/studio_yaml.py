"""The site's own documents as text, for those who prefer it; comments and order stay as they were typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request

from fieldstone.base.errors import MetadataError, Problem, RefusedError
from fieldstone.compiler.completing import offers, spot_at
from fieldstone.web.asking import the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of
from fieldstone.web.pages.studio_names import entries_at, names_for, schema_for, with_below
from fieldstone.web.pages.studio_plan import planned_page

PAGE = Blueprint("studio_yaml", __name__)
Drawn = dict[str, Any]
LONGEST: Final = 400_000
MOST_OFFERS: Final = 700


@PAGE.get("/studio/yaml")
def yaml_page() -> Response:
    """Show the documents of the site, and one of them to write in."""
    asked = the_call()
    _, documents = changing_of(asked).current(asked.ctx)
    files = {one.path: one.text for one in documents.site.documents}
    chosen = request.args.get("file", "") or next(iter(files), "")
    context: Drawn = {
        "tabs": tabs(asked, "yaml"),
        "files": [
            {"path": path, "href": f"/studio/yaml?file={path}", "current": path == chosen}
            for path in files
        ],
        "file": chosen,
        "text": files.get(chosen, ""),
        "there": chosen in files,
        "below": [one.name for one in documents.templates],
    }
    return drawing.page(asked, "studio_yaml", context)


@PAGE.post("/studio/yaml")
def write_yaml() -> Response:
    """Plan a document of the site as it was typed; an empty one is taken away."""
    asked, given = the_call(), request.form
    changing_of(asked)
    file = given.get("file", "").strip()
    edits = Edits().write(file, given.get("text", "").replace("\r\n", "\n"))
    return planned_page(asked, edits, f"/studio/yaml?file={file}")


@PAGE.post("/studio/yaml/complete")
def complete() -> Response:
    """Return what may be typed at a place of a document, as JSON: [{label, apply, detail, type}]."""
    asked, given = the_call(), request.form
    changing_of(asked)
    text, file = _typed(given), given.get("file", "")
    line = _number(given, "line")
    schema = schema_for(asked, file, text)
    effective = effective_of(asked)
    spot = with_below(effective, text, spot_at(text, line, _number(given, "column")))
    named = names_for(asked, effective, schema, text, line, spot)
    found = offers(schema, spot, named, entries_at(asked, effective, file, text, spot))
    return _json(
        [
            {"label": one.label, "apply": one.apply, "detail": one.detail, "type": "property" if one.is_key else "constant"}
            for one in found[:MOST_OFFERS]
        ]
    )  # fmt: skip


@PAGE.post("/studio/yaml/check")
def check() -> Response:
    """Return what is wrong with a document as it is typed, as JSON: [{line, column, text}], both from 1."""
    asked, given = the_call(), request.form
    changing = changing_of(asked)
    file = given.get("file", "").strip()
    number, documents = changing.current(asked.ctx)
    try:
        planned = changing.plan(asked.ctx, documents.with_text(file, _typed(given)), number)
        problems = planned.problems
    except (MetadataError, RefusedError) as error:
        problems = tuple(error.problems)
    return _json([_marked(one, file) for one in problems])


def _typed(given: Mapping[str, str]) -> str:
    text = given.get("text", "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        said = f"the document has {len(text):,} characters, at most {LONGEST:,} can be."
        raise RefusedError([Problem("too_large", "text", said, "Split it with 'include'.")], 413)
    return text


def _number(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "")
    if not (text.isdecimal() and text.isascii() and len(text) < len("1000000")):
        said = f"{name} is no whole number."
        raise RefusedError(
            [Problem("bad_place", name, said, "Send a line and a column from 0.")], 400
        )
    return int(text)


def _marked(one: Problem, file: str) -> Drawn:
    """Return a problem with its place in this document; one of another document stands in the first line."""
    place, _, name = one.path.partition("  ")
    path, *numbers = place.split(":")
    here = (
        path == file
        and len(numbers) == len(("line", "column"))
        and all(n.isdecimal() for n in numbers)
    )
    line, column = (int(numbers[0]), int(numbers[1])) if here else (1, 1)
    text = " ".join(part for part in (name if here else one.path, one.message, one.cure) if part)
    return {"line": line, "column": column, "text": text}


def _json(found: list[Drawn]) -> Response:
    response = Response(orjson.dumps(found), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
