"""Keeping a list as it is arranged now under a name, and throwing such a view away."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.web.asking import the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import views
from fieldstone.web.pages.arranging import arrangement_of
from fieldstone.web.pages.drawing import go
from fieldstone.web.pages.subjects import not_there, object_of

PAGE = Blueprint("saved_views", __name__)


@PAGE.post("/o/<object_name>/views")
def save_view(object_name: str) -> Response:
    """Keep the arrangement that the form carries."""
    asked = the_call()
    spec = object_of(asked, object_name)
    arranged = arrangement_of(f"/o/{object_name}", MultiDict(request.form.items(multi=True)))
    shared = request.form.get("shared") == "true"
    view = views.save(asked, spec, request.form.get("label", ""), arranged, shared=shared)
    text = speech(asked.language).t("The view “{name}” was saved.", name=view.label)
    return go(asked, views.opened(f"/o/{object_name}", view).url(), {"text": text})


@PAGE.post("/o/<object_name>/views/<view_id>/delete")
def delete_view(object_name: str, view_id: str) -> Response:
    """Throw a view of the reader away."""
    asked = the_call()
    object_of(asked, object_name)
    if not views.drop(asked, view_id):
        raise not_there()
    text = speech(asked.language).t("The view was deleted.")
    return go(asked, f"/o/{object_name}", {"text": text})
