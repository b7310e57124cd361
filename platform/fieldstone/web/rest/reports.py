"""The figures of dashboards for programs: the same numbers that pages draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response

from fieldstone.base.names import did_you_mean
from fieldstone.numbers.contract import Asked as AskedNumbers
from fieldstone.numbers.contract import Number
from fieldstone.numbers.opening import ids_of, records_behind
from fieldstone.reports.as_json import as_json
from fieldstone.reports.behind import Behind
from fieldstone.reports.dashboards import Asked, dashboard, dashboards_for
from fieldstone.web.asking import the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.reading_json import body, known_parameters, refusal

NUMBER: Final = ("period", "chart", "figure", "key", "after")
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
    given = _texts(("period",))
    reports = Asked(asked.site.reads, asked.ctx, asked.model)
    found = dashboard(reports, code, given.get("period") or "")
    return json_answer({"data": as_json(found, asked.language)})


@blueprint.post("/<code>/records")
def report_records(code: str) -> Response:
    """Return the ids of the records behind a number: `chart` ("" for the key figures), `figure`, `key` of its line.

    `code` is a dashboard, or another board: assignment:RULE, ranking:PROGRAM, pool:POOL, source:SOURCE.
    """
    asked = the_call()
    known_parameters()
    given = _texts(NUMBER)
    numbers = AskedNumbers(asked.site, asked.ctx, asked.model)
    number = Number(
        given.get("figure") or "",
        given.get("chart") or "",
        given.get("key"),
        given.get("period") or "",
    )
    found = records_behind(numbers, code, number)
    ids, total, further = ids_of(numbers, found, given.get("after") or "")
    parts = [_part(one, ids) for one in found.parts]
    data = {
        "object": found.object_name,
        "total": total,
        "ids": ids,
        "parts": parts,
        "note": found.note.text(asked.language) if found.note else None,
    }
    return json_answer({"data": data, "page": {"next": further}})


def _part(one: Behind, ids: Sequence[str]) -> dict[str, object]:
    """Return a figure of which a number is made: how many records it was measured on, and which of this page."""
    measured = set(one.ids or ())
    return {
        "figure": one.code,
        "object": one.object_name,
        "total": len(measured),
        "ids": [each for each in ids if each in measured],
    }


def _texts(names: Sequence[str]) -> dict[str, str | None]:
    """Return what the body says. Raises RefusedError (400) for anything but texts of these names."""
    given = body()
    for name, value in given.items():
        if name not in names:
            text = f"A report takes no {name[:40]!r}."
            raise refusal("unknown_parameter", name[:40], text, did_you_mean(name[:40], names))
        if not isinstance(value, str) and not (value is None and name == "key"):
            cure = 'Send {"period": "last_90"}.'
            raise refusal(f"bad_{name}", name, f"{name} is no text.", cure)
    return dict(given)
