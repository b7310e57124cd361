"""Scoring and lifecycle rules for programs: which versions hold, what a changed one would do, and adopting it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from fieldstone.actions.adopting import Adoptable, Adopting, Preview
from fieldstone.base.errors import RefusedError
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.openapi_scoring import ADOPT
from fieldstone.web.rest.reading_json import body, known_parameters

blueprint = Blueprint("scoring_api", __name__, url_prefix="/api/v1/scoring")


def desk_of(asked: Asked) -> Adopting:
    """Return the desk at which this caller adopts rules."""
    site = asked.site
    return Adopting(site.storage, site.writes, site.queue, asked.ctx, asked.model)


@blueprint.get("")
def list_rules() -> Response:
    """List the scoring and lifecycle rules, and which version of each holds."""
    asked = the_call()
    known_parameters()
    return json_answer({"data": [_rule(one, asked.language) for one in desk_of(asked).rules()]})


@blueprint.post("/<code>/preview")
def preview_rule(code: str) -> Response:
    """Tell what adopting the present version would do."""
    asked = the_call()
    known_parameters()
    return json_answer({"data": _preview(desk_of(asked).preview(code))})


@blueprint.post("/<code>/adopt")
def adopt_rule(code: str) -> Response:
    """Let the version that was looked at hold for all records."""
    asked = the_call()
    known_parameters()
    given = body()
    problems = plain_problems(ADOPT, given)
    if problems:
        raise RefusedError(problems, 422)
    job = desk_of(asked).adopt(code, given["version"], given.get("in_flight", ""))
    return json_answer({"data": {"rule": code, "version": given["version"], "job": job}})


def _rule(one: Adoptable, language: str) -> dict[str, Any]:
    rule = one.rule
    return {
        "rule": rule.code,
        "label": rule.label.text(language),
        "kind": rule.kind,
        "object": rule.object_name,
        "version": rule.version,
        "adopted": one.adopted,
        "waits": one.waits,
        "in_flight": rule.in_flight,
    }


def _preview(one: Preview) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "version": one.version,
        "records": one.records,
        "looked_at": one.looked_at,
        "higher": one.higher,
        "lower": one.lower,
        "average_before": f"{one.average[0]:.1f}",
        "average_after": f"{one.average[1]:.1f}",
        "crossings": [
            {"from": before, "to": after, "count": count}
            for (before, after), count in sorted(one.crossings.items())
        ],
        "examples": [
            {
                "id": example.record_id,
                "title": example.title,
                "score_before": example.score[0],
                "score_after": example.score[1],
                "state_before": example.state[0],
                "state_after": example.state[1],
            }
            for example in one.examples
        ],
    }
