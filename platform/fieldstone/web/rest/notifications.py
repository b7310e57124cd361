"""What rules and colleagues told a person, for programs: read, and marked as read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from fieldstone.base.errors import RefusedError
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.storage.notices import Notices, Notification
from fieldstone.web.asking import the_call
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.openapi_notifications import MOST, READ
from fieldstone.web.rest.reading_json import body, flag, known_parameters, whole

blueprint = Blueprint("notifications", __name__, url_prefix="/api/v1/notifications")
instant = DatetimeType().dump


@blueprint.get("")
def list_notifications() -> Response:
    """Return the caller's newest notifications, and how many are unread."""
    asked = the_call()
    known_parameters("unread", "limit")
    limit, unread = whole("limit", MOST, MOST), flag("unread")
    ctx, storage = asked.ctx, asked.site.storage
    with storage.looking() as connection:
        notices = Notices(connection, storage.dialect, ctx.now)
        found = notices.of(ctx.actor.id, limit, unread=unread)
        count = notices.unread(ctx.actor.id)
    return json_answer({"data": [_note(one, asked.language) for one in found], "unread": count})


@blueprint.post("/read")
def read_notifications() -> Response:
    """Mark the caller's notifications as read: those named, or all."""
    asked = the_call()
    known_parameters()
    given = body()
    problems = list(plain_problems(READ, given))
    if problems:
        raise RefusedError(problems, 400)
    ctx, storage = asked.ctx, asked.site.storage
    with storage.connection() as connection:
        count = Notices(connection, storage.dialect, ctx.now).read(ctx.actor.id, given.get("ids"))
    return json_answer({"data": {"read": count}})


def _note(one: Notification, language: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "topic": one.topic,
        "text": one.said(language),
        "strength": one.payload.get("strength"),
        "object": one.about[0] if one.about else None,
        "record": one.about[1] if one.about else None,
        "created_at": instant(one.created_at),
        "read_at": None if one.read_at is None else instant(one.read_at),
    }
