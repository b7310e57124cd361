"""Line items: shown and edited on the page of their record, and worked out while a form holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.changes.nouns import Outcome
from fieldstone.fieldtypes.rows import RowsType
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import Query, Record
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.controls import posted
from fieldstone.web.pages.details import Details, changed_between
from fieldstone.web.pages.form_values import Filled, filled
from fieldstone.web.pages.inline import needs_whole_page, submitted
from fieldstone.web.pages.inputs import Inputs, values_of
from fieldstone.web.pages.line_items import LineItems, worked_out
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.record_lines import LinesBox
from fieldstone.web.pages.subjects import access_of, not_there, object_of
from fieldstone.web.pages.wording import told
from fieldstone.web.pages.wrong import errors_of

PAGE = Blueprint("lines", __name__)
STALE: Final = 412
Drawn = dict[str, Any]


@dataclass(frozen=True)
class LinesEditor:
    """The lines of one record while they are written."""

    shown: RecordPage
    field: Field

    @property
    def url(self) -> str:
        """Return where the lines are read and saved."""
        return f"{self.shown.url}/lines/{self.field.code}"

    def drawn(self, found: Filled | None = None, outcome: Outcome | None = None) -> Drawn:
        """Return the box in mode "edit", with what was typed and what is wrong with it."""
        shown, field = self.shown, self.field
        asked = shown.asked
        problems = outcome.problems if outcome else ()
        inputs = Inputs(
            asked,
            shown.spec,
            shown.standing,
            shown.record.values,
            found.typed if found else {},
            errors_of(problems, asked.language),
            shown.record.id,
        )
        box = LinesBox(asked, shown.record, shown.standing)
        apart = [one for one in problems if not one.path.startswith(f"{field.code}.")]
        texts = [{"text": told(one, asked.language)} for one in apart]
        if outcome is not None and outcome.status == STALE:
            t = shown.speech.t
            text = t("Somebody changed this record meanwhile. Save again to keep your lines.")
            texts = [{"text": text}]
        return {
            **box.head(field),
            "mode": "edit",
            "f": inputs.one(field),
            "version": shown.record.version,
            "problems": texts,
        }


def _field(shown: RecordPage, name: str) -> Field:
    """Return a field of line items that the page shows. Raises RefusedError (404)."""
    field = shown.spec.fields.get(name)
    details = Details(shown.asked, shown.record, shown.standing)
    if field is None or not isinstance(field.type, RowsType) or not details.is_shown(name):
        raise not_there()
    return field


@PAGE.get("/o/<code>/<record_id>/lines/<name>")
def show_lines(code: str, record_id: str, name: str) -> Response:
    """Show the lines of a record, all of them, or the grid that edits them."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    field = _field(shown, name)
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url)
    if "edit" in request.args and not shown.deleted and shown.standing.may_write(name):
        return drawing.fragment(asked, "lines", {"x": LinesEditor(shown, field).drawn()})
    box = LinesBox(asked, shown.record, shown.standing)
    return drawing.fragment(asked, "lines", {"x": box.drawn(field, every="all" in request.args)})


@PAGE.post("/o/<code>/<record_id>/lines/<name>")
def save_lines(code: str, record_id: str, name: str) -> Response:
    """Save all lines at once; what changed with them is drawn anew too."""
    asked = the_call()
    before = page_of(asked, code, record_id)
    field = _field(before, name)
    if before.deleted:
        raise not_there()
    found = filled(asked, before.spec, request.form, [name], before.record.values)
    outcome = submitted(asked, before, dict(found.sent)) if found.sent else None
    if outcome is not None and outcome.refused:
        if not drawing.wants_fragment():
            text = told(outcome.problems[0], asked.language)
            return drawing.go(asked, before.url, {"text": text, "tone": "warn"})
        refused = {"x": LinesEditor(before, field).drawn(found, outcome)}
        return drawing.fragment(asked, "lines", refused, 422)
    toast: Drawn = {"text": before.speech.t("Saved.")}
    if outcome is not None and outcome.warnings:
        toast = {"text": told(outcome.warnings[0], asked.language), "tone": "warn"}
    if not drawing.wants_fragment():
        return drawing.go(asked, before.url, toast)
    after = page_of(asked, code, record_id)
    events: Drawn = {"toast": toast}
    if needs_whole_page(before, after):
        events["reload"] = True
    context: Drawn = {
        "x": LinesBox(asked, after.record, after.standing).drawn(field),
        "also": _changed_with(before, after),
        "stages": after.stages(),
    }
    return drawing.fragment(asked, "lines", context, 200, events)


def _changed_with(before: RecordPage, after: RecordPage) -> list[Drawn]:
    details = Details(after.asked, after.record, after.standing)
    codes = [code for code in after.spec.fields if details.is_shown(code)]
    changed = details.fields(changed_between(before.record, after.record, codes))
    return [one for one in changed if one["f"]["type"] not in ("rows", "file", "image")]


@PAGE.post("/o/<code>/lines/<name>")
def work_out_lines(code: str, name: str) -> Response:
    """Answer what the lines in a form come to, and what is wrong with their cells; nothing is written."""
    asked = the_call()
    spec = object_of(asked, code)
    field = spec.fields.get(name)
    known = field is not None and name in access_of(asked, spec).shown_anywhere()
    if field is None or not isinstance(field.type, RowsType) or not known:
        raise not_there()
    record = _record(asked, spec, request.args.get("id", ""))
    if record is None:
        before = {one: found.default for one, found in spec.fields.items()}
    else:
        before = dict(values_of(record))
    typed = filled(asked, spec, request.form, spec.fields, before).typed
    drafted = worked_out(asked, spec, record.id if record else "", before, typed)
    items, lines = LineItems(asked, spec, field), posted(request.form, field) or []
    worked = drafted.lines.get(name, ()) if drafted else ()
    busy, typing = set(items.busy(lines)), request.form.get("_at", "")
    outputs, said = [], []
    for n, line in enumerate(lines):
        begin = f"f-{name}-{line['key']}"
        if n < len(worked):
            texts = items.texts(worked[n])
            outputs += [{"id": f"{begin}-{one}", "text": text} for one, text in texts.items()]
        wrong = items.wrong(line) if n in busy else {}
        said += [
            {"id": f"{begin}-{one.code}", "errors": wrong.get(one.code, [])}
            for one in items.columns
            if not one.derived and f"{name}-{line['key']}-{one.code}" != typing
        ]
    context = {"totals": items.totals(drafted), "outputs": outputs, "said": said}
    return drawing.fragment(asked, "lines_worked", context)


def _record(asked: Asked, spec: ObjectType, record_id: str) -> Record | None:
    if not record_id:
        return None
    found = asked.site.reads.get(asked.ctx, asked.model, spec.code, record_id, Query())
    if found is None:
        raise not_there()
    return found
