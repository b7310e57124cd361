"""The addresses of imports in the OpenAPI document: the same for every site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.web.rest.openapi_parts import (
    DRY_RUN,
    ID,
    INSTANT,
    TEXT,
    WHOLE,
    Json,
    answers,
    many,
    of,
    parameter,
    ref,
)

IMPORT: Final = of(
    id=ID,
    object=TEXT,
    file=TEXT,
    state={
        "type": "string",
        "enum": [
            "matching",
            "checking",
            "checked",
            "running",
            "done",
            "failed",
            "undoing",
            "undone",
            "stopped",
            "half_undone",
        ],
        "description": "stopped, half_undone: its job failed for good half way; run or undo goes on.",
    },
    rows=WHOLE,
    done=WHOLE,
    counts={"type": "object", "additionalProperties": WHOLE},
    problem=TEXT,
    created_at=INSTANT,
)
FORM: Final[Json] = {
    "type": "object",
    "required": ["object", "file"],
    "properties": {
        "object": {**TEXT, "description": "The object's code."},
        "file": {**TEXT, "format": "binary", "description": "CSV or a workbook, by its content."},
        "mapping": {**TEXT, "description": "A mapping in YAML or JSON; see fieldstone import."},
        "columns": {**TEXT, "description": 'Or {"Column": "field"} in JSON.'},
        "key": {**TEXT, "description": "With columns: the field by which a row is known again."},
    },
}
THE_IMPORT: Final = parameter("id", ID, "The import.", "path")
REFUSED: Final = many(of(line=WHOLE, problems=many(ref("Problem"))))
ONE: Final[Json] = {
    "type": "object",
    "properties": {**IMPORT["properties"], "rejected": REFUSED},
    "required": [*IMPORT["required"], "rejected"],
}


def _operation(verb: str, summary: str, responses: Json, *parameters: Json) -> Json:
    found = {"operationId": verb, "tags": ["Imports"], "summary": summary, "responses": responses}
    return {**found, "parameters": list(parameters)} if parameters else found


def _begun(verb: str, summary: str) -> Json:
    return _operation(verb, summary, answers("202", of(data=IMPORT), "Begun."), THE_IMPORT)


CSV: Final[Json] = {
    **answers("200", None, "The refused rows."),
    "200": {"description": "The refused rows.", "content": {"text/csv": {"schema": TEXT}}},
}
IMPORT_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/imports": {
        "get": _operation(
            "imports",
            "Read the latest imports",
            answers("200", of(data=many(IMPORT)), "The latest imports."),
        ),
        "post": {
            **_operation(
                "import",
                "Import a file, or check it with dry_run=1",
                answers("202", of(data=IMPORT), "Begun.", Location="Where to look."),
                DRY_RUN,
            ),
            "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}},
        },
    },
    "/api/v1/imports/{id}": {
        "get": _operation(
            "import_progress",
            "Read how far an import is",
            answers("200", of(data=ONE), "Its state."),
            THE_IMPORT,
        )
    },
    "/api/v1/imports/{id}/rejected": {
        "get": _operation("import_rejected", "Read the refused rows as CSV", CSV, THE_IMPORT)
    },
    "/api/v1/imports/{id}/run": {"post": _begun("import_run", "Import what was checked")},
    "/api/v1/imports/{id}/undo": {"post": _begun("import_undo", "Take back what was created")},
}
