"""The addresses of assignment boards, ranking lists and calendars in the OpenAPI document, and what they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.web.rest.openapi_parts import (
    FLAG,
    INSTANT,
    MAYBE_TEXT,
    NATURAL,
    TEXT,
    WHOLE,
    YES_NO,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
)

MAYBE_WHOLE: Final[Json] = {"type": ["integer", "null"]}
HOURS: Final[Json] = {
    "oneOf": [
        {"type": "string", "enum": ["off", "work"]},
        {"type": "array", "items": {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$"}, "minItems": 1, "maxItems": 12},
    ],
    "description": "off, work (with the hours of its weekday), or hours of its own: 09:00-12:00.",
}  # fmt: skip
DAYS: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "days": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1000,
            "propertyNames": {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "additionalProperties": {
                "oneOf": [
                    *HOURS["oneOf"],
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {"hours": HOURS, "label": {**TEXT, "maxLength": 100}},
                        "required": ["hours"],
                    },
                    {"type": "null"},
                ]
            },
            "description": "Settings by day; null takes one back.",
        },
        "reason": {"type": "string", "maxLength": 500, "description": "Kept with the revision."},
    },
    "required": ["days"],
}
OBJECTION: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"note": {"type": "string", "minLength": 1, "maxLength": 1000}},
    "required": ["note"],
}
LABEL: Final = of(en=TEXT, zh=TEXT)
NAMED: Final = of(code=TEXT, object=TEXT, label=LABEL)
COUNTS: Final[Json] = {"type": "object", "additionalProperties": WHOLE}
SEAT: Final = of(
    person=TEXT,
    name=TEXT,
    state={"type": "string", "enum": ["free", "away", "full"]},
    because=LABEL,
    next=YES_NO,
    share={"type": "number"},
    owed={"type": "number"},
    given=COUNTS,
    limits=COUNTS,
    room=MAYBE_WHOLE,
    rank=MAYBE_WHOLE,
)
CANDIDATE: Final = of(id=TEXT, name=TEXT, chosen=YES_NO, because=LABEL)
BOARD: Final = of(
    code=TEXT,
    object=TEXT,
    label=LABEL,
    lines=many(of(code=TEXT, label=LABEL, when=MAYBE_TEXT, method=MAYBE_TEXT, people=many(SEAT))),
    dealt=many(of(record=TEXT, at=INSTANT, person=MAYBE_TEXT, pool=MAYBE_TEXT, because=LABEL, candidates=many(CANDIDATE))),
    waiting=many(of(record=TEXT, since=INSTANT, due=INSTANT)),
    waiting_count=NATURAL,
    waiting_open=NATURAL,
)  # fmt: skip
EDITION: Final[Json] = {
    **of(
        edition=NATURAL,
        period=TEXT,
        since=INSTANT,
        until=INSTANT,
        published_at=INSTANT,
        rule_version=NATURAL,
        lines=many(
            of(
                person=TEXT,
                name=TEXT,
                rank=MAYBE_WHOLE,
                score={"type": ["number", "null"]},
                metrics={"type": "object"},
                rewards=of(weight=NATURAL, extra=COUNTS, **{"not": {"type": "object"}}),
                note=MAYBE_TEXT,
            )
        ),
    ),
    "type": ["object", "null"],
}
CALENDAR: Final = of(code=TEXT, zone=TEXT, country=MAYBE_TEXT, hours=many(many(TEXT)))
WHOLE_CALENDAR: Final = of(
    code=TEXT,
    zone=TEXT,
    country=MAYBE_TEXT,
    hours=many(many(TEXT)),
    days=many(of(day=TEXT, works=YES_NO, hours=many(TEXT), name=MAYBE_TEXT)),
)
CODE: Final = parameter("code", TEXT, "The code of the rule or calendar.", "path")


def _operation(tag: str, verb: str, summary: str, responses: Json, *parameters: Json) -> Json:
    found = {"operationId": verb, "tags": [tag], "summary": summary, "responses": responses}
    return {**found, "parameters": list(parameters)} if parameters else found


def _read(tag: str, verb: str, summary: str, schema: Json, *parameters: Json) -> Json:
    return {
        "get": _operation(tag, verb, summary, answers("200", of(data=schema), summary), *parameters)
    }


SHARING_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/assignment": _read("Assignment", "assignment_rules", "List the assignment rules", many(NAMED)),
    "/api/v1/assignment/{code}": _read(
        "Assignment", "assignment_board", "Read who gets what and why, and what waits", BOARD, CODE
    ),
    "/api/v1/rankings": _read("Rankings", "rankings", "List the ranking programmes", many(NAMED)),
    "/api/v1/rankings/{code}": _read(
        "Rankings", "ranking", "Read a published list", EDITION, CODE,
        parameter("edition", NATURAL, "An earlier edition; the latest when left out."),
        parameter("preview", FLAG, "1 returns the next list as the records stand now."),
    ),
    "/api/v1/rankings/{code}/publish": {
        "post": _operation(
            "Rankings", "publish_ranking", "Publish the list of the present period",
            answers("201", of(data=EDITION), "The published list; 200 when it was there already."), CODE,
        )
    },
    "/api/v1/rankings/{code}/appeal": {
        "post": {
            **_operation(
                "Rankings", "object_to_ranking", "Object to the latest list",
                answers("201", of(data=of(sent=YES_NO)), "It was sent."), CODE,
            ),
            "requestBody": asks(OBJECTION),
        }
    },
    "/api/v1/calendars": _read("Calendars", "calendars", "List the working calendars", many(CALENDAR)),
    "/api/v1/calendars/{code}": _read(
        "Calendars", "calendar", "Read a calendar with its special days", WHOLE_CALENDAR, CODE
    ),
    "/api/v1/calendars/{code}/days": {
        "post": {
            **_operation(
                "Calendars", "set_calendar_days", "Set single days of a calendar",
                answers("201", of(data=of(revision=NATURAL)), "In force as this revision."), CODE,
            ),
            "requestBody": asks(DAYS),
        }
    },
    "/api/v1/calendars/{code}/import": {
        "post": {
            **_operation(
                "Calendars", "import_calendar_days", "Set days off and make-up days from an iCalendar file",
                answers("201", of(data=of(revision=MAYBE_WHOLE, changed=NATURAL)), "In force as this revision; 200 when nothing changes."), CODE,
            ),
            "requestBody": {"required": True, "content": {"text/calendar": {"schema": {"type": "string"}}}},
        }
    },
}  # fmt: skip
