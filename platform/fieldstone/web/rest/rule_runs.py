"""Applying a rule to records that are there, for programs: tried, done by a worker, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response

from fieldstone.actions.applying import Applying, Trial
from fieldstone.base.errors import RefusedError
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.storage.rule_runs import RuleRun
from fieldstone.web.asking import the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.openapi_rule_runs import APPLY
from fieldstone.web.rest.reading_json import body, known_parameters

blueprint = Blueprint("rule_runs", __name__, url_prefix="/api/v1/config/rule-runs")
ACCEPTED = 202
instant = DatetimeType().dump


@blueprint.get("")
def list_runs() -> Response:
    """List the latest runs."""
    known_parameters()
    return json_answer({"data": [_run(one) for one in _desk().runs()]})


@blueprint.post("")
def apply() -> Response:
    """Apply a rule through a worker; with "dry_run" only say what that would change."""
    known_parameters()
    given = body()
    problems = list(plain_problems(APPLY, given))
    if problems:
        raise RefusedError(problems, 400)
    since = timedelta(days=given["days"]) if "days" in given else None
    if given.get("dry_run", False):
        return json_answer({"data": _trial(_desk().try_out(given["rule"], since))})
    return json_answer({"data": _run(_desk().start(given["rule"], since))}, ACCEPTED)


@blueprint.post("/<run_id>/undo")
def undo(run_id: str) -> Response:
    """Take a run back through a worker."""
    known_parameters()
    return json_answer({"data": _run(_desk().undo(run_id))}, ACCEPTED)


def _desk() -> Applying:
    asked = the_call()
    site = asked.site
    return Applying(site.storage, site.writes, site.queue, asked.ctx, asked.model)


def _run(one: RuleRun) -> dict[str, Any]:
    return {
        "id": one.id,
        "rule": one.rule,
        "version": one.version,
        "object": one.object_name,
        "state": one.state,
        "since": None if one.since is None else instant(one.since),
        "counts": dict(one.counts),
        "error": one.error,
        "actor": one.actor,
        "at": instant(one.at),
    }


def _trial(one: Trial) -> dict[str, Any]:
    return {
        "rule": one.rule.code,
        "version": one.rule.version,
        "records": one.records,
        "looked_at": one.looked_at,
        "changed": one.changed,
        "refused": one.refused,
        "examples": [
            {"id": record, "title": title, "fields": list(codes)}
            for record, title, codes in one.examples
        ],
    }
