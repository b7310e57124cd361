"""Deadlines, conversions and hand-overs in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.agenda import WHOSE
from fieldstone.rules.deadline_body import Deadline
from fieldstone.web.rest.openapi_parts import (
    ID,
    INSTANT,
    MAYBE_TEXT,
    PATH_ID,
    TEXT,
    WHOLE,
    YES_NO,
    Json,
    answers,
    many,
    of,
    ref,
)

NUMBER: Final[Json] = WHOLE
MAYBE_INSTANT: Final[Json] = {"type": ["string", "null"], "format": "date-time"}
DEADLINE: Final = of(
    rule=TEXT,
    label=TEXT,
    kind=TEXT,
    start=MAYBE_INSTANT,
    due=INSTANT,
    overdue=YES_NO,
    then=MAYBE_TEXT,
    cooldown=MAYBE_TEXT,
    reminders=many(of(at=INSTANT, strength=TEXT)),
    extended=NUMBER,
    extensions_left={"type": ["integer", "null"]},
    may_extend=YES_NO,
    may_acknowledge=YES_NO,
    acknowledged_at=MAYBE_INSTANT,
    working_minutes_left={"type": ["integer", "null"]},
)
CONVERSION: Final = of(
    state={"type": "string", "enum": ["open", "pending", "done"]},
    asked_by={**ID, "type": ["string", "null"]},
    asked_at=MAYBE_INSTANT,
    targets=many(
        of(
            target=TEXT,
            object=TEXT,
            optional=YES_NO,
            suggestions=many(of(id=ID, title=TEXT, same=TEXT)),
        )
    ),
    missing=many(ref("Problem")),
    carries={"type": "object", "additionalProperties": NUMBER},
    undo_until=MAYBE_INSTANT,
    undo=many(
        of(
            target=TEXT,
            object=TEXT,
            id=ID,
            fate={"type": "string", "enum": ["removed", "kept", "put_back", "left"]},
            why=TEXT,
        )
    ),
)
LEAVING: Final = of(
    hand_over=many(of(code=TEXT, label=TEXT, object=TEXT, to=TEXT, count=NUMBER)),
    stays={"type": "object", "additionalProperties": NUMBER},
    job={"type": ["object", "null"]},
)

IN_ONE_LIST: Final = of(
    object=TEXT, id=ID, title=MAYBE_TEXT, owner=MAYBE_TEXT, **DEADLINE["properties"]
)
AGENDA_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/deadlines": {
        "get": {
            "operationId": "deadlines",
            "tags": ["Deadlines"],
            "summary": "Read the deadlines of all my records, of my team's, or of others",
            "parameters": [
                {
                    "name": "show",
                    "in": "query",
                    "description": "Whose: mine when left out; of the people whose manager I am; of others I may see.",
                    "schema": {"type": "string", "enum": list(WHOSE)},
                },
                {
                    "name": "person",
                    "in": "query",
                    "description": "Those of one person, by id.",
                    "schema": TEXT,
                },
                {
                    "name": "rule",
                    "in": "query",
                    "description": "Those of one rule.",
                    "schema": TEXT,
                },
            ],
            "responses": answers(
                "200",
                of(data=many(IN_ONE_LIST), more=YES_NO),
                "The hundred that are due first; more tells whether there are others.",
            ),
        }
    }
}


def obligation_paths(model: Model, one: ObjectType, base: str) -> Iterator[tuple[str, Json]]:
    """Yield what an object with deadlines, a conversion map, or people who leave can be asked."""
    if any(isinstance(rule.body, Deadline) for rule in model.rules_of(one.code)):
        text, schema = "Read the deadlines that run, with what happens then", many(DEADLINE)
        yield f"{base}/{{id}}/deadlines", _asked(one, "deadlines", text, schema)
    if model.rules_of(one.code, "conversion_map"):
        text = "Read what a conversion finds, how it stands, and what an undo does"
        yield f"{base}/{{id}}/conversion", _asked(one, "conversion", text, CONVERSION)
    if model.rules_of(one.code, "offboarding"):
        text = "Read what a person hands over, and how far the hand-over is"
        yield f"{base}/{{id}}/leaving", _asked(one, "leaving", text, LEAVING)


def _asked(one: ObjectType, verb: str, summary: str, schema: Json) -> Json:
    return {
        "get": {
            "operationId": f"{verb}_{one.code}",
            "tags": [one.plural.en],
            "summary": summary,
            "parameters": [PATH_ID],
            "responses": answers("200", of(data=schema), summary),
        }
    }
