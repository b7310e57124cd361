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
    changing = changing_of(asked)
    pipeline = request.args.get("pipeline", "")
    part = part_of(asked, object_name, kind, pipeline)
    effective = effective_of(asked)
    _, documents = changing.current(asked.ctx)
    rows = [
        _row(asked, part, code, value, effective, own=documents.value(part.entry(code))[1])
        for code, value in entries_of(part, effective).items()
    ]
    t = speech(asked.language).t
    words = asked.site.vocabulary
    variants: list[Drawn] = []
    if kind == "fields":
        variants = [
            {"value": one.name, "label": one.label.text(asked.language), "icon": one.icon}
            for one in words.types.values()
        ]
    if kind == "rules":
        variants = [
            {"value": one.name, "label": one.label.text(asked.language), "icon": "workflow"}
            for one in words.kinds.values()
        ]
    spec = part.spec
    context = {
        "tabs": tabs(asked, "rules" if kind == "rules" else "objects"),
        "title": spec.label.text(asked.language) if spec else t(KINDS[kind]),
        "symbol": spec.icon if spec else "workflow",
        "parts": _parts(asked, part, kind),
        "pipelines": _pipelines(asked, part, pipeline),
        "rows": rows,
        "what": t(KINDS[kind]),
        "variants": variants,
        "new_url": f"{part.base}/{NEW}",
        "pipeline": pipeline,
    }  # fmt: skip
    return drawing.page(asked, "studio_object", context)


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


def _pipelines(asked: Asked, part: Part, current: str) -> list[Drawn]:
    if part.kind != "stages" or part.spec is None or part.spec.pipelines is None:
        return []
    there = part.spec.pipelines.pipelines
    first = next(iter(there), "")
    return [
        {"label": one.label.text(asked.language), "href": f"{part.base}?pipeline={code}", "current": code == (current or first)}
        for code, one in there.items()
    ]  # fmt: skip


def _row(
    asked: Asked,
    part: Part,
    code: str,
    value: Mapping[str, Any],
    effective: Effective,
    *,
    own: bool,
) -> Drawn:
    label = value.get("label")
    text = (
        label.get(asked.language) or label.get("en") or label.get("zh")
        if isinstance(label, Mapping)
        else label
    )
    pipeline = part.path[4] if part.kind == "stages" else ""
    query = f"?pipeline={pipeline}" if pipeline else ""
    words = asked.site.vocabulary
    variant = str(value.get("type" if part.kind == "fields" else "kind", ""))
    spec = words.types.get(variant) if part.kind == "fields" else words.kinds.get(variant)
    rule = asked.model.rules.get(code) if part.kind == "rules" else None
    layer = effective.layer(part.entry(code))
    return {
        "code": code,
        "label": str(text or code.replace("_", " ").capitalize()),
        "kind": spec.label.text(asked.language) if spec else variant,
        "summary": _summary(value),
        "layer": layer,
        "own": own,
        "off": value.get("enabled") is False or value.get("archived") is True,
        "about": asked.model.objects[rule.object_name].label.text(asked.language) if rule and rule.object_name in asked.model.objects else "",
        "said": rule.when.read_back(asked.language) if rule and rule.when else "",
        "href": f"{part.base}/{code}{query}",
    }  # fmt: skip


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
    changing = changing_of(asked)
    effective = effective_of(asked)
    entries = entries_of(part, effective)
    if code != NEW and code not in entries:
        raise not_there()
    value = entries.get(code, {}) if code != NEW else {}
    variant = _variant(part, value, typed.get("variant", "") or request.args.get("variant", ""))
    form = form_of(asked, part, variant, [one for one in entries if one != code])
    _, documents = changing.current(asked.ctx)
    own = code != NEW and documents.value(part.entry(code))[1]
    below = own and code in entries_of(
        part, changing.effective(asked.ctx, documents.without(part.entry(code)))
    )
    t, spec = speech(asked.language).t, part.spec
    words = asked.site.vocabulary
    kinds = words.types if part.kind == "fields" else words.kinds
    fields = form.fields(value, typed, errors)
    object_name = (
        spec.code
        if spec
        else str(typed.get("object") or value.get("object") or request.args.get("object", "lead"))
    )
    context = {
        "tabs": tabs(asked, "rules" if part.kind == "rules" else "objects"),
        "title": t("New: {what}", what=t(KINDS[part.kind])) if code == NEW else _row(asked, part, code, value, effective, own=own)["label"],
        "crumb": {"label": (spec.label.text(asked.language) if spec else t(KINDS[part.kind])), "href": part.base},
        "action": f"{part.base}/{code}",
        "pipeline": part.path[4] if part.kind == "stages" else "",
        "code": typed.get("code", "" if code == NEW else code),
        "fresh": code == NEW,
        "renames": part.may_rename,
        "variant": variant,
        "variant_label": kinds[variant].label.text(asked.language) if variant in kinds and part.kind in ("fields", "rules") else "",
        "fields": [one for one in fields if not one.get("late")],
        "errors": [{"name": name, "text": text} for name, text in errors.items()],
        "object": object_name,
        "objects": _objects(asked, object_name) if part.kind == "rules" and code == NEW else [],
        "layer": effective.layer(part.entry(code)) if code != NEW else "",
        "remove_url": f"{part.base}/{code}/remove" if code != NEW else "",
        "reset_url": f"{part.base}/{code}/reset" if below else "",
    }  # fmt: skip
    return drawing.page(asked, "studio_entry", context, 422 if errors else 200)


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
