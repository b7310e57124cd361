"""Keeping a list or board as it is arranged now under a name, sharing such a view, and throwing it away."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.storage.notices import SavedView
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.earlier_codes import arranged_by
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
    path = f"/o/{object_name}" + ("/board" if request.args.get("kind") == "board" else "")
    # The page may be older than a rename: what it showed is kept by present codes.
    words = arranged_by(asked, spec, request.form.items(multi=True))
    arranged = arrangement_of(path, MultiDict(words))
    shared = request.form.get("shared") == "true"
    view = views.save(asked, spec, request.form.get("label", ""), arranged, shared=shared)
    text = speech(asked.language).t("The view “{name}” was saved.", name=view.label)
    return go(asked, views.opened(path, view).url(), {"text": text})


def _mine(asked: Asked, object_name: str, view_id: str) -> SavedView:
    found = views.own_view(asked, object_of(asked, object_name), view_id)
    if found is None:
        raise not_there()
    return found


@PAGE.post("/o/<object_name>/views/<view_id>/share")
def share_view(object_name: str, view_id: str) -> Response:
    """Show a view of the reader to everybody, or to them alone."""
    asked = the_call()
    view, shared = _mine(asked, object_name, view_id), request.form.get("shared") == "true"
    views.share(asked, view, shared=shared)
    t = speech(asked.language).t
    text = t("Everyone sees this view now.") if shared else t("Only you see this view now.")
    return go(asked, views.opened(views.path_of(view), view).url(), {"text": text})


@PAGE.post("/o/<object_name>/views/<view_id>/delete")
def delete_view(object_name: str, view_id: str) -> Response:
    """Throw a view of the reader away."""
    asked = the_call()
    view = _mine(asked, object_name, view_id)
    views.drop(asked, view.id)
    text = speech(asked.language).t("The view was deleted.")
    return go(asked, views.path_of(view), {"text": text})
