"""One entry of a part in the studio: its form, the plan of what was typed, its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.actions.simulating import may_try
from fieldstone.base.errors import MetadataError
from fieldstone.evolution.effective import Effective
from fieldstone.expressions.expression import parse
from fieldstone.expressions.problems import ExpressionError
from fieldstone.rules.adoption import ADOPTED_KINDS
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_called import as_called_now
from fieldstone.web.pages.studio_changes import moves_without, removed
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of
from fieldstone.web.pages.studio_fields import places, types_of
from fieldstone.web.pages.studio_groups import grouped
from fieldstone.web.pages.studio_inner import told
from fieldstone.web.pages.studio_own import reset_of, with_own
from fieldstone.web.pages.studio_parts import (
    CHOICES,
    REPORTS,
    Part,
    entries_of,
    form_of,
    part_of,
    users_of,
)
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_preview import preview_of
from fieldstone.web.pages.studio_trial import trial_page
from fieldstone.web.pages.studio_typed import typed_entry, variant_of
from fieldstone.web.pages.studio_words import (
    KINDS,
    ONE_OF,
    columns_url,
    entry_label,
    variant_label,
)
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.views import declared_views

PAGE = Blueprint("studio_entry", __name__)
Drawn = dict[str, Any]
OF_REPORTS: Final = {"object_name": "-", "kind": REPORTS}
# What is archived where something names it, so that this goes on with what is kept.
KEPT_WHEN_NAMED: Final = ("fields", "stages")


@PAGE.get("/studio/o/<object_name>/<kind>/<code>")
@PAGE.get("/studio/reports/<code>", defaults=OF_REPORTS)
def entry_page(object_name: str, kind: str, code: str) -> Response:
    """Show the form of one entry, or of a new one; another type draws it anew with what was typed."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.args.get("pipeline", ""))
    return _form(asked, part, code, request.args, {})


