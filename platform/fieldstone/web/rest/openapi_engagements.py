"""The intake of events in the OpenAPI document."""

from __future__ import annotations

from typing import Final

from fieldstone.actions.engaging import ENGAGEMENT, event_schema
from fieldstone.model.objects import ObjectType
from fieldstone.web.rest.openapi_parts import (
    DRY_RUN,
    ID,
    TEXT,
    WHOLE,
    YES_NO,
    Json,
    answers,
    asks,
    many,
    of,
    ref,
)

PATH: Final = f"/api/v1/{ENGAGEMENT}/intake"
HEARD: Final = of(
    event_id=TEXT,
    status={"type": "string", "enum": ["recorded", "repeated", "refused"]},
    record_id={**ID, "type": ["string", "null"]},
    machine=YES_NO,
    problems=many(ref("Problem")),
)
COUNTS: Final = of(recorded=WHOLE, repeated=WHOLE, refused=WHOLE)


def intake_path(one: ObjectType) -> Json:
    """Return the operation; the kinds of events are those of this site."""
    schema = event_schema(one.fields["kind"].type.expression_type.choices)
    return {
        "post": {
            "operationId": "engagement_intake",
            "tags": [one.plural.en],
            "summary": "Report events of leads, each once",
            "parameters": [DRY_RUN],
            "requestBody": asks(schema),
            "responses": answers(
                "200", of(data=many(HEARD), counts=COUNTS), "What became of each."
            ),
        }
    }
