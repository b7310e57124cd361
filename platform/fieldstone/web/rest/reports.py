"""The figures of dashboards for programs: the same numbers that pages draw."""

from __future__ import annotations

from flask import Blueprint, Response

from fieldstone.base.names import did_you_mean
from fieldstone.reports.as_json import as_json
from fieldstone.reports.dashboards import Asked, dashboard, dashboards_for
from fieldstone.web.asking import the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.reading_json import body, known_parameters, refusal

blueprint = Blueprint("reports", __name__, url_prefix="/api/v1/reports")


@blueprint.get("")
def list_reports() -> Response:
    """List the dashboards that the caller may ask for."""
    asked = the_call()
    known_parameters()
    found = dashboards_for(asked.model, asked.ctx.actor)
    language = asked.language
    return json_answer(
        {"data": [{"code": one.code, "label": one.label.text(language)} for one in found]}
    )


@blueprint.post("/<code>")
def report_figures(code: str) -> Response:
    """Return the figures of a dashboard; the body may name the period."""
    asked = the_call()
    known_parameters()
    given = body()
    for name in given.keys() - {"period"}:
        text = f"A report takes no {name[:40]!r}."
        raise refusal("unknown_parameter", name[:40], text, did_you_mean(name[:40], ["period"]))
    period = given.get("period", "")
    if not isinstance(period, str):
        raise refusal("bad_period", "period", "period is no text.", 'Send {"period": "last_90"}.')
    found = dashboard(Asked(asked.site.reads, asked.ctx, asked.model), code, period)
    return json_answer({"data": as_json(found, asked.language)})
