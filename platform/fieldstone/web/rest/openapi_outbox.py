"""The addresses of what did not get through in the OpenAPI document, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.web.rest.openapi_parts import (
    INSTANT,
    MAYBE_TEXT,
    TEXT,
    WHOLE,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
)

MOST: Final = 200
_WHICH: Final[Json] = {
    "ids": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 2**53},
        "minItems": 1,
        "maxItems": 500,
        "description": "These messages, by the ids of the list.",
    },
    "channel": {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "description": "All of this channel.",
    },
    "all": {"type": "boolean", "description": "true: all there are."},
}
AGAIN: Final[Json] = {"type": "object", "additionalProperties": False, "properties": _WHICH}
DROP: Final[Json] = {
    **AGAIN,
    "required": ["reason"],
    "properties": {
        **_WHICH,
        "reason": {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "description": "Why nobody is to get them; kept in the audit log.",
        },
    },
}
MESSAGE: Final = of(
    id=WHOLE,
    channel=TEXT,
    state={"type": "string", "enum": ["dead", "waiting"]},
    topic=TEXT,
    to=TEXT,
    object=MAYBE_TEXT,
    record=MAYBE_TEXT,
    title=TEXT,
    text=TEXT,
    reason=TEXT,
    attempts=WHOLE,
    created_at=INSTANT,
    next_try=MAYBE_TEXT,
    given_up_at=MAYBE_TEXT,
)
TALLY: Final = of(channel=TEXT, dead=WHOLE, waiting=WHOLE, since=INSTANT)


def _operation(name: str, summary: str, responses: Json, **more: Any) -> Json:
    named = {"operationId": name, "tags": ["Operation"], "summary": summary}
    return {**named, "responses": responses, **more}


OUTBOX_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/outbox": {
        "get": _operation(
            "outbox",
            "Read what could not be delivered, or waits longer than a quarter of an hour, the newest first",
            answers(
                "200",
                of(
                    data=many(MESSAGE),
                    page=of(next={"type": ["integer", "null"]}),
                    channels=many(TALLY),
                ),
                "Messages, and how many there are by channel. What is about a record that you may not see says nothing of it.",
            ),
            parameters=[
                parameter(
                    "state",
                    {"type": "string", "enum": ["dead", "waiting"], "default": "dead"},
                    "dead: given up; waiting: still tried.",
                ),
                parameter("channel", TEXT, "Only of this channel, such as webhook or enrichment."),
                parameter(
                    "before", WHOLE, "Only those that are older than this id: `next` of a page."
                ),
                parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}, "How many."),
            ],
        )
    },
    "/api/v1/outbox/again": {
        "post": _operation(
            "outbox_again",
            "Send messages again; each once, however often it is asked",
            answers("200", of(data=of(sent=many(WHOLE))), "The ids that are on their way again."),
            requestBody=asks(AGAIN),
        )
    },
    "/api/v1/outbox/drop": {
        "post": _operation(
            "outbox_drop",
            "Drop messages that nobody is to get any more",
            answers("200", of(data=of(dropped=many(WHOLE))), "The ids that were dropped."),
            requestBody=asks(DROP),
        )
    },
}
