"""Names by what people call them, for settings that name something: found by typing."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from fieldstone.base.named import SORTS
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio_edits import changing_of
from fieldstone.web.pages.studio_offers import Offers, Place
from fieldstone.web.pages.studio_people import People
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_choices", __name__)
MOST: Final = 60
OF_PEOPLE: Final = frozenset({"user", "person", "heir"})


@PAGE.get("/studio/names")
def names() -> Response:
    """Offer what a sort of names has, by what was typed: ?sort=field:datetime&about=OBJECT.

    `about` may be a relation or a link of the object `own` (through=relation or link), which leads to the object that is meant.
    """
    asked, given = the_call(), request.args
    changing_of(asked)
    sort, _, of = given.get("sort", "").partition(":")
    typed = given.get("q", "").strip().lower()
    if sort not in SORTS:
        raise not_there()
    if sort in OF_PEOPLE:
        people = People(asked).found(sort, given.get("own", ""), typed)
        found = [{"value": v, "label": word, "sub": what} for v, word, what in people]
    else:
        listed = Offers(asked).listed(sort, of, Place(_about(asked), given.get("own", "")))
        found = [
            {"value": code, "label": word, "sub": code if code != word else ""}
            for code, word in listed
            if typed in code.lower() or typed in word.lower()
        ]
    return drawing.fragment(asked, "options", {"options": found[:MOST], "q": typed})


def _about(asked: Asked) -> str:
    """Return the object whose names are asked for."""
    about, own = request.args.get("about", ""), request.args.get("own", "")
    through = request.args.get("through", "")
    found = Offers(asked).object_inside(through, about, Place(own, own)) if through else about
    if found and found not in asked.model.objects:
        raise not_there()
    return found
