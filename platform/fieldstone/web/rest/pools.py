"""Public pools for programs: what lies in them, claiming several, opening one, and what those who look after them see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from flask import Blueprint, Response

from fieldstone.actions.claiming import Claimed, Wish, claim_all
from fieldstone.actions.contract import Call
from fieldstone.actions.move_to_pool import MOVE
from fieldstone.actions.peeking import opened
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.problem_texts import as_data
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.reads.claiming import Claiming
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.rules.claim_quota import Allowance
from fieldstone.rules.holding_books import Holding
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer, not_found, record_after
from fieldstone.web.rest.listing import LIST_PARAMETERS, list_answer, query_of_request
from fieldstone.web.rest.objects import context, object_of
from fieldstone.web.rest.openapi_pools import CLAIM_BODY, LONGEST_PERIOD, MOVE_BODY
from fieldstone.web.rest.reading_json import body, known_parameters, whole

blueprint = Blueprint("pools", __name__, url_prefix="/api/v1/pools")
USUAL_PERIOD: Final = 30


@blueprint.get("")
def pools() -> Response:
    """Name the pools that the caller may look into, and how."""
    asked = the_call()
    known_parameters()
    reads, found = asked.site.reads, []
    for code, spec in asked.model.objects.items():
        for pool in reads.pools(asked.ctx, asked.model, code) if spec.pools else ():
            inside = reads.inside(asked.ctx, asked.model, pool, code)
            rule = asked.model.rules.get(pool)
            found.append(
                {
                    "pool": pool,
                    "object": code,
                    "label": rule.label.text(asked.language) if rule else pool,
                    "visibility": inside.visibility,
                    "administers": inside.administers,
                }
            )
    return json_answer({"data": found})


@blueprint.get("/<pool>/<object_name>")
def pool_records(pool: str, object_name: str) -> Response:
    """List what lies in a public pool, as its members see it before claiming."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters(*LIST_PARAMETERS)
    query = replace(query_of_request(), pool=pool)
    return list_answer(asked, object_name, query)


@blueprint.get("/<pool>/<object_name>/limits")
def limits(pool: str, object_name: str) -> Response:
    """Tell what the caller may still claim and open."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    asked.site.reads.inside(asked.ctx, asked.model, pool, object_name)
    claiming = asked.site.reads.claiming(asked.ctx, asked.model, pool, object_name)
    return json_answer({"data": _limits(claiming, asked.language)})


@blueprint.post("/<pool>/<object_name>/claim")
def claim(pool: str, object_name: str) -> Response:
    """Claim one or several records; each has its answer, or with `atomic` all are given or none."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run")
    given = _checked(CLAIM_BODY)
    wish = _wish(asked, pool, object_name, given["ids"])
    done = claim_all(replace(wish, atomic=given.get("atomic", False)))
    return json_answer({"data": [_answer(asked, object_name, one) for one in done]})


@blueprint.post("/<pool>/<object_name>/<record_id>/open")
def look(pool: str, object_name: str, record_id: str) -> Response:
    """Open one record: it shows more than the list, and is counted once in 24 hours."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    if not is_id(record_id):
        raise not_found(object_name, record_id)
    seen = opened(_wish(asked, pool, object_name, [record_id]))
    return json_answer({"data": seen.record.dump(asked.model), "views_left": seen.left})


@blueprint.post("/<pool>/<object_name>/move")
def move(pool: str, object_name: str) -> Response:
    """Move records of a pool to another one, each with its answer."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run")
    given, site = _checked(MOVE_BODY), asked.site
    params = {"pool": given["to"]} | ({"reason": given["reason"]} if "reason" in given else {})
    answers: list[dict[str, Any]] = []
    for record_id in given["ids"]:
        ctx = context(asked)
        call = Call(ctx, asked.model, object_name, record_id, params, site.reads, site.writes)
        try:
            if not is_id(record_id):
                raise not_found(object_name, record_id)
            run(site.vocabulary.actions, MOVE, call)
        except RefusedError as refused:
            problems = [as_data(one, asked.language) for one in refused.problems]
            answers.append({"id": record_id, "status": refused.status, "problems": problems})
        else:
            answers.append({"id": record_id, "status": 200})
    return json_answer({"data": answers})


@blueprint.get("/<pool>/<object_name>/traffic")
def traffic(pool: str, object_name: str) -> Response:
    """Tell what went in and out of a pool, for those who look after it."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("days")
    found = _desk(asked, pool, object_name).traffic(whole("days", USUAL_PERIOD, LONGEST_PERIOD))
    return json_answer(
        {
            "data": {
                "days": found.days,
                "came": dict(found.came),
                "left": dict(found.left),
                "lying": found.lying,
                "never_claimed": found.never,
                "ages": list(found.ages),
                "median_wait_seconds": int(found.wait.total_seconds()) if found.wait else None,
                "by_day": [
                    {"day": day.isoformat(), "came": len(came), "claimed": len(claimed)}
                    for day, (came, claimed) in found.by_day.items()
                ],
                "people": [
                    {"person": person, **asdict(taken)} for person, taken in found.people.items()
                ],
            }
        }
    )


@blueprint.get("/<pool>/<object_name>/members")
def members(pool: str, object_name: str) -> Response:
    """Name the people of a pool with their limits, for those who look after it."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    return json_answer(
        {
            "data": [
                {
                    "person": one.person.id,
                    "name": one.person.name,
                    "groups": list(one.groups),
                    "administers": one.administers,
                    "visibility": one.visibility,
                    **_held(one.own),
                    "quotas": [
                        _quota(quota) for quota in (one.till.allowances if one.till else ())
                    ],
                }
                for one in _desk(asked, pool, object_name).people()
            ]
        }
    )


def _desk(asked: Asked, pool: str, object_name: str) -> PoolDesk:
    return PoolDesk(asked.site.reads, asked.ctx, asked.model, object_name, pool)


def _wish(asked: Asked, pool: str, object_name: str, ids: list[str]) -> Wish:
    site = asked.site
    return Wish(context(asked), asked.model, object_name, pool, ids, site.reads, site.writes)


def _checked(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body. Raises RefusedError with 400 and every problem of its shape."""
    given = dict(body())
    problems = list(plain_problems(schema, given))
    if problems:
        raise RefusedError(problems, 400)
    return given


def _answer(asked: Asked, object_name: str, one: Claimed) -> dict[str, Any]:
    if one.outcome is None:
        problems = [as_data(told, asked.language) for told in one.problems]
        return {"id": one.record_id, "status": one.status, "problems": problems}
    return {"id": one.record_id, "status": 200, **record_after(asked, object_name, one.outcome)}


def _limits(claiming: Claiming, language: str) -> dict[str, Any]:
    return {
        "may_claim": claiming.may_claim,
        "left": claiming.left,
        "views_left": claiming.views_left,
        **_held(claiming.own),
        "quotas": [_quota(one) for one in claiming.allowances],
        "obstacles": [as_data(one, language) for one in claiming.obstacles],
    }


def _held(own: Holding | None) -> dict[str, int | None]:
    return {"held": own.held if own else 0, "holding": own.most if own else None}


def _quota(one: Allowance) -> dict[str, Any]:
    quota = one.quota
    return {
        "counts": quota.counts,
        "period": quota.period,
        "together": quota.group if quota.together else None,
        "used": one.used,
        "most": quota.most,
        "left": one.left,
        "frees_at": DatetimeType().dump(one.frees_at) if one.frees_at else None,
    }
