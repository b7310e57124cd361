"""The addresses of duplicates in the OpenAPI document: the same for every site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.web.rest.openapi_parts import (
    ID,
    INSTANT,
    TEXT,
    WHOLE,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
)

STATE: Final[Json] = {"type": "string", "enum": ["open", "merged", "apart"]}
PAIR: Final = of(
    id=ID,
    object=TEXT,
    record=ID,
    other_object=TEXT,
    other=ID,
    score={**WHOLE, "description": "How alike the two are, in percent."},
    fields=many(TEXT),
    state=STATE,
    found_at=INSTANT,
    decided_at={"anyOf": [INSTANT, {"type": "null"}]},
)
KNOWN: Final = of(
    object=TEXT,
    id={"anyOf": [ID, {"type": "null"}]},
    title=TEXT,
    shared=TEXT,
    score=WHOLE,
    masked={"type": "boolean", "description": "The caller may not see it: its name is masked."},
    owner={"anyOf": [TEXT, {"type": "null"}]},
)
JOB: Final = of(job=ID, state=TEXT)
DECISION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["state"],
    "additionalProperties": False,
    "properties": {"state": {"enum": ["apart", "open"]}},
}
SEARCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["object"],
    "additionalProperties": False,
    "properties": {"object": {"type": "string"}},
}
QUESTION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["values"],
    "additionalProperties": False,
    "properties": {
        "object": {"type": "string", "description": "By whose rule is searched; lead without it."},
        "values": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Field to value, such as company or mobile.",
        },
    },
}
THE_PAIR: Final = parameter("id", ID, "The pair.", "path")
THE_JOB: Final = parameter("job", ID, "The search.", "path")


def _operation(verb: str, summary: str, responses: Json, *parameters: Json) -> Json:
    found = {
        "operationId": verb,
        "tags": ["Duplicates"],
        "summary": summary,
        "responses": responses,
    }
    return {**found, "parameters": list(parameters)} if parameters else found


def _asking(operation: Json, schema: Json) -> Json:
    return {**operation, "requestBody": asks(schema)}


DUPLICATE_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/duplicates": {
        "get": _operation(
            "duplicates",
            "Read pairs of records that may be the same",
            answers("200", of(data=many(PAIR), page=of(total=WHOLE)), "The most alike first."),
            parameter("object", TEXT, "The object; lead without it."),
            parameter("state", STATE, "open without it."),
            parameter("least", WHOLE, "How alike at least, in percent."),
            parameter("limit", WHOLE, "Up to 500."),
            parameter("offset", WHOLE, "How many are passed over."),
        )
    },
    "/api/v1/duplicates/{id}": {
        "get": _operation(
            "duplicate", "Read one pair", answers("200", of(data=PAIR), "It."), THE_PAIR
        )
    },
    "/api/v1/duplicates/{id}/decide": {
        "post": _asking(
            _operation(
                "duplicate_decide",
                "Say that two are no duplicates, or open the pair again",
                answers("200", of(data=PAIR), "Decided."),
                THE_PAIR,
            ),
            DECISION,
        )
    },
    "/api/v1/duplicates/find": {
        "post": _asking(
            _operation(
                "duplicates_find",
                "Look through all records of an object",
                answers("202", of(data=JOB), "Begun.", Location="Where to look."),
            ),
            SEARCH,
        )
    },
    "/api/v1/duplicates/find/{job}": {
        "get": _operation(
            "duplicates_search",
            "Read how far a search is",
            answers(
                "200",
                of(
                    data=of(
                        job=ID, state=TEXT, done=WHOLE, total=WHOLE, compared=WHOLE, found=WHOLE
                    )
                ),
                "Its state.",
            ),
            THE_JOB,
        )
    },
    "/api/v1/duplicates/known": {
        "post": _asking(
            _operation(
                "duplicates_known",
                "Ask whether somebody is with us already; foreign records are masked",
                answers("200", of(data=many(KNOWN)), "Who is like it."),
            ),
            QUESTION,
        )
    },
}
