"""The addresses of adopting rules in the OpenAPI document, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.web.rest.openapi_parts import (
    ID,
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

ADOPT: Final[Json] = {
    "type": "object",
    "required": ["version"],
    "additionalProperties": False,
    "properties": {
        "version": {"type": "integer", "minimum": 1, "description": "The one that was looked at."},
        "in_flight": {
            "enum": ["keep", "recompute"],
            "description": "recompute: work every record out anew now; keep: each at its next change.",
        },
    },
}
THE_RULE: Final = parameter("rule", TEXT, "The rule's code.", "path")
RULE: Final = of(
    rule=TEXT,
    label=TEXT,
    kind=TEXT,
    object=TEXT,
    version=WHOLE,
    adopted=WHOLE,
    waits=YES_NO,
    in_flight=TEXT,
)
CROSSING: Final[Json] = {
    "type": "object",
    "required": ["from", "to", "count"],
    "properties": {"from": TEXT, "to": TEXT, "count": WHOLE},
}
EXAMPLE: Final = of(
    id=ID,
    title=TEXT,
    score_before=WHOLE,
    score_after=WHOLE,
    state_before=TEXT,
    state_after=TEXT,
)
PREVIEW: Final = of(
    rule=TEXT,
    version=WHOLE,
    records=WHOLE,
    looked_at=WHOLE,
    higher=WHOLE,
    lower=WHOLE,
    average_before=TEXT,
    average_after=TEXT,
    crossings=many(CROSSING),
    examples=many(EXAMPLE),
)
DONE: Final = of(rule=TEXT, version=WHOLE, job={"type": ["string", "null"]})


def _operation(name: str, summary: str, responses: Json, *parameters: Json) -> Json:
    found = {"operationId": name, "tags": ["Scoring"], "summary": summary, "responses": responses}
    return {**found, "parameters": list(parameters)} if parameters else found


SCORING_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/scoring": {
        "get": _operation(
            "scoring_rules",
            "Read which versions of scoring and lifecycle rules hold",
            answers("200", of(data=many(RULE)), "The rules."),
        )
    },
    "/api/v1/scoring/{rule}/preview": {
        "post": _operation(
            "scoring_preview",
            "Try a changed rule on the records that are there",
            answers("200", of(data=PREVIEW), "What it would do; nothing is written."),
            THE_RULE,
        )
    },
    "/api/v1/scoring/{rule}/adopt": {
        "post": {
            **_operation(
                "scoring_adopt",
                "Let a changed rule hold for all records",
                answers("200", of(data=DONE), "Adopted."),
                THE_RULE,
            ),
            "requestBody": asks(ADOPT),
        }
    },
}
