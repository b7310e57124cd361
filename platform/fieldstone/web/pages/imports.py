"""Imports: a file is taken in, its columns are matched, every row is tried, then it runs and can be undone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import FileStorage

from fieldstone.access.access import access_to
from fieldstone.actions.importing.desk import BUSY, Desk, FileGoneError, KeptImport, unpacked
from fieldstone.actions.importing.guessing import mapping_text
from fieldstone.actions.importing.rejects import rejected_rows
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.storage.import_log import ImportLog
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.import_cards import Cards
from fieldstone.web.pages.import_matching import Matching
from fieldstone.web.pages.subjects import object_of
from fieldstone.web.pages.wording import told

PAGE = Blueprint("imports", __name__)
Context = dict[str, Any]


def desk_of(asked: Asked) -> Desk:
    """Return the desk that takes imports for who asks."""
    return Desk(asked.site.storage, asked.site.queue, asked.ctx, asked.model)


@PAGE.get("/imports")
def imports() -> Response:
    """Show the latest imports, with what runs at the moment."""
    asked = the_call()
    cards = Cards(asked)
    objects = _objects(asked)
    context: Context = {
        "imports": [cards.card(kept) for kept in desk_of(asked).recent()],
        "new_url": "/imports/new" if objects else "",
    }
    return drawing.page(asked, "imports", context)


@PAGE.get("/imports/new")
def new_import() -> Response:
    """Show the form that takes a file."""
    return _form(the_call(), request.args.get("object", ""))


def _form(
    asked: Asked, chosen: str, problems: tuple[Problem, ...] = (), status: int = 200
) -> Response:
    objects = _objects(asked)
    if not objects:
        text = "Your roles do not let you create anything."
        raise RefusedError([Problem("forbidden", "object", text, "Ask an administrator.")], 403)
    context: Context = {
        "imports": None,
        "upload": {
            "action": "/imports",
            "objects": [{**one, "chosen": one["value"] == chosen} for one in objects],
            "megabytes": asked.site.settings.request_megabytes,
            "errors": [told(problem, asked.language) for problem in problems],
        },
    }
    return drawing.page(asked, "imports", context, status)


def _objects(asked: Asked) -> list[dict[str, Any]]:
    """Return what this person may create, in the order of the navigation."""
    actor, found = asked.ctx.actor, {}
    for code in [*(item.target for item in asked.model.nav), *asked.model.objects]:
        spec = asked.model.objects.get(code)
        if spec is None or spec.parent is not None or code in found:
            continue
        access = access_to(asked.model, actor, code)
        if access.may_read and access.may_create:
            found[code] = {"value": code, "label": spec.plural.text(asked.language)}
    return list(found.values())


@PAGE.post("/imports")
def take_in() -> Response:
    """Keep the file and go on to its columns; what is no table is refused in the form."""
    asked = the_call()
    object_name, given = request.form.get("object", ""), request.files.get("file")
    try:
        kept = desk_of(asked).receive(object_name, *named_content(given))
    except RefusedError as error:
        return _form(asked, object_name, error.problems, error.status)
    return drawing.go(asked, f"/imports/{kept.id}")


def named_content(given: FileStorage | None) -> tuple[str, bytes]:
    """Return name and content of an uploaded file. Raises RefusedError when there is none."""
    if given is None or not given.filename:
        text = "No file was chosen."
        raise RefusedError([Problem("no_file", "file", text, "Choose a CSV or Excel file.")])
    return given.filename, given.read()


@PAGE.get("/imports/<import_id>")
def one_import(import_id: str) -> Response:
    """Show where an import stands, or the one card or progress bar that asks for itself."""
    asked = the_call()
    kept = desk_of(asked).find(import_id)
    card = Cards(asked).card(kept)
    if drawing.wanted_block().startswith("imp_"):
        return drawing.fragment(asked, "import", {"job": card})
    context = _context(asked, import_id)
    ended = drawing.wanted_block() == "progress" and kept.state not in BUSY
    return drawing.page(asked, "import_steps", context, told={"reload": True} if ended else None)


def _context(asked: Asked, import_id: str, problems: tuple[Problem, ...] = ()) -> Context:
    kept = desk_of(asked).find(import_id)
    cards = Cards(asked)
    context: Context = {
        "x": cards.card(kept),
        "steps": cards.steps(kept),
        "errors": [told(problem, asked.language) for problem in problems],
    }
    matching = context["x"]["state"] in ("matching", "checked", "failed")
    if matching or kept.counts.get("rejected"):
        context["gone"] = True
        with suppress(FileGoneError):
            context |= _of_the_file(asked, kept, cards, matching=matching)
    return context


def _of_the_file(asked: Asked, kept: KeptImport, cards: Cards, *, matching: bool) -> Context:
    """Return what a page shows of the file's own rows. Raises FileGoneError when the file is no longer kept."""
    found: Context = {"gone": False}
    spec = object_of(asked, kept.object_name)
    with unpacked(asked.site.storage, kept) as source:
        if matching:
            found["match"] = Matching(asked, spec, source).context(kept)
        if kept.counts.get("rejected"):
            found["refused"] = cards.refused(kept, source)
    return found


@PAGE.post("/imports/<import_id>/check")
def check(import_id: str) -> Response:
    """Keep which column fills which field, and let a worker try every row."""
    asked = the_call()
    desk = desk_of(asked)
    kept = desk.find(import_id)
    spec = object_of(asked, kept.object_name)
    try:
        with unpacked(asked.site.storage, kept) as source:
            matching = Matching(asked, spec, source)
            columns = matching.posted(request.form)
            text = mapping_text(
                spec,
                asked.model,
                columns,
                matching.samples,
                key=request.form.get("key", ""),
                existing="skip" if request.form.get("existing") == "skip" else "update",
            )
        desk.check(kept, text)
    except RefusedError as error:
        context = _context(asked, import_id, error.problems)
        return drawing.page(asked, "import_steps", context, error.status)
    return drawing.go(asked, f"/imports/{import_id}")


@PAGE.post("/imports/<import_id>/run")
def run(import_id: str) -> Response:
    """Let a worker import what was checked."""
    asked = the_call()
    desk = desk_of(asked)
    desk.run(desk.find(import_id))
    return drawing.go(asked, f"/imports/{import_id}")


@PAGE.post("/imports/<import_id>/undo")
def undo(import_id: str) -> Response:
    """Let a worker take back what the import created; the card shows how far it is."""
    asked = the_call()
    desk = desk_of(asked)
    desk.undo(desk.find(import_id))
    if drawing.wants_fragment():
        return drawing.fragment(asked, "import", {"job": Cards(asked).card(desk.find(import_id))})
    toast = {"text": speech(asked.language).t("The import is being taken back.")}
    return drawing.go(asked, f"/imports/{import_id}", toast)


@PAGE.get("/imports/<import_id>/rejected")
def rejected(import_id: str) -> Response:
    """Answer the refused rows as a file, each with its reasons."""
    asked = the_call()
    return rejected_file(asked, import_id)


def rejected_file(asked: Asked, import_id: str) -> Response:
    """Return the refused rows of an import as a CSV file that spreadsheet programs open."""
    kept = desk_of(asked).find(import_id)
    with asked.site.storage.looking() as connection:
        rows = list(ImportLog(connection).rows(kept.id, "rejected"))
    with unpacked(asked.site.storage, kept) as source:
        body = rejected_rows(source, rows)
    response = Response("\ufeff" + body, content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"rejected-{kept.id}.csv")
    response.headers["Cache-Control"] = "private, no-store"
    return response
