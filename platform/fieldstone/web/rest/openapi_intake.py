"""The addresses of sources in the OpenAPI document, for who looks after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.actions.intake.overview import ENDS
from fieldstone.storage.arrivals import STATES
from fieldstone.web.rest.openapi_parts import (
    ANYTHING,
    ID,
    INSTANT,
    MAYBE_TEXT,
    TEXT,
    WHOLE,
    YES_NO,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
    ref,
)

COUNTS: Final = of(**dict.fromkeys(ENDS, WHOLE))
VALUES: Final[Json] = {"type": "object", "additionalProperties": TEXT}
SOURCE: Final = of(
    code=TEXT,
    label=TEXT,
    object=TEXT,
    via=TEXT,
    channel_class=TEXT,
    enabled=YES_NO,
    version=WHOLE,
    address=TEXT,
    arrived=WHOLE,
    counts=COUNTS,
)
WITH_DAYS: Final[Json] = {
    "type": "object",
    "properties": {**SOURCE["properties"], "days": many(of(day=TEXT, counts=COUNTS))},
    "required": [*SOURCE["required"], "days"],
}
STATE: Final[Json] = {"type": "string", "enum": list(STATES)}
ARRIVAL: Final = of(
    id=ID,
    state=STATE,
    outcome=TEXT,
    record=MAYBE_TEXT,
    batch=MAYBE_TEXT,
    received_at=INSTANT,
    settled_at={"anyOf": [INSTANT, {"type": "null"}]},
    problems=many(ref("Problem")),
    values=VALUES,
)
RECEIPT: Final[Json] = {
    "type": "object",
    "properties": {
        "arrival": TEXT,
        "state": STATE,
        "outcome": TEXT,
        "record": MAYBE_TEXT,
        "replayed": YES_NO,
        "problems": many(ref("Problem")),
        "decisions": many(ref("Decision")),
        "values": VALUES,
    },
    "required": ["arrival", "state", "outcome", "record"],
}
ORIGIN: Final = of(
    field=TEXT, rule=TEXT, provider=TEXT, origin=TEXT, confidence=TEXT, value=ANYTHING, at=INSTANT
)
CODE: Final = parameter("code", TEXT, "The source.", "path")
DAYS: Final = parameter(
    "days", {"type": "integer", "minimum": 1, "maximum": 366}, "How many days, today included."
)
PAYLOAD: Final[Json] = {"type": "object"}


def _operation(verb: str, summary: str, responses: Json, *parameters: Json) -> Json:
    found = {"operationId": verb, "tags": ["Sources"], "summary": summary, "responses": responses}
    return {**found, "parameters": list(parameters)} if parameters else found


INTAKE_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/intake/sources": {
        "get": _operation(
            "sources",
            "Read the sources with what flows through them",
            answers("200", of(data=many(SOURCE)), "All sources."),
            DAYS,
        )
    },
    "/api/v1/intake/sources/{code}": {
        "get": _operation(
            "source",
            "Read one source, day by day",
            answers("200", of(data=WITH_DAYS), "The source."),
            CODE,
            DAYS,
        )
    },
    "/api/v1/intake/sources/{code}/arrivals": {
        "get": _operation(
            "arrivals",
            "Read what arrived, newest first",
            answers("200", of(data=many(ARRIVAL)), "The latest arrivals."),
            CODE,
            parameter("state", STATE, "Only those that ended so."),
            parameter("limit", {"type": "integer", "minimum": 1, "maximum": 500}, "How many."),
        ),
        "post": {
            **_operation(
                "send_arrivals",
                "Let objects wait as if they had arrived through the source",
                answers("202", of(data=of(batch=ID, arrivals=many(RECEIPT))), "They wait."),
                CODE,
            ),
            "requestBody": asks({**many(PAYLOAD), "minItems": 1, "maxItems": 500}),
        },
    },
    "/api/v1/intake/sources/{code}/test": {
        "post": {
            **_operation(
                "try_arrival",
                "Tell what would become of an arrival; nothing is written",
                answers("200", of(data=RECEIPT), "What would become of it."),
                CODE,
            ),
            "requestBody": asks(PAYLOAD),
        }
    },
    "/api/v1/intake/arrivals/{id}/retry": {
        "post": {
            **_operation(
                "retry_arrival",
                "Try an arrival again, as it came or corrected",
                answers("200", of(data=RECEIPT), "What became of it."),
                parameter("id", ID, "The arrival.", "path"),
            ),
            "requestBody": asks(PAYLOAD, required=False),
        }
    },
    "/api/v1/intake/provenance/{object}/{id}": {
        "get": _operation(
            "provenance",
            "Read where the values of a record come from",
            answers("200", of(data=many(ORIGIN)), "By field."),
            parameter("object", TEXT, "The object's code.", "path"),
            parameter("id", ID, "The record.", "path"),
        )
    },
}
