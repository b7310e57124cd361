"""One entry of a part in the studio: its form, the plan of what was typed, its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.names import is_code
from fieldstone.evolution.effective import Effective
from fieldstone.expressions.expression import parse
from fieldstone.expressions.problems import ExpressionError
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import Edits, changed, changing_of, effective_of
from fieldstone.web.pages.studio_parts import Part, entries_of, form_of, part_of
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_trial import trial_page
from fieldstone.web.pages.studio_words import KINDS, label_of, variant_label
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_entry", __name__)
Drawn = dict[str, Any]
NEW: Final = "new"


@PAGE.get("/studio/o/<object_name>/<kind>/<code>")
def entry_page(object_name: str, kind: str, code: str) -> Response:
    """Show the form of one entry, or of a new one."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.args.get("pipeline", ""))
    return _form(asked, part, code, {}, {})


@PAGE.post("/studio/o/<object_name>/<kind>/<code>")
def write_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan an entry as it was typed."""
    asked, given = the_call(), request.form
    changing = changing_of(asked)
    part = part_of(asked, object_name, kind, given.get("pipeline", ""))
    entries = entries_of(part, effective_of(asked))
    before = entries.get(code, {}) if code != NEW else {}
    variant = _variant(part, before, given.get("variant", ""))
    form = form_of(asked, part, variant, [one for one in entries if one != code])
    typed = {name: value for name, value in given.items() if value != ""}
    values, errors = form.read(typed)
    wanted = given.get("code", code).strip() if code == NEW or part.may_rename else code
    if errors_of_code := _code_error(asked, part, wanted, code, entries):
        errors["code"] = errors_of_code
    if errors:
        return _form(asked, part, code, dict(given), errors)
    head = _head(part, variant, given.get("object", ""))
    _, documents = changing.current(asked.ctx)
    edits = Edits()
    if code == NEW:
        edits = edits.set(part.entry(wanted), {**head, **values})
    else:
        if wanted != code:
            edits = _renamed(edits, part, code, wanted, own=documents.value(part.entry(code))[1])
        shown = {name: before.get(name) for name in form.properties if name in before}
        edits = changed(edits, part.entry(wanted), shown, values)
    if given.get("try") and part.kind == "rules":
        return trial_page(asked, wanted, edits)
    return planned_page(asked, edits, _back(part, given.get("pipeline", "")))


@PAGE.post("/studio/o/<object_name>/<kind>/<code>/remove")
def remove_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan the end of an entry: its values stay until they are purged."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.form.get("pipeline", ""))
    changing, effective = changing_of(asked), effective_of(asked)
    if code not in entries_of(part, effective):
        raise not_there()
    _, documents = changing.current(asked.ctx)
    own = documents.without(part.entry(code))
    still = entries_of(part, changing.effective(asked.ctx, own))
    edits = (
        Edits().set(part.entry(code), None) if code in still else Edits().reset(part.entry(code))
    )
    return planned_page(asked, edits, _back(part, request.form.get("pipeline", "")))


@PAGE.post("/studio/o/<object_name>/<kind>/<code>/reset")
def reset_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan the return to what the layers below say."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.form.get("pipeline", ""))
    edits = Edits().reset(part.entry(code))
    return planned_page(asked, edits, _back(part, request.form.get("pipeline", "")))


@PAGE.get("/studio/read-back")
def read_back() -> Response:
    """Say in words what an expression means, or what is wrong with it."""
    asked = the_call()
    changing_of(asked)
    return drawing.fragment(asked, "studio_said", _said(asked))


def _said(asked: Asked) -> Drawn:

    model, name = asked.model, request.args.get("object", "")
    text = next((v for k, v in request.args.items() if k != "object"), "").strip()
    if not text or name not in model.objects:
        return {"text": "", "wrong": ""}
    try:
        return {"text": parse(text, model.scope(name)).read_back(asked.language), "wrong": ""}
    except ExpressionError as error:
        return {"text": "", "wrong": " ".join(f"{p.message} {p.cure}" for p in error.problems)}


def _form(
    asked: Asked, part: Part, code: str, typed: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    effective = effective_of(asked)
    entries = entries_of(part, effective)
    if code != NEW and code not in entries:
        raise not_there()
    value = entries.get(code, {}) if code != NEW else {}
    variant = _variant(part, value, typed.get("variant", "") or request.args.get("variant", ""))
    form = form_of(asked, part, variant, [one for one in entries if one != code])
    chosen = typed.get("object") or value.get("object") or request.args.get("object", "lead")
    object_name = part.spec.code if part.spec else str(chosen)
    of_rule = part.kind == "rules" and code == NEW
    context = {
        **_heading(asked, part, code, value),
        **_ends(asked, part, code, effective),
        "code": typed.get("code", "" if code == NEW else code),
        "variant": variant,
        "variant_label": variant_label(asked, part, variant),
        "fields": form.fields(value, typed, errors),
        "errors": [{"name": name, "text": text} for name, text in errors.items()],
        "object": object_name,
        "objects": _objects(asked, object_name) if of_rule else [],
    }
    return drawing.page(asked, "studio_entry", context, 422 if errors else 200)


def _heading(asked: Asked, part: Part, code: str, value: Mapping[str, Any]) -> Drawn:
    """Return what stands above the form of an entry."""
    t, spec = speech(asked.language).t, part.spec
    what = t(KINDS[part.kind])
    return {
        "tabs": tabs(asked, "rules" if part.kind == "rules" else "objects"),
        "title": t("New: {what}", what=what) if code == NEW else label_of(asked, code, value),
        "crumb": {"label": spec.label.text(asked.language) if spec else what, "href": part.base},
        "action": f"{part.base}/{code}",
        "pipeline": part.pipeline,
        "fresh": code == NEW,
        "renames": part.may_rename,
        "tries": part.kind == "rules",
    }


def _ends(asked: Asked, part: Part, code: str, effective: Effective) -> Drawn:
    """Return how an entry can be ended: taken away, or left to the layers below."""
    if code == NEW:
        return {"layer": "", "remove_url": "", "reset_url": ""}
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    below = False
    if documents.value(part.entry(code))[1]:
        without = changing.effective(asked.ctx, documents.without(part.entry(code)))
        below = code in entries_of(part, without)
    return {
        "layer": effective.layer(part.entry(code)),
        "remove_url": f"{part.base}/{code}/remove",
        "reset_url": f"{part.base}/{code}/reset" if below else "",
    }


def _objects(asked: Asked, chosen: str) -> list[Drawn]:
    return [
        {"value": one.code, "label": one.label.text(asked.language), "chosen": one.code == chosen}
        for one in asked.model.objects.values()
        if one.parent is None
    ]


def _variant(part: Part, value: Mapping[str, Any], asked_for: str) -> str:
    if part.kind == "fields":
        return str(value.get("type") or asked_for or "text")
    if part.kind == "rules":
        return str(value.get("kind") or asked_for or "automation")
    return ""


def _head(part: Part, variant: str, object_name: str) -> dict[str, Any]:
    if part.kind == "fields":
        return {"type": variant}
    return {"kind": variant, "object": object_name} if part.kind == "rules" else {}


def _code_error(
    asked: Asked, part: Part, wanted: str, code: str, entries: Mapping[str, Any]
) -> str:
    t = speech(asked.language).t
    if part.kind in ("permissions",):
        roles = asked.model.roles
        return "" if wanted in roles else t("There is no role of this code.")
    if not is_code(wanted) or wanted == NEW:
        return t("Write small letters, digits and single _, beginning with a letter.")
    if wanted != code and wanted in entries:
        return t("This code is taken.")
    return ""


def _renamed(edits: Edits, part: Part, code: str, wanted: str, *, own: bool) -> Edits:
    """Return the step that calls an entry otherwise; one of a lower layer is renamed from above it."""
    if own:
        return edits.rename(part.entry(code), wanted)
    return edits.set((*part.entry(wanted), "renamed_from"), code)


def _back(part: Part, pipeline: str) -> str:
    return f"{part.base}?pipeline={pipeline}" if pipeline else part.base