@PAGE.post("/studio/o/<object_name>/<kind>/<code>")
@PAGE.post("/studio/reports/<code>", defaults=OF_REPORTS)
def write_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan an entry as it was typed."""
    asked, given = the_call(), request.form
    changing_of(asked)
    part = part_of(asked, object_name, kind, given.get("pipeline", ""))
    found = typed_entry(asked, part, code, given)
    if found.errors:
        return _form(asked, part, code, given, found.errors)
    if given.get("try") and part.kind == "rules":
        return trial_page(asked, found.wanted, found.edits)
    again = f"{part.base}/{part.new}" if code == part.new and kind == "fields" else ""
    return planned_page(asked, found.edits, part.page, again=again)


@PAGE.post("/studio/o/<object_name>/<kind>/<code>/remove")
@PAGE.post("/studio/reports/<code>/remove", defaults=OF_REPORTS)
def remove_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan the end of an entry: its values stay until they are purged. What something names is archived in place of that."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.form.get("pipeline", ""))
    changing_of(asked)
    if code not in entries_of(part, effective_of(asked)):
        raise not_there()
    edits = removed(asked, Edits(), part.entry(code))
    if kind == "stages":
        edits = moves_without(asked, edits, (*part.path[:-1], "moves"), code)
    if kind in KEPT_WHEN_NAMED and _is_missed(asked, edits):
        edits = Edits().set(part.setting(code, "archived"), value=True)
    return planned_page(asked, edits, part.page)


@PAGE.post("/studio/o/<object_name>/<kind>/<code>/restore")
def restore_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan the return of a field or a stage that was archived."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.form.get("pipeline", ""))
    if not entries_of(part, effective_of(asked)).get(code, {}).get("archived"):
        raise not_there()
    edits = removed(asked, Edits(), part.setting(code, "archived"))
    return planned_page(asked, edits, part.page)


@PAGE.post("/studio/o/<object_name>/<kind>/<code>/reset")
@PAGE.post("/studio/reports/<code>/reset", defaults=OF_REPORTS)
def reset_entry(object_name: str, kind: str, code: str) -> Response:
    """Plan the return to what the layers below say, of the whole entry or of one `setting`."""
    asked = the_call()
    part = part_of(asked, object_name, kind, request.form.get("pipeline", ""))
    setting = request.form.get("setting", "")
    edits = reset_of(asked, part, code, setting)
    return planned_page(asked, edits, f"{part.base}/{code}" if setting else part.page)


@PAGE.get("/studio/read-back")
def read_back() -> Response:
    """Say in words what an expression means, or what is wrong with it."""
    asked = the_call()
    changing_of(asked)
    return drawing.fragment(asked, "studio_said", _said(asked))


def _is_missed(asked: Asked, edits: Edits) -> bool:
    """Tell whether the site does not compile without what the steps take away: it is archived then, and kept."""
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    try:
        changing.draft(asked.ctx, edits.on(documents))
    except MetadataError:
        return True
    return False


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
    asked: Asked, part: Part, code: str, given: MultiDict[str, str], errors: Mapping[str, str]
) -> Response:
    effective = effective_of(asked)
    entries = entries_of(part, effective)
    if code != part.new and code not in entries:
        raise not_there()
    value = as_called_now(asked, part, code, entries[code]) if code != part.new else {}
    variant = variant_of(part, value, given.get("variant", ""))
    chosen = given.get("object") or value.get("object") or _usual_object(asked)
    object_name = part.spec.code if part.spec else str(chosen)
    others = [one for one in entries if one != code]
    form = form_of(asked, part, variant, others, value, object_name if not part.spec else "")
    typed = form.posted(given)
    controls = form.fields(value, typed, errors)
    if code != part.new:
        controls = with_own(asked, part, code, controls, effective)
    if code == part.new or part.may_rename:
        called = typed.get("code", "" if code == part.new else code)
        controls.append(_code(asked, part, called, errors, fresh=code == part.new))
    of_rule = part.kind == "rules" and code == part.new
    of_field = part.kind == "fields"
    context = {
        **_heading(asked, part, code, value, variant),
        **_ends(asked, part, code, effective),
        "variant": variant,
        "variant_label": variant_label(asked, part, variant),
        "variant_about": _about(asked, variant) if part.kind == "rules" else "",
        "types": types_of(asked, variant, fresh=code == part.new) if of_field else [],
        "groups": grouped(part.kind, controls, speech(asked.language)),
        "places": places(asked, part, given) if code == part.new else [],
        "errors": told(controls, errors),
        "object": object_name,
        "objects": _objects(asked, object_name) if of_rule else [],
        "preview": preview_of(asked, part, code) if of_field else None,
        "used_by": _used_by(asked, part, code, effective),
    }
    return drawing.page(asked, "studio_entry", context, 422 if errors else 200)


def _about(asked: Asked, kind: str) -> str:
    """Return what rules of a kind are for."""
    found = asked.site.vocabulary.kinds.get(kind)
    return found.about.text(asked.language) if found else ""


def _usual_object(asked: Asked) -> str:
    """Return the object a new rule is about when nobody says: the newest one of this site, else the first."""
    listed = [one for one in asked.model.objects.values() if one.parent is None]
    own = [one for one in listed if one.origin.layer == "site"]
    return (own or listed)[-1 if own else 0].code


def _used_by(asked: Asked, part: Part, code: str, effective: Effective) -> list[Drawn]:
    """Return the fields that take their choices from a shared set, as links to their forms."""
    if part.kind != CHOICES or code == part.new:
        return []
    language = asked.language
    return [
        {
            "label": f"{spec.label.text(language)} · {one.label.text(language)}",
            "href": f"/studio/o/{spec.code}/fields/{one.code}"
            if spec.parent is None
            else f"/studio/o/{spec.parent[0]}/fields/{spec.parent[1]}",
        }
        for spec, one in users_of(asked, code, effective)
    ]


def _heading(asked: Asked, part: Part, code: str, value: Mapping[str, Any], variant: str) -> Drawn:
    """Return what stands above the form of an entry."""
    t, spec = speech(asked.language).t, part.spec
    what = t(KINDS[part.kind])
    rule = asked.model.rules.get(code) if part.kind == "rules" else None
    named = entry_label(asked, part, code, value)
    adopted = rule is not None and rule.kind in ADOPTED_KINDS
    return {
        "adopt_url": f"/scoring/{code}" if adopted else "",
        "tabs": tabs(asked, part.kind if part.kind in ("rules", REPORTS) else "objects"),
        "title": t(ONE_OF[part.kind]) if code == part.new else named,
        "crumb": {"label": spec.label.text(asked.language) if spec else what, "href": part.base},
        "action": f"{part.base}/{code}",
        "pipeline": part.pipeline,
        "base": changing_of(asked).current(asked.ctx)[0],
        "tries": part.kind == "rules" and may_try(variant),
        "open_url": f"/dashboards/{code}" if part.kind == REPORTS else "",
        "arrange_url": columns_url(spec.code, code) if spec and code in _lists(part) else "",
    }


def _code(asked: Asked, part: Part, code: str, errors: Mapping[str, str], *, fresh: bool) -> Drawn:
    """Return the control of the word that programs use."""
    t = speech(asked.language).t
    made: Drawn = {"name": "code", "label": t("Code"), "type": "text", "value": code, "max_length": 40, "code": True}  # fmt: skip
    if fresh:
        made |= {"placeholder": t("made from the name"), "hint": t("What programs and rules call it.")}  # fmt: skip
    else:
        along = {
            CHOICES: t("Another code takes the fields that use them along."),
            REPORTS: t("Another code takes references along; addresses go on."),
        }
        usual = t("Another code takes records and references along.")
        made |= {"required": True, "hint": along.get(part.kind, usual)}
    if part.kind == "permissions":
        roles = [(one.code, one.label.text(asked.language)) for one in asked.model.roles.values()]
        options = [{"value": v, "label": w, "chosen": v == code} for v, w in roles]
        made |= {"label": t("Role"), "type": "select", "options": options, "hint": "", "required": True}  # fmt: skip
    return made | ({"errors": [errors["code"]]} if "code" in errors else {})


def _lists(part: Part) -> list[str]:
    if part.spec is None or part.kind != "views":
        return []
    return [one.code for one in declared_views(part.spec, "list")]


def _ends(asked: Asked, part: Part, code: str, effective: Effective) -> Drawn:
    """Return how an entry can be ended: taken away, or left to the layers below."""
    if code == part.new:
        return {"layer": "", "remove_url": "", "reset_url": "", "restore_url": ""}
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    below = False
    if documents.value(part.entry(code))[1]:
        without = changing.effective(asked.ctx, documents.without(part.entry(code)))
        below = code in entries_of(part, without)
    archived = entries_of(part, effective)[code].get("archived") is True
    return {
        "layer": effective.layer(part.entry(code)),
        "remove_url": "" if archived else f"{part.base}/{code}/remove",
        "restore_url": f"{part.base}/{code}/restore" if archived else "",
        "reset_url": f"{part.base}/{code}/reset" if below else "",
    }


def _objects(asked: Asked, chosen: str) -> list[Drawn]:
    return [
        {"value": one.code, "label": one.label.text(asked.language), "chosen": one.code == chosen}
        for one in asked.model.objects.values()
        if one.parent is None
    ]
