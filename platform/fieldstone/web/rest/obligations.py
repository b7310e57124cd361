"""Deadlines of a record, its conversion beforehand and afterwards, and what somebody who leaves hands over."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.actions.offboard import key_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.reads.agenda import MINE, WHOSE, Wanted, agenda_of
from fieldstone.reads.converting import Converting
from fieldstone.reads.deadlines import Running
from fieldstone.storage.leased import jobs_of
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer, not_found
from fieldstone.web.rest.objects import object_of
from fieldstone.web.rest.reading_json import known_parameters

blueprint = Blueprint("obligations", __name__, url_prefix="/api/v1")
instant = DatetimeType().dump


@blueprint.get("/<object_name>/<record_id>/deadlines")
def deadlines(object_name: str, record_id: str) -> Response:
    """Return the deadlines that run for a record, the next one first, with what happens then."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    found = asked.site.reads.deadlines(asked.ctx, asked.model, object_name, record_id)
    if found is None:
        raise not_found(object_name, record_id)
    return json_answer({"data": [_deadline(asked, one) for one in found]})


@blueprint.get("/deadlines")
def agenda() -> Response:
    """Return the deadlines of the caller, of the caller's team, or of others, over all objects."""
    asked = the_call()
    known_parameters("show", "person", "rule")
    shown, person, rule = (request.args.get(name, "") for name in ("show", "person", "rule"))
    if shown not in ("", *WHOSE):
        text = f"There are no deadlines of {shown[:20]!r}."
        raise RefusedError([Problem("unknown", "show", text, did_you_mean(shown, WHOSE))], 400)
    wanted = Wanted(shown or MINE, person, rule)
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        found = agenda_of(sight, wanted)
    data = [
        {
            "object": item.record.object_name,
            "id": item.record.id,
            "title": item.record.values.get(asked.model.objects[item.record.object_name].title),
            "owner": item.record.values.get("owner"),
            **_deadline(asked, item.running),
        }
        for item in found.items
    ]
    return json_answer({"data": data, "more": found.more})


def _deadline(asked: Asked, one: Running) -> dict[str, Any]:
    language = asked.language
    return {
        "rule": one.rule.code,
        "label": one.rule.label.text(language),
        "kind": one.rule.kind,
        "start": instant(one.start),
        "due": instant(one.due),
        "overdue": one.overdue(asked.ctx.now),
        "then": one.then.text(language) if one.then is not None else None,
        "cooldown": one.cooldown.text(language) if one.cooldown is not None else None,
        "reminders": [
            {"at": instant(step.at), "strength": step.strength}
            for step in sorted(one.coming, key=lambda step: step.at)
        ],
        "extended": one.extended,
        "extensions_left": one.left,
        "may_extend": one.may_extend,
        "may_acknowledge": one.may_acknowledge and one.seen_at is None and bool(one.coming),
        "acknowledged_at": instant(one.seen_at),
        "working_minutes_left": None
        if one.working is None
        else int(one.working.total_seconds() // 60),
    }


@blueprint.get("/<object_name>/<record_id>/conversion")
def conversion(object_name: str, record_id: str) -> Response:
    """Return what a conversion of the record would find, how one that was asked for stands, and what an undo does."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    found = asked.site.reads.converting(asked.ctx, asked.model, object_name, record_id)
    if found is None:
        raise not_found(object_name, record_id)
    return json_answer({"data": _conversion(asked, found)})


def _conversion(asked: Asked, found: Converting) -> dict[str, Any]:
    language, kept = asked.language, found.kept
    return {
        "state": found.state or "open",
        "asked_by": kept.asked_by if kept is not None else None,
        "asked_at": instant(kept.asked_at) if kept is not None else None,
        "targets": [
            {
                "target": target.code,
                "object": target.object_name,
                "optional": target.optional,
                "suggestions": [
                    {"id": one.id, "title": one.title, "same": one.because.text(language)}
                    for one in found.suggestions.get(target.code, ())
                ],
            }
            for target in found.body.targets
        ],
        "missing": [
            {"code": p.code, "path": p.path, "message": p.message, "cure": p.cure}
            for p in found.missing
        ],
        "carries": dict(found.carries),
        "undo_until": instant(found.until),
        "undo": [
            {
                "target": one.target,
                "object": one.object_name,
                "id": one.record_id,
                "fate": one.fate,
                "why": one.why,
            }
            for one in found.fates
        ],
    }


@blueprint.get("/user/<record_id>/leaving")
def leaving(record_id: str) -> Response:
    """Return what a person would hand over and what stays, and how far the last hand-over is."""
    asked = the_call()
    object_of(asked, "user")
    known_parameters()
    plan = asked.site.reads.leaving(asked.ctx, asked.model, record_id)
    if plan is None:
        raise not_found("user", record_id)
    with asked.site.storage.looking() as connection:
        last = jobs_of(connection).last_under(key_of(record_id))
    status = asked.site.queue.status(last) if last else None
    data = {
        "hand_over": [
            {
                "code": share.hand_over.code,
                "label": share.hand_over.label.text(asked.language),
                "object": share.hand_over.object_name,
                "to": share.hand_over.to,
                "count": share.count,
            }
            for share in plan.shares
        ],
        "stays": plan.stays,
        "job": None
        if status is None
        else {
            "id": status.id,
            "state": status.state,
            "done": status.progress.get("done", 0),
            "total": status.progress.get("total", 0),
            "report": status.progress.get("report", {}),
            "error": status.error,
        },
    }
    return json_answer({"data": data})
