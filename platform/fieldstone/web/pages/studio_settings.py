"""What an object itself says, in the studio: its names, its icon, its code; and its end, from which it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.names import is_code
from fieldstone.compiler.shapes import OBJECT_PARTS
from fieldstone.evolution.documents import OBJECTS
from fieldstone.model.objects import ObjectType
from fieldstone.model.platform_names import FIELDS
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.picks import Pick
from fieldstone.web.pages.schema_form import SchemaForm
from fieldstone.web.pages.studio import ICONS, tabs
from fieldstone.web.pages.studio_changes import changed, removed
from fieldstone.web.pages.studio_edits import Edits, base_shown, changing_of, effective_of
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_words import SETTINGS, parts_of
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_settings", __name__)
Drawn = dict[str, Any]
SHOWN: Final = ("label", "plural", "title", "search", "help", "timeline", "hidden")
CALLED: Final = {
    "label": "One is called",
    "plural": "Several are called",
    "title": "Title",
    "search": "Found by",
}
TITLES: Final = frozenset({"text", "autonumber", "formula", "email", "phone"})
SEARCHED: Final = frozenset({"text", "long_text", "email", "phone", "url", "autonumber", "tags"})


@PAGE.get("/studio/o/<object_name>/settings")
def settings_page(object_name: str) -> Response:
    """Show what an object says of itself."""
    asked = the_call()
    return _form(asked, _spec(asked, object_name), {}, {})


@PAGE.post("/studio/o/<object_name>/settings")
def write_settings(object_name: str) -> Response:
    """Plan what was typed; another code takes records and references along."""
    asked, given = the_call(), request.form
    spec = _spec(asked, object_name)
    form = _settings(asked, spec)
    before = _said(asked, spec, given.get("base", ""))
    typed = form.posted(given)
    values, errors = form.read(typed)
    values = form.kept(before, values)
    icon, code = given.get("icon", ""), given.get("code", spec.code).strip()
    if icon in _icons(before):
        values["icon"] = icon
    if error := _code_error(asked, spec, code):
        errors["code"] = error
    if errors:
        return _form(asked, spec, {**typed, "icon": icon, "code": code}, errors)
    edits, path = Edits(), (OBJECTS, code)
    if code != spec.code:
        edits = edits.rename((OBJECTS, spec.code), code)
    shown = {name: before[name] for name in (*SHOWN, "icon") if name in before}
    edits = changed(asked, edits, path, shown, values)
    return planned_page(asked, edits, f"/studio/o/{code}/settings")


@PAGE.post("/studio/o/<object_name>/settings/retire")
def retire_object(object_name: str) -> Response:
    """Plan the end of an object: nobody reaches its records, which are kept."""
    asked = the_call()
    spec = _spec(asked, object_name)
    edits = Edits().set((OBJECTS, spec.code, "archived"), value=True)
    return planned_page(asked, edits, f"/studio/o/{spec.code}/settings")


@PAGE.post("/studio/o/<object_name>/settings/restore")
def restore_object(object_name: str) -> Response:
    """Plan the return of a retired object."""
    asked = the_call()
    spec = _spec(asked, object_name)
    edits = removed(asked, Edits(), (OBJECTS, spec.code, "archived"))
    return planned_page(asked, edits, f"/studio/o/{spec.code}/settings")


def _spec(asked: Asked, object_name: str) -> ObjectType:
    changing_of(asked)
    spec = asked.model.objects.get(object_name)
    if spec is None or spec.parent is not None:
        raise not_there()
    return spec


def _said(asked: Asked, spec: ObjectType, base: str = "") -> Mapping[str, Any]:
    found = effective_of(asked, base).value((OBJECTS, spec.code))
    return found if isinstance(found, Mapping) else {}


def _settings(asked: Asked, spec: ObjectType) -> SchemaForm:
    said, language = speech(asked.language), asked.language
    own = [one for one in spec.fields.values() if not one.archived]
    titles = [
        (one.code, one.label.text(language))
        for one in own
        if one.code == spec.title or (one.type.name in TITLES and not one.system)
    ]
    searched = {
        one.code: one.label.text(language) for one in own if one.type.name in SEARCHED or one.code in spec.search
    }  # fmt: skip
    return SchemaForm(
        {name: OBJECT_PARTS[name] for name in SHOWN},
        frozenset({"label", "title"}),
        said,
        {"title": titles},
        frozenset({"timeline", "hidden"}),
        picks={"search": Pick(f"/studio/names?sort=field&about={spec.code}", searched)},
        called={name: said.t(word) for name, word in CALLED.items()},
    )


def _form(
    asked: Asked, spec: ObjectType, typed: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    t, language = speech(asked.language).t, asked.language
    before = {"label": _both(spec.label), "plural": _both(spec.plural), "title": spec.title, "search": list(spec.search), **_said(asked, spec)}  # fmt: skip
    controls = _settings(asked, spec).fields(before, typed, errors)
    if spec.code not in FIELDS:
        controls.append(_code(t, typed.get("code", spec.code), errors))
    chosen = typed.get("icon") or before.get("icon") or spec.icon
    context = {
        "tabs": tabs(asked, "objects"),
        "title": spec.label.text(language),
        "symbol": spec.icon,
        "parts": parts_of(asked, spec, SETTINGS),
        "action": f"/studio/o/{spec.code}/settings",
        "base": base_shown(asked),
        "fields": controls,
        "errors": [{"name": name, "text": text} for name, text in errors.items()],
        "icons": [{"value": one, "chosen": one == chosen} for one in _icons(before)],
        "layer": spec.origin.layer,
        "retired": spec.archived,
        "may_retire": spec.code not in FIELDS,
    }
    return drawing.page(asked, "studio_settings", context, 422 if errors else 200)


def _code(t: Any, code: str, errors: Mapping[str, str]) -> Drawn:
    made = {"name": "code", "label": t("Code"), "type": "text", "value": code, "max_length": 40, "code": True, "required": True, "hint": t("Another code takes records and references along.")}  # fmt: skip
    return made | ({"errors": [errors["code"]]} if "code" in errors else {})


def _code_error(asked: Asked, spec: ObjectType, code: str) -> str:
    t = speech(asked.language).t
    if code == spec.code:
        return ""
    if not is_code(code) or "__" in code:
        return t("Write small letters, digits and single _, beginning with a letter.")
    return t("There is an object of this code.") if code in asked.model.objects else ""


def _icons(before: Mapping[str, Any]) -> list[str]:
    """Return the icons to choose from: the object's own, and those that a new one may have."""
    return list(dict.fromkeys([str(before.get("icon") or ICONS[0]), *ICONS]))


def _both(label: Any) -> dict[str, str]:
    return {"en": label.en, "zh": label.text("zh")}
