"""The live preview of the studio: what stands in a form is compiled, and drawn as people would meet it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.errors import MetadataError, Problem, RefusedError
from fieldstone.base.problem_texts import in_language
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import Query
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.inline import option_of
from fieldstone.web.pages.studio_draft import Draft, seen_as
from fieldstone.web.pages.studio_edits import Edits, changing_of
from fieldstone.web.pages.studio_parts import Part, part_of
from fieldstone.web.pages.studio_typed import typed_entry
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look

PAGE = Blueprint("studio_preview", __name__)
Drawn = dict[str, Any]
RECORDS: Final = 6
DRAFTED: Final = {"code": "new_field", "label.en": "New field", "label.zh": "新字段"}
NATIVE: Final = {"en": "English", "zh": "简体中文"}


def preview_of(asked: Asked, part: Part, code: str) -> Drawn:
    """Return what stands above a preview: with which record, for which role, in which language."""
    spec, language = part.spec, asked.language
    if spec is None:
        return {}
    query = Query(fields=(spec.title,), limit=RECORDS)
    page = asked.site.reads.list(asked.ctx, asked.model, spec.code, query)
    look = Look(asked)
    return {
        "url": f"/studio/preview/{spec.code}/{part.kind}/{code}",
        "records": [{"value": one.id, "label": look.title(one) or "–"} for one in page.rows],
        "roles": [
            {"value": one.code, "label": one.label.text(language)}
            for one in asked.model.roles.values()
        ],
        "languages": [
            {"value": one, "label": NATIVE.get(one, one), "chosen": one == language}
            for one in asked.site.settings.languages
        ],
    }  # fmt: skip


@PAGE.post("/studio/preview/<object_name>/<kind>/<code>")
def preview_entry(object_name: str, kind: str, code: str) -> Response:
    """Draw the form and the list with a field as it is being typed; nothing is written."""
    asked = the_call()
    changing_of(asked)
    part = part_of(asked, object_name, kind, "")
    if part.spec is None or kind != "fields":
        raise not_there()
    given = request.form.copy()
    if code == part.new and not given.get("label.en") and not given.get("label.zh"):
        for name, text in DRAFTED.items():
            given[name] = given.get(name) or text
    found = typed_entry(asked, part, code, given)
    if "options" in found.errors:  # what is not written yet is drawn as a blank
        given["options-0-en"] = given["options-0-zh"] = "…"
        given["options-0-code"] = "blank"
        found = replace(found, edits=typed_entry(asked, part, code, given).edits)
    t = speech(asked.language).t
    said = [
        f"{t(name.partition('.')[0].replace('_', ' ').capitalize())}: {text}"
        for name, text in found.errors.items()
        if name != "code" and not (code == part.new and text == t("This is needed."))
    ]

    def shown(draft: Draft) -> Drawn:
        return {
            "form": drawing.block_of(draft.asked, "form", "form", draft.form_context()),
            "notes": _notes(draft, draft.spec.fields.get(found.wanted)),
            "list": draft.list_context(draft.view()),
            "list_name": _name_of_list(draft),
        }

    return drawn_draft(asked, found.edits, part.spec, found.wanted, shown, said)


def drawn_draft(
    asked: Asked,
    edits: Edits,
    spec: ObjectType,
    focus: str,
    shown: Callable[[Draft], Drawn],
    said: list[str],
) -> Response:
    """Return the preview of steps, or what is wrong with them; `said` is what was wrong before."""
    changing, given = changing_of(asked), request.form
    context: Drawn = {"problems": said, "notes": [], "language": asked.language}
    try:
        _, documents = changing.current(asked.ctx)
        model = changing.draft(asked.ctx, edits.on(documents))
        seen = seen_as(asked, model, given.get("pv-role", ""), given.get("pv-language", ""))
        record = given.get("pv-record", "")
        context["language"] = seen.language
        context |= shown(Draft(asked, seen, model.objects[spec.code], given, focus, record))
    except (MetadataError, RefusedError) as error:
        told = (in_language(one, asked.language) for one in error.problems)
        context["problems"] = said or [_told(one) for one in told]
    return drawing.fragment(asked, "studio_preview", context)


def _told(problem: Problem) -> str:
    return f"{problem.message} {problem.cure}"


def _name_of_list(draft: Draft) -> str:
    view = draft.view()
    return view.label.text(draft.asked.language) if view else ""


def _notes(draft: Draft, one: Field | None) -> list[str]:
    """Return why the field somebody is at does not stand on the form, or in a list."""
    t, language = speech(draft.live.language).t, draft.live.language
    if one is None:
        return []
    spec, standing = draft.spec, draft.form.standing
    found = []
    if one.archived:
        found.append(t("It is archived: no longer shown."))
    elif one.code in standing.unseen and one.visible_when is not None:
        what = one.visible_when.read_back(language)
        found.append(t("Hidden now; shown while {what}.", what=what))
    elif spec.form and not any(one.code in section.fields for section in spec.form):
        found.append(t("It stands in no section of the form; arrange the form to put it there."))
    elif one.derived or one.read_only:
        found.append(t("Nobody types it: it is shown on the record, not on the form."))
    elif one.code not in standing.writable:
        found.append(t("This role may not write it."))
    view = draft.view()
    if view is not None and one.code not in (*view.columns, spec.title):
        found.append(t("No list has it as a column; it is shown at the end here."))
    return found


@PAGE.get("/studio/preview/options")
def options() -> Response:
    """Answer with the records that a link of the preview may be set to."""
    asked = the_call()
    changing_of(asked)
    target, q = request.args.get("to", ""), request.args.get("q", "")[:200]
    if target not in asked.model.objects:
        raise not_there()
    found = asked.site.reads.options(asked.ctx, asked.model, target, q)
    listed = [option_of(asked, target, one.id, one.title, one.subtitle) for one in found]
    return drawing.fragment(asked, "options", {"options": listed, "q": q})
