"""Is this company, this person with us already? Asked before a call, answered without telling more than allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.merging.knowing import Knowing, Known
from fieldstone.base.errors import RefusedError
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.pairs import searched
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.subjects import is_company, not_there
from fieldstone.web.pages.wording import told

PAGE = Blueprint("known", __name__)
FORBIDDEN: Final = (401, 403, 404)


def _knowing(asked: Asked) -> Knowing:
    return Knowing(asked.ctx, asked.model, asked.site.reads, asked.site.writes)


def _object(asked: Asked) -> str:
    """Return the object by whose rule is searched: the first that is compared with others."""
    objects = searched(asked)
    if not objects:
        raise not_there()
    return objects[0].code


@PAGE.get("/duplicates/known")
def ask() -> Response:
    """Show the form."""
    asked = the_call()
    return drawing.page(asked, "known", _context(asked))


@PAGE.post("/duplicates/known")
def answer() -> Response:
    """Show who is like what was typed."""
    asked = the_call()
    knowing, name = _knowing(asked), _object(asked)
    given = {one.code: request.form.get(one.code, "").strip() for one in knowing.fields(name)}
    try:
        hits = knowing.search(name, {code: text for code, text in given.items() if text})
    except RefusedError as refusal:
        if refusal.status in FORBIDDEN:
            raise
        said = [told(problem, asked.language) for problem in refusal.problems]
        return drawing.page(asked, "known", _context(asked, said), refusal.status)
    return drawing.page(asked, "known", _context(asked, hits=hits))


def _context(
    asked: Asked, problems: Sequence[str] = (), hits: Sequence[Known] | None = None
) -> dict[str, Any]:
    knowing = _knowing(asked)
    fields = [
        {
            "name": one.code,
            "label": one.label.text(asked.language),
            "type": "text",
            "value": request.form.get(one.code, ""),
        }
        for one in knowing.fields(_object(asked))
    ]
    return {
        "fields": fields,
        "asked": hits is not None,
        "left": knowing.left(),
        "problems": list(problems),
        "hits": [_hit(asked, one) for one in hits or ()],
    }


def _hit(asked: Asked, one: Known) -> dict[str, Any]:
    spec = asked.model.objects[one.object_name]
    return {
        "title": one.title,
        "label": spec.label.text(asked.language),
        "reasons": one.shared,
        "percent": one.score,
        "owner": one.owner,
        "href": f"/o/{one.object_name}/{one.record_id}" if one.record_id else "",
        "masked": one.masked,
        "who": {"initials": initials(one.title), "tone": tone(spec.code), "org": is_company(spec)},
    }
