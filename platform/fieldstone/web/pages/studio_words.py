"""What the pages of the studio call its parts, and the entries of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.web.asking import Asked
from fieldstone.web.pages.studio_parts import Part

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


def variant_label(asked: Asked, part: Part, variant: str) -> str:
    """Return what people call the type of a field or the kind of a rule."""
    words = asked.site.vocabulary
    found: Any = None
    if part.kind == "fields":
        found = words.types.get(variant)
    elif part.kind == "rules":
        found = words.kinds.get(variant)
    return found.label.text(asked.language) if found is not None else variant


def label_of(asked: Asked, code: str, value: Mapping[str, Any]) -> str:
    """Return what people call an entry: its label, or its code as words."""
    label = value.get("label")
    if isinstance(label, Mapping):
        label = label.get(asked.language) or label.get("en") or label.get("zh")
    return str(label or code.replace("_", " ").capitalize())
