"""The fields of an object by what people call them, for settings that are lists of fields."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from fieldstone.web.asking import the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio_edits import changing_of
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_choices", __name__)
MOST: Final = 30


@PAGE.get("/studio/names/<object_name>")
def field_names(object_name: str) -> Response:
    """Offer the fields whose name or code holds what was typed."""
    asked = the_call()
    changing_of(asked)
    spec = asked.model.objects.get(object_name)
    if spec is None:
        raise not_there()
    typed = request.args.get("q", "").strip().lower()
    named = [
        (one.code, one.label.text(asked.language))
        for one in spec.fields.values()
        if not one.archived
    ]
    found = [
        {"value": code, "label": label, "sub": code}
        for code, label in named
        if typed in code or typed in label.lower()
    ]
    return drawing.fragment(asked, "options", {"options": found[:MOST], "q": typed})
