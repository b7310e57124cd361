"""What the pages of the studio call its parts, and the entries of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.studio_edits import effective_of
from fieldstone.web.pages.studio_parts import CHOICES, OF_SITE, Part, users_of

Drawn = dict[str, Any]
OF_AN_OBJECT: Final = ("fields", "stages", "forms", "views", "permissions", "pipelines")
SITE: Final = "-"
SETTINGS: Final = "settings"
KINDS: Final = {
    "fields": "Fields",
    "stages": "Stages",
    "forms": "Form and record",
    "views": "Views",
    "permissions": "Permissions",
    "pipelines": "Pipelines",
    "rules": "Rules",
    "roles": "Roles",
    "nav": "Navigation",
    "options": "Shared choices",
    "calendars": "Working calendars",
    "layout": "Record page",
    "reports": "Reports",
}


ONE_OF: Final = {
    "fields": "New field",
    "pipelines": "New pipeline",
    "stages": "New stage",
    "forms": "New form section",
    "layout": "New record section",
    "views": "New view",
    "permissions": "Rights of a further role",
    "rules": "New rule",
    "roles": "New role",
    "nav": "New navigation group",
    "options": "New shared choices",
    "calendars": "New working calendar",
    "reports": "New report",
}


def variant_label(asked: Asked, part: Part, variant: str) -> str:
    """Return what people call the type of a field or the kind of a rule."""
    words = asked.site.vocabulary
    found: Any = None
    if part.kind == "fields":
        found = words.types.get(variant)
    elif part.kind == "rules":
        found = words.kinds.get(variant)
    if found is None:
        return speech(asked.language).t(variant.capitalize())
    return str(found.label.text(asked.language))


def label_of(asked: Asked, code: str, value: Mapping[str, Any]) -> str:
    """Return what people call an entry: its label, or its code as words."""
    label = value.get("label")
    if isinstance(label, Mapping):
        label = label.get(asked.language) or label.get("en") or label.get("zh")
    return str(label or code.replace("_", " ").capitalize())


def entry_label(asked: Asked, part: Part, code: str, value: Mapping[str, Any]) -> str:
    """Return what people call an entry of a part; a field without a label of its own is called after its object."""
    if part.kind == CHOICES:
        return set_label(asked, code)
    field = part.spec.fields.get(code) if part.kind == "fields" and part.spec else None
    return field.label.text(asked.language) if field else label_of(asked, code, value)


def set_label(asked: Asked, code: str) -> str:
    """Return what people call a shared set of choices: as most of the fields that offer it are called."""
    users = users_of(asked, code, effective_of(asked))
    called = Counter(one.label.text(asked.language) for _, one in users)
    return called.most_common(1)[0][0] if called else label_of(asked, code, {})


def parts_of(asked: Asked, spec: ObjectType | None, current: str) -> list[Drawn]:
    """Return the parts of an object, or of the site, as links."""
    t = speech(asked.language).t
    listed = OF_AN_OBJECT if spec is not None else OF_SITE
    home = f"/studio/o/{spec.code if spec else SITE}"
    links = [
        {"label": t(KINDS[one]), "href": f"{home}/{one}", "current": one == current}
        for one in listed
    ]
    if spec is not None:
        links.append({"label": t("Rules"), "href": f"/studio/rules?object={spec.code}", "current": False})  # fmt: skip
        links.append({"label": t("Settings"), "href": f"{home}/{SETTINGS}", "current": current == SETTINGS})  # fmt: skip
    return links


def columns_url(object_name: str, view: str) -> str:
    """Return where the columns of a list are arranged."""
    return f"/studio/layout/{object_name}/list-{view}"
