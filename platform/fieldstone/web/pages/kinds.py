"""The switch between the ways to look at one object: table, board and calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.arranging import Arrangement
from fieldstone.web.pages.subjects import access_of
from fieldstone.web.pages.views import declared_views

ICONS: Final[Mapping[str, str]] = {
    "list": "table-2",
    "board": "square-kanban",
    "calendar": "calendar-days",
}


def kinds_of(asked: Asked, spec: ObjectType, arranged: Arrangement) -> list[dict[str, Any]]:
    """Return the switch; another way keeps filters and search, and has views of its own."""
    t = speech(asked.language).t
    labels = {"list": t("Table"), "board": t("Board"), "calendar": t("Calendar")}
    return [
        {
            "label": labels[kind],
            "icon": ICONS[kind],
            "href": _href(spec, arranged, kind),
            "current": kind == arranged.kind,
        }
        for kind in ICONS
        if _offered(asked, spec, kind)
    ]


def _offered(asked: Asked, spec: ObjectType, kind: str) -> bool:
    if kind == "list":
        return True
    views = declared_views(spec, kind)
    if kind == "board":
        return bool(views)
    known = access_of(asked, spec).readable_anywhere()
    return any(view.date in known for view in views)


def _href(spec: ObjectType, arranged: Arrangement, kind: str) -> str:
    if kind == arranged.kind:
        return arranged.url()
    path = f"/o/{spec.code}" + ("" if kind == "list" else f"/{kind}")
    return arranged.url(path, view="", sort="", columns=(), deleted=False, also=())
