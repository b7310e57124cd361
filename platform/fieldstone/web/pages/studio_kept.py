"""Values that are kept of what was retired, and their end for good."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.evolution.apply import Wish
from fieldstone.evolution.purging import Retired
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import changing_of, refuse_overtaken
from fieldstone.web.pages.studio_plan import plan_context

PAGE = Blueprint("studio_kept", __name__)
Drawn = dict[str, Any]
HERE = "/studio/kept"


@PAGE.get(HERE)
def kept() -> Response:
    """List what is kept, with how many records have a value in it."""
    asked = the_call()
    found = changing_of(asked).retired(asked.ctx)
    context = {"tabs": tabs(asked, "revisions"), "rows": [_row(asked, one) for one in found]}
    return drawing.page(asked, "studio_kept", context)


@PAGE.get(f"{HERE}/<name>")
def plan_purge(name: str) -> Response:
    """Show what deleting them means: nothing brings them back."""
    asked = the_call()
    planned = changing_of(asked).plan_purge(asked.ctx, name)
    context: Drawn = {
        **plan_context(asked, planned),
        "action": f"{HERE}/{name}",
        "base": planned.base,
        "back": HERE,
        "title": speech(asked.language).t("Delete for good"),
    }
    return drawing.page(asked, "studio_plan", context)


@PAGE.post(f"{HERE}/<name>")
def purge(name: str) -> Response:
    """Delete them, as a revision that says who did it and why."""
    asked, given = the_call(), request.form
    changing = changing_of(asked)
    refuse_overtaken(asked, given.get("base", ""))
    wish = Wish(given.get("reason", ""), given.get("second_word") == "true")
    changing.purge(asked.ctx, name, wish)
    text = speech(asked.language).t("Deleted for good.")
    return drawing.go(asked, HERE, {"text": text, "tone": "ok"})


def _row(asked: Asked, one: Retired) -> Drawn:
    language = asked.language
    return {
        "label": called(asked, one),
        "object": one.within.text(language),
        "code": ".".join(one.path),
        "values": one.values,
        "archived": one.archived,
        "href": f"{HERE}/{one.name}",
    }


def called(asked: Asked, one: Retired) -> str:
    """Return what is kept by its label; of a former type of a field that is still there with what people call that type."""
    label = one.label.text(asked.language)
    if one.former is None:
        return label
    t, known = speech(asked.language).t, asked.site.vocabulary.types.get(one.former)
    kind = known.label.text(asked.language) if known else one.former or t("another type")
    return t("{field} (formerly {type})", field=label, type=kind)
