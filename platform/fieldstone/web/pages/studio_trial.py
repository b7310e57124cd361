"""What a rule, as it stands in a form of the studio, would have done with the records of the last months."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.applying import may_apply
from fieldstone.actions.simulating import simulate
from fieldstone.actions.simulation import Sample, Simulation
from fieldstone.fieldtypes.locales import day as day_in_words
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import Edits, changing_of
from fieldstone.web.pages.studio_plan import planned_page

PAGE = Blueprint("studio_trial", __name__)
Drawn = dict[str, Any]
SPANS: Final = (30, 90, 365)
USUAL: Final = "90"


@PAGE.route("/studio/rules/<code>/trial", methods=["GET", "POST"])
def trial(code: str) -> Response:
    """Show totals and samples; a form's own changes are tried without coming into force."""
    asked = the_call()
    return trial_page(asked, code, Edits.read(request.form.get("edits", "")))


def trial_page(asked: Asked, code: str, edits: Edits) -> Response:
    """Return the page of a dry run of a rule as `edits` change it."""
    changing = changing_of(asked)
    model = asked.model
    back = f"/studio/o/-/rules/{code}"
    if edits.steps:
        number, documents = changing.current(asked.ctx)
        planned = changing.plan(asked.ctx, edits.on(documents), number)
        if planned.model is None:
            return planned_page(asked, edits, back)
        model = planned.model
    days = request.values.get("days", USUAL)
    if days not in {str(one) for one in SPANS}:
        days = USUAL
    found = simulate(asked.ctx, model, asked.site.storage, code, timedelta(days=int(days)))
    most = max((n for _, n in found.outcomes), default=1)
    language = asked.language
    context: Drawn = {
        "tabs": tabs(asked, "rules"),
        "title": model.rules[code].label.text(language),
        "action": f"/studio/rules/{code}/trial",
        "back": back,
        "edits": edits.text() if edits.steps else "",
        "apply_url": f"/studio/rules/{code}/apply"
        if may_apply(model.rules[code]) and not edits.steps
        else "",
        "spans": [{"days": one, "current": str(one) == days} for one in SPANS],
        "looked_at": found.looked_at,
        "concerned": found.concerned,
        "different": found.different,
        "outcomes": [
            {"text": label.text(language), "n": n, "percent": round(100 * n / most)}
            for label, n in found.outcomes[:12]
        ],
        "acted": _acted(asked, found),
        "samples": [_sample(asked, found.object_name, one) for one in found.samples],
    }
    return drawing.page(asked, "studio_trial", context)


def _acted(asked: Asked, found: Simulation) -> list[Drawn]:
    """Return how often a deadline would have acted in each week or month, for bars."""
    most = max((n for _, n in found.acted), default=1)
    said = [(day_in_words(day, asked.language), n) for day, n in found.acted]
    return [{"text": text, "n": n, "percent": round(100 * n / most)} for text, n in said]


def _sample(asked: Asked, object_name: str, one: Sample) -> Drawn:
    language = asked.language
    return {
        "href": f"/o/{object_name}/{one.record_id}",
        "title": one.title,
        "would": one.would.text(language),
        "has": one.has.text(language),
        "because": one.because.text(language),
        "differs": one.differs,
    }
