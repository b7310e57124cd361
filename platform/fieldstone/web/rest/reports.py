"""The figures of dashboards for programs: the same numbers that pages draw."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from fieldstone.base.names import did_you_mean
from fieldstone.reports.dashboards import Asked, dashboard, dashboards_for
from fieldstone.reports.results import Chart, Figure
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
    language = asked.language
    return json_answer(
        {
            "data": {
                "code": found.code,
                "label": found.label.text(language),
                "object": found.object_name,
                "period": found.period,
                "first": found.first.isoformat() if found.first else None,
                "after": found.after.isoformat() if found.after else None,
                "figures": [_figure(one, language) for one in found.figures],
                "charts": [_chart(one, language) for one in found.charts],
            }
        }
    )


def _figure(one: Figure, language: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label.text(language),
        "value": _plain(one.value),
        "before": _plain(one.before),
        "format": one.format,
    }


def _chart(one: Chart, language: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label.text(language),
        "kind": one.kind,
        "group": one.group or None,
        "basis": one.basis.text(language) if one.basis else None,
        "columns": [
            {"code": c.code, "label": c.label.text(language), "format": c.format}
            for c in one.columns
        ],
        "lines": [{"key": _plain(line.key), **_numbers(line.values)} for line in one.lines],
        "marks": _numbers(one.marks),
    }


def _numbers(values: Mapping[str, object]) -> dict[str, object]:
    return {code: _plain(value) for code, value in values.items()}


def _plain(value: object) -> object:
    """Return a number as JSON: decimals as text, which no reader rounds."""
    return f"{value:f}" if isinstance(value, Decimal) else value
