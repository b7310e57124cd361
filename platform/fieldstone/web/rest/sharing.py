"""Assignment boards, ranking lists and working calendars for programs: what the pages show, and the same verbs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions import ranking
from fieldstone.actions.ranking import Office
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ical import special_days
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.evolution import calendars
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.reads.assigning import AssignmentBoard, Line, Seat, assignments_seen, board_of
from fieldstone.rules.contract import Rule, Standing
from fieldstone.storage.rankings import Edition
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.config import changing_of
from fieldstone.web.rest.openapi_sharing import DAYS, OBJECTION
from fieldstone.web.rest.reading_json import body, flag, known_parameters, whole_or_none

blueprint = Blueprint("sharing", __name__, url_prefix="/api/v1")
Json = dict[str, Any]
instant = DatetimeType().dump
CREATED: Final = 201


@blueprint.get("/assignment")
def assignment_rules() -> Response:
    """List the assignment rules whose board the caller may see."""
    asked = the_call()
    known_parameters()
    rules = assignments_seen(asked.model, asked.ctx.actor)
    return json_answer({"data": [_named(one) for one in rules]})


@blueprint.get("/assignment/<code>")
def assignment_board(code: str) -> Response:
    """Return who shares, who is next, what was given and what waits."""
    asked = the_call()
    known_parameters()
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        board = board_of(sight, code, asked.language)
    return json_answer({"data": _board(board)})


@blueprint.get("/rankings")
def rankings() -> Response:
    """List the ranking programmes whose lists the caller may see."""
    asked = the_call()
    known_parameters()
    seen = ranking.programs_seen(_office(asked))
    return json_answer({"data": [_named(one) for one in seen.values()]})


@blueprint.get("/rankings/<code>")
def ranking_list(code: str) -> Response:
    """Return an edition of a list, the latest without a number; `preview` returns the next one."""
    asked = the_call()
    known_parameters("edition", "preview")
    office, rule = _office(asked), _program(asked, code)
    if flag("preview"):
        if not ranking.may_publish(office, rule):
            text = "Your roles do not let you preview rankings."
            cure = "Ask somebody who may assign records to others."
            raise RefusedError([Problem("forbidden", "preview", text, cure)], 403)
        return json_answer({"data": _edition(ranking.preview(office, rule))})
    number = whole_or_none("edition")
    found = ranking.edition(office, rule, number)
    if found is None and number is not None:
        text = f"There is no edition {number} of {code!r}."
        raise RefusedError(
            [Problem("not_found", "edition", text, "Leave it out for the latest.")], 404
        )
    return json_answer({"data": _edition(found) if found else None})


@blueprint.post("/rankings/<code>/publish")
def publish_ranking(code: str) -> Response:
    """Publish the list of the present period; one that is published already is returned as it is."""
    asked = the_call()
    known_parameters()
    office, rule = _office(asked), _program(asked, code)
    published = ranking.publish(office, rule)
    found = published or ranking.edition(office, rule, None)
    return json_answer({"data": _edition(found) if found else None}, CREATED if published else 200)


@blueprint.post("/rankings/<code>/appeal")
def appeal(code: str) -> Response:
    """Send an objection to the latest edition."""
    asked = the_call()
    known_parameters()
    given = _given(OBJECTION)
    ranking.appeal(_office(asked), asked.site.writes, _program(asked, code), given["note"].strip())
    return json_answer({"data": {"sent": True}}, CREATED)


@blueprint.get("/calendars")
def all_calendars() -> Response:
    """List the working calendars."""
    asked = the_call()
    _ = asked.ctx
    known_parameters()
    codes = [code for code in asked.model.calendars if code]
    found = [calendars.told(calendars.calendar_of(asked.model, code)) for code in codes]
    return json_answer(
        {"data": [{k: one[k] for k in ("code", "zone", "country", "hours")} for one in found]}
    )


@blueprint.get("/calendars/<code>")
def one_calendar(code: str) -> Response:
    """Return a calendar with its special days."""
    asked = the_call()
    _ = asked.ctx
    known_parameters()
    return json_answer({"data": calendars.told(calendars.calendar_of(asked.model, code))})


@blueprint.post("/calendars/<code>/days")
def set_days(code: str) -> Response:
    """Set single days: off, work, or hours; null takes a setting back."""
    asked = the_call()
    known_parameters()
    changing, given = changing_of(asked), _given(DAYS)
    calendars.calendar_of(asked.model, code)
    for day in given["days"]:
        _check_day(day)
    reason = given.get("reason", "")
    applied = calendars.set_days(changing, asked.ctx, code, given["days"], reason)
    return json_answer({"data": {"revision": applied.revision.number}}, CREATED)


@blueprint.post("/calendars/<code>/import")
def import_days(code: str) -> Response:
    """Set days off and make-up days as the iCalendar file in the body names them."""
    asked = the_call()
    known_parameters()
    changing = changing_of(asked)
    present = calendars.calendar_of(asked.model, code)
    settings = calendars.imported(special_days(request.get_data()), present)
    if not settings:
        return json_answer({"data": {"revision": None, "changed": 0}})
    applied = calendars.set_days(changing, asked.ctx, code, settings, "iCalendar")
    return json_answer(
        {"data": {"revision": applied.revision.number, "changed": len(settings)}}, CREATED
    )


def _check_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        problem = Problem("bad_day", text[:40], f"{text[:40]!r} is no day.", "Write 2026-10-01.")
        raise RefusedError([problem]) from None


def _given(schema: Json) -> Json:
    given = body()
    problems = list(plain_problems(schema, given))
    if problems:
        raise RefusedError(problems, 422)
    return given


def _office(asked: Asked) -> Office:
    return Office(asked.site.storage, asked.site.reads, asked.model, asked.ctx)


def _program(asked: Asked, code: str) -> Rule:
    seen = ranking.programs_seen(_office(asked))
    if code not in seen:
        text = f"There is no ranking programme {code[:40]!r}."
        raise RefusedError(
            [Problem("not_found", "program", text, did_you_mean(code[:40], seen))], 404
        )
    return seen[code]


def _named(rule: Rule) -> Json:
    return {"code": rule.code, "object": rule.object_name, "label": _both(rule.label)}


def _both(label: Label) -> Json:
    return {"en": label.en, "zh": label.text("zh")}


def _when(at: datetime) -> object:
    return instant(at)


def _board(board: AssignmentBoard) -> Json:
    return {
        **_named(board.rule),
        "lines": [_line(one) for one in board.lines],
        "dealt": [
            {
                "record": one.record.id,
                "at": _when(one.at),
                "person": one.person or None,
                "pool": one.pool or None,
                "because": _both(one.because),
                "candidates": [
                    {"id": c.id, "name": c.name, "chosen": c.chosen, "because": _both(c.because)}
                    for c in one.candidates
                ],
            }
            for one in board.dealt
        ],
        "waiting": [
            {"record": one.record.id, "since": _when(one.since), "due": _when(one.due)}
            for one in board.waiting
            if one.record
        ],
        "waiting_count": board.waiting_count,
        "waiting_open": board.waiting_open,
    }


def _line(line: Line) -> Json:
    return {
        "code": line.code,
        "label": _both(line.label),
        "when": line.when or None,
        "method": line.method or None,
        "people": [_seat(one) for one in line.seats],
    }


def _seat(seat: Seat) -> Json:
    return {
        "person": seat.person,
        "name": seat.name,
        "state": seat.state,
        "because": _both(seat.because),
        "next": seat.is_next,
        "share": round(seat.share, 4),
        "owed": seat.owed,
        "given": {limit.period: limit.got for limit in seat.limits},
        "limits": {limit.period: limit.most for limit in seat.limits if limit.most is not None},
        "room": seat.room,
        "rank": seat.rank or None,
    }


def _edition(edition: Edition) -> Json:
    return {
        "edition": edition.edition,
        "period": edition.period,
        "since": _when(edition.since),
        "until": _when(edition.until),
        "published_at": _when(edition.published_at),
        "rule_version": edition.rule_version,
        "lines": [
            {
                "person": line.person,
                "name": line.name,
                "rank": line.rank or None,
                "score": line.score,
                "metrics": line.metrics,
                "rewards": _rewards(line.standing),
                "note": line.note or None,
            }
            for line in edition.lines
        ],
    }


def _rewards(standing: Standing) -> Json:
    return {
        "weight": standing.weight,
        "extra": dict(standing.extra),
        "not": {name: list(values) for name, values in standing.closed.items()},
    }
