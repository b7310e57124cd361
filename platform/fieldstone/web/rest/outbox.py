"""What did not get through, for programs of administrators: listed, sent again, dropped; and a record's open questions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.actions.undelivered import SHOWN, Seen, Undelivering, Wanted
from fieldstone.base.errors import RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.storage.undelivered import DEAD, STATES, WAITING, Chosen
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.openapi_outbox import AGAIN, DROP, MOST
from fieldstone.web.rest.reading_json import body, known_parameters, refusal, whole, whole_or_none

blueprint = Blueprint("outbox", __name__, url_prefix="/api/v1/outbox")
instant = DatetimeType().dump


@blueprint.get("")
def list_messages() -> Response:
    """List what was given up, or what waits long, the newest first; and how much there is by channel."""
    asked = the_call()
    known_parameters("state", "channel", "before", "limit")
    state, limit = request.args.get("state", DEAD), whole("limit", SHOWN, MOST)
    if state not in STATES:
        text = f"state is {state[:40]!r}."
        raise refusal("bad_parameter", "state", text, did_you_mean(state[:40], STATES))
    desk, channel = _desk(asked), request.args.get("channel", "")[:100]
    found = desk.listed(Wanted(state, channel, whole_or_none("before"), limit + 1))
    shown = found[:limit]
    channels = [
        {"channel": one.channel, DEAD: one.dead, WAITING: one.waiting, "since": instant(one.since)}
        for one in desk.tallies()
    ]
    following = shown[-1].message.id if len(found) > limit else None
    data = [_message(asked, one) for one in shown]
    return json_answer({"data": data, "page": {"next": following}, "channels": channels})


@blueprint.post("/again")
def send_again() -> Response:
    """Put messages out anew; what is on its way already is not sent twice."""
    asked = the_call()
    known_parameters()
    chosen, _ = _chosen(AGAIN)
    return json_answer({"data": {"sent": _desk(asked).again(chosen)}})


@blueprint.post("/drop")
def drop() -> Response:
    """Give messages up for good, with the reason."""
    asked = the_call()
    known_parameters()
    chosen, given = _chosen(DROP)
    return json_answer({"data": {"dropped": _desk(asked).drop(chosen, given["reason"])}})


def _desk(asked: Asked) -> Undelivering:
    site = asked.site
    return Undelivering(site.storage, site.queue, site.reads, asked.ctx, asked.model)


def _chosen(schema: dict[str, Any]) -> tuple[Chosen, dict[str, Any]]:
    """Return which messages the body names, and the body."""
    given = body()
    problems = list(plain_problems(schema, given))
    if problems:
        raise RefusedError(problems, 400)
    ways = [name for name in ("ids", "channel", "all") if given.get(name)]
    if len(ways) != 1:
        text = "The body names no messages, or names them in two ways."
        raise refusal("bad_choice", "ids", text, "Send one of: ids, channel, all.")
    ids = tuple(given["ids"]) if "ids" in ways else None
    return Chosen(ids, given.get("channel", "")), given


def _message(asked: Asked, seen: Seen) -> dict[str, Any]:
    one, language = seen.message, asked.language
    return {
        "id": one.id,
        "channel": one.channel,
        "state": DEAD if one.is_dead else WAITING,
        "topic": one.topic,
        "to": seen.to.text(language),
        "object": seen.about[0] if seen.about else None,
        "record": seen.about[1] if seen.about else None,
        "title": seen.title,
        "text": seen.text.text(language),
        "reason": seen.why.text(language),
        "attempts": one.attempts,
        "created_at": instant(one.created_at),
        "next_try": None if one.is_dead else instant(one.due),
        "given_up_at": instant(one.ended_at) if one.is_dead and one.ended_at else None,
    }
