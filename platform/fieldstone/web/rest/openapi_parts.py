"""The pieces of the OpenAPI document: schemas, parameters and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.access.access import Access
from fieldstone.access.fields import FieldRight
from fieldstone.fieldtypes.generated_schema import openapi_of
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import HIGHEST_LIMIT

Json = dict[str, Any]
INTRODUCTION: Final = (
    "Generated from the model of this site. JSON in UTF-8; instants in RFC 3339 with Z, decimals as text, dates as "
    "YYYY-MM-DD. Send 'Authorization: Bearer TOKEN'. Errors are RFC 9457 problem details that name every problem at once."
)
WHOLE: Final[Json] = {"type": "integer"}
NATURAL: Final[Json] = {"type": "integer", "minimum": 0, "maximum": 2**31}
YES_NO: Final[Json] = {"type": "boolean"}
TEXT: Final[Json] = {"type": "string"}
MAYBE_TEXT: Final[Json] = {"type": ["string", "null"]}
INSTANT: Final[Json] = {"type": "string", "format": "date-time"}
ID: Final[Json] = {
    "type": "string",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
}
ANYTHING: Final[Json] = {}


def of(**properties: Json) -> Json:
    """Return the schema of an object that has all these keys."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def many(items: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def ref(name: str) -> Json:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


AGGREGATE: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "filter": MAYBE_TEXT,
        "q": MAYBE_TEXT,
        "pool": MAYBE_TEXT,
        "deleted": {"type": "boolean"},
        "group": many(TEXT),
        "measures": {"type": "object", "additionalProperties": TEXT},
    },
}
COMMON_SCHEMAS: Final[Mapping[str, Json]] = {
    "Problem": of(code=TEXT, path=TEXT, message=TEXT, cure=TEXT),
    "ProblemDetails": of(
        type=TEXT,
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT,
        request_id=TEXT,
        problems=many(ref("Problem")),
    ),
    "Decision": of(rule=TEXT, kind=TEXT, version={"type": "integer"}, because=TEXT),
    "Page": {
        "type": "object",
        "required": ["next"],
        "properties": {"next": MAYBE_TEXT, "total": {"type": "integer"}},
    },
    "History": of(
        changes=many({"type": "object"}),
        stages=many({"type": "object"}),
        owners=many({"type": "object"}),
    ),
    "Why": of(
        at=INSTANT,
        rule=TEXT,
        label=TEXT,
        kind=TEXT,
        version={"type": "integer"},
        because=TEXT,
        sets={"type": "object"},
        candidates=many({"type": "object"}),
    ),
}


def schema_name(one: ObjectType) -> str:
    """Return what an object's schema is called: sales_order becomes SalesOrder."""
    return "".join(part.capitalize() for part in one.code.split("_"))


def record_schema(one: ObjectType, access: Access, readable: frozenset[str]) -> Json:
    """Return what a record looks like when read; `fields=` leaves out what was not asked for."""
    properties: Json = {"id": ID, "version": {"type": "integer"}}
    for code, field in one.fields.items():
        right = access.field(code)
        if right.shown:
            properties[code] = _shown(field, right, readable)
    return {"type": "object", "properties": properties, "required": ["id", "version"]}


def _shown(field: Field, right: FieldRight, readable: frozenset[str]) -> Json:
    schema = openapi_of(field.type)
    target = field.type.expression_type.of
    choices = [schema, {"type": "null"}]
    if field.type.name == "rows":
        choices[0] = many({"type": "object"})
    elif field.type.name == "multi_lookup":
        choices.append(many({"type": "object"}))
    elif target in readable:
        choices.append(ref("".join(part.capitalize() for part in target.split("_"))))
    if right.masked or field.type.name == "secret":
        choices.append(TEXT)  # a mask
    return {"title": field.label.en, "anyOf": choices}


PROBLEM: Final[Json] = {
    "description": "Refused; every problem is named.",
    "content": {"application/problem+json": {"schema": ref("ProblemDetails")}},
}
REFUSALS: Final = ("400", "401", "403", "404", "409", "412", "413", "415", "422", "429")


def answers(status: str, schema: Json | None, text: str, **headers: str) -> Json:
    """Return the responses of an operation."""
    good: Json = {"description": text}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}}
    if headers:
        good["headers"] = {
            name.replace("_", "-"): {"schema": TEXT, "description": said}
            for name, said in headers.items()
        }
    return {status: good, **dict.fromkeys(REFUSALS, PROBLEM), "default": PROBLEM}


def asks(schema: Json, *, required: bool = True) -> Json:
    """Return the body of an operation."""
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def parameter(name: str, schema: Json, text: str, where: str = "query") -> Json:
    """Return a parameter of an operation."""
    found = {"name": name, "in": where, "schema": schema, "description": text}
    return {**found, "required": True} if where == "path" else found


FLAG: Final[Json] = {"type": "string", "enum": ["0", "1"]}
PATH_ID: Final = parameter("id", ID, "The record.", "path")
FIELDS: Final = parameter("fields", TEXT, "Fields to return, with commas between them.")
EXPAND: Final = parameter("expand", TEXT, "Lookups to return as records: owner,customer.industry.")
DELETED: Final = parameter("deleted", FLAG, "1 looks into the recycle bin.")
DRY_RUN: Final = parameter("dry_run", FLAG, "1 tells all and writes nothing.")
IF_MATCH: Final = parameter(
    "If-Match", TEXT, "The ETag you read: a stale write is refused.", "header"
)
KEY: Final = parameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 255},
    "A repeated request with the same key gets the first answer, for 24 hours.",
    "header",
)
LIMIT: Final[Json] = {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT, "default": 50}
LIST: Final = (
    parameter("filter", TEXT, "A condition: stage == 'new' and score >= 60."),
    parameter("q", TEXT, "Text to look for."),
    parameter("sort", TEXT, "Fields, - for descending: -created_at,name."),
    FIELDS,
    EXPAND,
    parameter("limit", LIMIT, "How many records a page holds."),
    parameter("cursor", TEXT, "`page.next` of the page before."),
    parameter("count", {"type": "string", "enum": ["exact"]}, "exact adds page.total."),
    DELETED,
)
