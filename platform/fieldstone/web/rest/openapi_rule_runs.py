"""The addresses of applying a rule to records that are there in the OpenAPI document, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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

APPLY: Final[Json] = {
    "type": "object",
    "required": ["rule"],
    "additionalProperties": False,
    "properties": {
        "rule": {**TEXT, "description": "The code of the rule."},
        "days": {
            "type": "integer",
            "minimum": 1,
            "maximum": 3660,
            "description": "Only records created in the last so many days; all when left out.",
        },
        "dry_run": {
            "type": "boolean",
            "description": "True only says what it would change, on an even sample of many records.",
        },
    },
}
RUN: Final = of(
    id=ID,
    rule=TEXT,
    version=WHOLE,
    object=TEXT,
    state={
        "type": "string",
        "enum": ["running", "done", "stopped", "undoing", "half_undone", "undone"],
        "description": "stopped and half_undone: its job failed for good, error says why; both can be undone.",
    },
    since={"type": ["string", "null"]},
    counts={"type": "object", "additionalProperties": WHOLE},
    error=TEXT,
    actor=TEXT,
    at=INSTANT,
)
TRIAL: Final = of(
    rule=TEXT,
    version=WHOLE,
    records=WHOLE,
    looked_at=WHOLE,
    changed=WHOLE,
    refused=WHOLE,
    examples=many(of(id=ID, title=TEXT, fields=many(TEXT))),
)
THE_RUN: Final = parameter("run", TEXT, "The id of the run.", "path")


def _operation(name: str, summary: str, responses: Json) -> Json:
    named = {"operationId": name, "tags": ["Configuration"], "summary": summary}
    return {**named, "responses": responses}


RULE_RUN_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/config/rule-runs": {
        "get": _operation(
            "rule_runs",
            "Read which rules were applied to records that were there",
            answers("200", of(data=many(RUN)), "The latest runs, the newest first."),
        ),
        "post": {
            **_operation(
                "apply_rule",
                "Apply a rule to records that are there",
                {
                    **answers("200", of(data=TRIAL), "With dry_run: what it would change."),
                    **answers("202", of(data=RUN), "A worker does it."),
                },
            ),
            "requestBody": asks(APPLY),
        },
    },
    "/api/v1/config/rule-runs/{run}/undo": {
        "post": {
            **_operation(
                "undo_rule_run",
                "Take a run back",
                answers("202", of(data=RUN), "A worker gives the records what they had."),
            ),
            "parameters": [THE_RUN],
        }
    },
}
