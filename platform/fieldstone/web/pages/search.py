"""Finding records and pages by words: the command palette, and the same as a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.reads.query import Hit
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.shell import Shell
from fieldstone.web.pages.subjects import has_face, is_company

PAGE = Blueprint("search", __name__)
LONGEST: Final = 200
IN_PALETTE: Final = 15
ON_PAGE: Final = 60
Found = dict[str, Any]


@PAGE.get("/search")
def search_page() -> Response:
    """Answer the palette with what fits, or show the page of results."""
    asked = the_call()
    q = request.args.get("q", "").strip()[:LONGEST]
    palette = drawing.wanted_block() == "found"
    groups = [*records(asked, q, IN_PALETTE if palette else ON_PAGE), *commands(asked, q)]
    return drawing.page(asked, "search", {"q": q, "groups": groups})


def records(asked: Asked, q: str, limit: int) -> list[Found]:
    """Return the records that hold the words, by object."""
    if not q:
        return []
    hits = asked.site.reads.search(asked.ctx, asked.model, q, limit=limit)
    by_object: dict[str, list[Hit]] = {}
    for hit in hits:
        by_object.setdefault(hit.object_name, []).append(hit)
    return [
        {
            "label": asked.model.objects[code].plural.text(asked.language),
            "hits": [_hit(asked, hit) for hit in found],
        }
        for code, found in by_object.items()
    ]


def _hit(asked: Asked, hit: Hit) -> Found:
    spec = asked.model.objects[hit.object_name]
    shown: Found = {
        "href": f"/o/{hit.object_name}/{hit.id}",
        "title": hit.title,
        "sub": hit.subtitle or spec.label.text(asked.language),
    }
    if has_face(spec):
        square = is_company(spec)
        return {
            **shown,
            "who": {"initials": initials(hit.title), "tone": tone(hit.title), "org": square},
        }
    return {**shown, "icon": spec.icon}


def commands(asked: Asked, q: str) -> list[Found]:
    """Return what can be made and where one can go, as far as the words fit."""
    said, shell = speech(asked.language), Shell(asked, request)
    made = [
        {
            "title": said.t("New {what}", what=one["label"]),
            "href": one["href"],
            "icon": "plus",
            "dialog": True,
        }
        for one in shell.create
    ]
    places = [
        {"title": one["label"], "href": one["href"], "icon": one["icon"]} for one in shell.places
    ]
    groups = [
        {"label": said.t("Create"), "hits": _fitting(made, q)},
        {"label": said.t("Go to"), "hits": _fitting(places, q)},
    ]
    return [group for group in groups if group["hits"]]


def _fitting(entries: Iterable[Found], q: str) -> list[Found]:
    wanted = q.casefold()
    return [one for one in entries if wanted in str(one["title"]).casefold()]
