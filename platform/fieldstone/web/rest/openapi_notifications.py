"""The addresses of a person's notifications in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.web.rest.openapi_parts import (
    FLAG,
    ID,
    INSTANT,
    MAYBE_TEXT,
    TEXT,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
)

MOST: Final = 100
READ: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "ids": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 60},
            "maxItems": 1000,
            "description": "Which ones; all of yours when left out.",
        }
    },
}
NOTE: Final = of(
    id=ID,
    topic=TEXT,
    text=TEXT,
    strength=MAYBE_TEXT,
    object=MAYBE_TEXT,
    record=MAYBE_TEXT,
    created_at=INSTANT,
    read_at={"type": ["string", "null"]},
)
TAG: Final = {"tags": ["Notifications"]}

NOTIFICATION_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/notifications": {
        "get": {
            **TAG,
            "operationId": "notifications",
            "summary": "Read what rules and colleagues told you, newest first",
            "parameters": [
                parameter("unread", FLAG, "1 returns only those that you have not read."),
                parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST}, "How many."),
            ],
            "responses": answers(
                "200",
                of(data=many(NOTE), unread={"type": "integer"}),
                "Your notifications, and how many you have not read.",
            ),
        }
    },
    "/api/v1/notifications/read": {
        "post": {
            **TAG,
            "operationId": "notifications_read",
            "summary": "Mark your notifications as read",
            "requestBody": asks(READ),
            "responses": answers(
                "200", of(data=of(read={"type": "integer"})), "How many were new."
            ),
        }
    },
}
