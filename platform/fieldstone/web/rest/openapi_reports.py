"""Dashboards and the records behind their numbers in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.reports.shapes import PERIODS
from fieldstone.web.rest.openapi_parts import ID, MAYBE_TEXT, TEXT, WHOLE, Json, answers, many, of

PERIOD: Final[Json] = {"type": "string", "enum": [str(one) for one in PERIODS]}
CODE: Final[Json] = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "Code of the dashboard.",
    "schema": TEXT,
}
BOARD: Final[Json] = CODE | {
    "description": "A dashboard's code, or assignment:RULE, ranking:PROGRAM, pool:POOL, source:SOURCE."
}
PARTS: Final[Json] = many(of(figure=TEXT, object=TEXT, total=WHOLE, ids=many(ID)))
TAGS: Final = ["Reports"]


def _body(**properties: Json) -> Json:
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"content": {"application/json": {"schema": schema}}}


REPORT_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/reports": {
        "get": {
            "operationId": "list_reports",
            "tags": TAGS,
            "summary": "List the dashboards",
            "responses": answers(
                "200", of(data=many(of(code=TEXT, label=TEXT))), "Those of the caller."
            ),
        }
    },
    "/api/v1/reports/{code}": {
        "post": {
            "operationId": "run_report",
            "tags": TAGS,
            "summary": "Read the figures of a dashboard in a period",
            "parameters": [CODE],
            "requestBody": _body(period=PERIOD),
            "responses": answers("200", of(data={"type": "object"}), "Key figures and charts."),
        }
    },
    "/api/v1/reports/{code}/records": {
        "post": {
            "operationId": "report_records",
            "tags": TAGS,
            "summary": "Read which records make up a number of a dashboard or another board",
            "parameters": [BOARD],
            "requestBody": _body(
                period=TEXT, chart=TEXT, figure=TEXT, key={"type": ["string", "null"]}, after=TEXT
            ),
            "responses": answers(
                "200",
                of(
                    data=of(object=TEXT, total=WHOLE, ids=many(ID), parts=PARTS, note=MAYBE_TEXT),
                    page=of(next=MAYBE_TEXT),
                ),
                "At most 500 at once; `after` takes `next` of the page before.",
            ),
        }
    },
}
