"""Events from websites, mailers and other systems: one call takes many, each once."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from fieldstone.access.access import access_to
from fieldstone.actions.engaging import ENGAGEMENT, Ear, event_schema
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.objects import context, object_of
from fieldstone.web.rest.reading_json import body, known_parameters

blueprint = Blueprint("engagements", __name__, url_prefix="/api/v1")


@blueprint.post("/engagement/intake")
def take_events() -> Response:
    """Record events about leads; answers tell for each whether it was new, known already, or refused."""
    asked = the_call()
    known_parameters("dry_run")
    given = body()
    _may_report(asked)
    kinds = object_of(asked, ENGAGEMENT).fields["kind"].type.expression_type.choices
    problems = plain_problems(event_schema(kinds), given)
    if problems:
        raise RefusedError(problems, 422)
    site = asked.site
    ear = Ear(site.reads, site.writes, context(asked), asked.model)
    found = ear.hear(given["events"])
    counts = {
        status: sum(one.status == status for one in found)
        for status in ("recorded", "repeated", "refused")
    }
    return json_answer({"data": [asdict(one) for one in found], "counts": counts})


def _may_report(asked: Asked) -> None:
    object_of(asked, ENGAGEMENT)
    if not access_to(asked.model, asked.ctx.actor, ENGAGEMENT).may_create:
        text = "Your roles do not let you report events."
        cure = "Ask an administrator for a role that may, such as integrator."
        raise RefusedError([Problem("forbidden", ENGAGEMENT, text, cure)], 403)
