"""One object in the studio, or the site's own parts: entries of a part in a list, and a form for one of them."""

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
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_object", __name__)
Drawn = dict[str, Any]
SITE: Final = "-"
NEW: Final = "new"
SUMMARY: Final = ("type", "kind", "to", "required", "unique", "needs", "within", "filter", "fields", "columns", "read", "update", "create", "when", "items")  # fmt: skip


@PAGE.get("/studio/o/<object_name>")
def object_page(object_name: str) -> Response:
    """Show the fields of an object."""
    return _list(the_call(), object_name, "fields")


@PAGE.get("/studio/o/<object_name>/<kind>")
def part_page(object_name: str, kind: str) -> Response:
    """Show the entries of one part."""
    return _list(the_call(), object_name, kind)


@PAGE.get("/studio/rules")
def rules_page() -> Response:
    """Show all rules."""
    return _list(the_call(), SITE, "rules")


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


def _list(asked: Asked, object_name: str, kind: str) -> Response:
    pipeline = request.args.get("pipeline", "")
    part = part_of(asked, object_name, kind, pipeline)
    effective = effective_of(asked)
    rows = [
        _row(asked, part, code, value, effective.layer(part.entry(code)))
        for code, value in entries_of(part, effective).items()
    ]
    t, spec = speech(asked.language).t, part.spec
    context = {
        "tabs": tabs(asked, "rules" if kind == "rules" else "objects"),
        "title": spec.label.text(asked.language) if spec else t(KINDS[kind]),
        "symbol": spec.icon if spec else "workflow",
        "parts": _parts(asked, part, kind),
        "pipelines": _pipelines(part, asked.language),
        "rows": rows,
        "what": t(KINDS[kind]),
        "variants": _variants(asked, kind),
        "new_url": f"{part.base}/{NEW}",
        "pipeline": pipeline,
    }
    return drawing.page(asked, "studio_object", context)


def _variants(asked: Asked, kind: str) -> list[Drawn]:
    """Return what a new entry can be: the types of fields, the kinds of rules."""
    words = asked.site.vocabulary
    offered: Mapping[str, Mapping[str, Any]] = {"fields": words.types, "rules": words.kinds}
    found = [
        {"value": one.name, "label": one.label.text(asked.language)}
        for one in offered.get(kind, {}).values()
    ]
    return sorted(found, key=lambda one: str(one["label"]))


KINDS: Final = {
    "fields": "Fields",
    "pipelines": "Pipelines",
    "stages": "Stages",
    "forms": "Form sections",
    "views": "Views",
    "permissions": "Permissions",
    "rules": "Rules",
    "roles": "Roles",
    "nav": "Navigation",
    "calendars": "Working calendars",
}


def _parts(asked: Asked, part: Part, current: str) -> list[Drawn]:
    t = speech(asked.language).t
    listed = list(KINDS)[:6] if part.spec is not None else list(KINDS)[6:]
    home = f"/studio/o/{part.spec.code if part.spec else SITE}"
    return [
        {"label": t(KINDS[one]), "href": f"{home}/{one}", "current": one == current}
        for one in listed
    ]


def _pipelines(part: Part, language: str) -> list[Drawn]:
    if part.kind != "stages" or part.spec is None or part.spec.pipelines is None:
        return []
    return [
        {
            "label": one.label.text(language),
            "href": f"{part.base}?pipeline={code}",
            "current": code == part.pipeline,
        }
        for code, one in part.spec.pipelines.pipelines.items()
    ]


def _row(asked: Asked, part: Part, code: str, value: Mapping[str, Any], layer: str) -> Drawn:
    query = f"?pipeline={part.pipeline}" if part.pipeline else ""
    variant = str(value.get("type" if part.kind == "fields" else "kind", ""))
    return {
        "code": code,
        "label": _label(asked, code, value),
        "kind": _variant_label(asked, part, variant),
        "summary": _summary(value),
        "layer": layer,
        "off": value.get("enabled") is False or value.get("archived") is True,
        **(_about_rule(asked, code) if part.kind == "rules" else {}),
        "href": f"{part.base}/{code}{query}",
    }


def _about_rule(asked: Asked, code: str) -> Drawn:
    """Return which object a rule is about, and its condition in words."""
    rule = asked.model.rules.get(code)
    if rule is None:
        return {}
    spec = asked.model.objects.get(rule.object_name)
    return {
        "about": spec.label.text(asked.language) if spec else "",
        "said": rule.when.read_back(asked.language) if rule.when else "",
    }


def _summary(value: Mapping[str, Any]) -> str:
    shown = []
    for name in SUMMARY[2:]:
        said = value.get(name)
        if said in (None, "", [], False):
            continue
        if isinstance(said, list):
            said = ", ".join(str(one) for one in said[:6])
        if not isinstance(said, Mapping):
            shown.append(name.replace("_", " ") if said is True else f"{name}: {said}")
    return " · ".join(shown)[:160]


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
        "variant_label": _variant_label(asked, part, variant),
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
        "title": t("New: {what}", what=what) if code == NEW else _label(asked, code, value),
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


def _variant_label(asked: Asked, part: Part, variant: str) -> str:
    """Return what people call the type of a field or the kind of a rule."""
    words = asked.site.vocabulary
    found: Any = None
    if part.kind == "fields":
        found = words.types.get(variant)
    elif part.kind == "rules":
        found = words.kinds.get(variant)
    return found.label.text(asked.language) if found is not None else variant


def _label(asked: Asked, code: str, value: Mapping[str, Any]) -> str:
    label = value.get("label")
    if isinstance(label, Mapping):
        label = label.get(asked.language) or label.get("en") or label.get("zh")
    return str(label or code.replace("_", " ").capitalize())


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
