"""The pieces of the OpenAPI document: schemas, parameters and one operation per verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.access.access import Access
from fieldstone.access.fields import FieldRight
from fieldstone.actions.contract import Action
from fieldstone.fieldtypes.generated_schema import openapi_of
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import HIGHEST_LIMIT

Json = dict[str, Any]
INTRODUCTION: Final = (
    "Generated from the model of this site. JSON in UTF-8; instants in RFC 3339 with Z, decimals as text, dates as "
    "YYYY-MM-DD. Send 'Authorization: Bearer TOKEN'. Errors are RFC 9457 problem details that name every problem at once."
)
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


def _parameter(name: str, schema: Json, text: str, where: str = "query") -> Json:
    found = {"name": name, "in": where, "schema": schema, "description": text}
    return {**found, "required": True} if where == "path" else found


FLAG: Final[Json] = {"type": "string", "enum": ["0", "1"]}
PATH_ID: Final = _parameter("id", ID, "The record.", "path")
FIELDS: Final = _parameter("fields", TEXT, "Fields to return, with commas between them.")
EXPAND: Final = _parameter("expand", TEXT, "Lookups to return as records: owner,customer.industry.")
DELETED: Final = _parameter("deleted", FLAG, "1 looks into the recycle bin.")
DRY_RUN: Final = _parameter("dry_run", FLAG, "1 tells all and writes nothing.")
IF_MATCH: Final = _parameter(
    "If-Match", TEXT, "The ETag you read: a stale write is refused.", "header"
)
KEY: Final = _parameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 255},
    "A repeated request with the same key gets the first answer, for 24 hours.",
    "header",
)
LIMIT: Final[Json] = {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT, "default": 50}
LIST: Final = (
    _parameter("filter", TEXT, "A condition: stage == 'new' and score >= 60."),
    _parameter("q", TEXT, "Text to look for."),
    _parameter("sort", TEXT, "Fields, - for descending: -created_at,name."),
    FIELDS,
    EXPAND,
    _parameter("limit", LIMIT, "How many records a page holds."),
    _parameter("cursor", TEXT, "`page.next` of the page before."),
    _parameter("count", {"type": "string", "enum": ["exact"]}, "exact adds page.total."),
    DELETED,
)


def _operation(one: ObjectType, verb: str, summary: str, responses: Json, **more: Any) -> Json:
    return {
        "operationId": f"{verb}_{one.code}",
        "tags": [one.plural.en],
        "summary": summary,
        "responses": responses,
        **more,
    }


def _written(name: str, *others: str) -> Json:
    schema = of(data=ref(name), decisions=many(ref("Decision")))
    schema["properties"]["warnings"] = many(ref("Problem"))
    for other in others:
        schema["properties"][other] = TEXT if other == "message" else {"type": "object"}
    return schema


def _page(name: str) -> Json:
    return of(data=many(ref(name)), page=ref("Page"))


def list_operation(one: ObjectType, name: str) -> Json:
    """Return the operation that lists records."""
    text = f"List {one.plural.en.lower()}"
    return _operation(
        one, "list", text, answers("200", _page(name), "A page of records."), parameters=list(LIST)
    )


def pool_operation(one: ObjectType, name: str, pools: Sequence[str]) -> Json:
    """Return the operation that lists a public pool."""
    pool = _parameter("pool", {"type": "string", "enum": list(pools)}, "The pool.", "path")
    responses = answers("200", _page(name), "A page of records.")
    return _operation(
        one,
        "pool",
        f"List {one.plural.en.lower()} in a public pool",
        responses,
        parameters=[pool, *LIST],
    )


def create_operation(one: ObjectType, name: str) -> Json:
    """Return the operation that creates a record."""
    responses = answers(
        "201", _written(name), "Created.", ETag="The version.", Location="Its address."
    )
    # A duplicate rule may attach the request to a record that is there already; a dry run creates none.
    responses["200"] = {**responses["201"], "description": "Attached to an existing record."}
    allow = _parameter("allow_duplicate", FLAG, "1 creates it in spite of a duplicate alert.")
    return _operation(
        one,
        "create",
        f"Create {_a(one)}",
        responses,
        parameters=[KEY, DRY_RUN, allow],
        requestBody=asks(ref(f"{name}Create")),
    )


def _a(one: ObjectType) -> str:
    word = one.label.en.lower()
    return f"an {word}" if word[:1] in "aeio" else f"a {word}"


def get_operation(one: ObjectType, name: str) -> Json:
    """Return the operation that reads one record."""
    responses = answers("200", of(data=ref(name)), "The record.", ETag="Its version.")
    responses["304"] = {"description": "You hold this version already."}
    return _operation(
        one, "get", f"Read {_a(one)}", responses, parameters=[PATH_ID, FIELDS, EXPAND, DELETED]
    )


def patch_operation(one: ObjectType, name: str) -> Json:
    """Return the operation that changes a record."""
    responses = answers("200", _written(name), "Changed.", ETag="The new version.")
    return _operation(
        one,
        "change",
        f"Change {_a(one)}",
        responses,
        parameters=[PATH_ID, IF_MATCH, KEY, DRY_RUN],
        requestBody=asks(ref(f"{name}Change")),
    )


def delete_operation(one: ObjectType) -> Json:
    """Return the operation that deletes a record."""
    responses = answers("204", None, "It lies in the recycle bin.")
    return _operation(
        one,
        "delete",
        f"Delete {_a(one)}",
        responses,
        parameters=[PATH_ID, IF_MATCH, KEY, DRY_RUN],
    )


def restore_operation(one: ObjectType, name: str) -> Json:
    """Return the operation that restores a record."""
    responses = answers("200", _written(name), "Restored.", ETag="The new version.")
    return _operation(
        one,
        "restore",
        f"Restore {_a(one)} from the recycle bin",
        responses,
        parameters=[PATH_ID, KEY, DRY_RUN],
    )


def upsert_operation(one: ObjectType, name: str, field: Field) -> Json:
    """Return the operation that creates or changes by a unique field."""
    value = _parameter("value", TEXT, field.label.en, "path")
    responses = answers("200", _written(name), "Changed.")
    responses["201"] = {**responses["200"], "description": "Created."}
    found = _operation(
        one,
        f"upsert_by_{field.code}",
        f"Create or change {_a(one)} by {field.label.en.lower()}",
        responses,
        parameters=[value, IF_MATCH, KEY, DRY_RUN],
        requestBody=asks(ref(f"{name}Create")),
    )
    # The key is in the address, so nothing else must be there for a change.
    found["requestBody"]["content"]["application/json"]["schema"] = ref(f"{name}Change")
    return found


def bulk_operation(one: ObjectType, name: str) -> Json:
    """Return the operation that writes many records."""
    change = {"allOf": [{"type": "object", "required": ["id"], "properties": {"id": ID}}]}
    body = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            "create": {**many(ref(f"{name}Create")), "maxItems": 1000},
            "update": {**many(change), "maxItems": 1000},
            "delete": {**many(ID), "maxItems": 1000},
        },
    }
    outcome = of(id=MAYBE_TEXT, status={"type": "integer"})
    schema = {"type": "object", "additionalProperties": many(outcome)}
    atomic = _parameter("atomic", FLAG, "1 writes all or none.")
    return _operation(
        one,
        "bulk",
        f"Create, change and delete many {one.plural.en.lower()}",
        answers("200", schema, "One outcome for each, in the same order."),
        parameters=[atomic, KEY, DRY_RUN],
        requestBody=asks(body),
    )


def aggregate_operation(one: ObjectType) -> Json:
    """Return the operation that counts and sums."""
    schema = of(data=many({"type": "object"}))
    return _operation(
        one,
        "aggregate",
        f"Count and sum {one.plural.en.lower()}",
        answers("200", schema, "One line per group."),
        requestBody=asks(AGGREGATE),
    )


def history_operation(one: ObjectType) -> Json:
    """Return the operation that reads a record's history."""
    responses = answers("200", of(data=ref("History")), "Changes, stages and owners.")
    return _operation(
        one, "history", f"Read what happened to {_a(one)}", responses, parameters=[PATH_ID]
    )


def explain_operation(one: ObjectType) -> Json:
    """Return the operation that explains decisions."""
    responses = answers("200", of(data=many(ref("Why"))), "Automatic decisions, newest first.")
    return _operation(
        one,
        "explain",
        "Read why each automatic decision was made",
        responses,
        parameters=[PATH_ID],
    )


def action_operation(one: ObjectType, name: str, action: Action) -> Json:
    """Return the operation that runs an action."""
    responses = answers("200", _written(name, "message", "others"), "Done.", ETag="The version.")
    required = bool(action.schema.get("required"))
    return _operation(
        one,
        action.name,
        f"{action.label.en}: {one.label.en.lower()}",
        responses,
        parameters=[PATH_ID, DRY_RUN],
        requestBody=asks(dict(action.schema), required=required),
    )


def _site_operation(verb: str, summary: str, schema: Json, *parameters: Json) -> Json:
    responses = answers("200", schema, summary)
    responses["304"] = {"description": "You hold this already."}
    found = {"operationId": verb, "tags": ["The site"], "summary": summary, "responses": responses}
    return {**found, "parameters": list(parameters)} if parameters else found


META: Final[Json] = of(data={"type": "object"})
SITE_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/meta": {"get": _site_operation("meta", "Read which objects there are", META)},
    "/api/v1/meta/{object}": {
        "get": _site_operation(
            "meta_object",
            "Read the fields, stages, views and actions of an object",
            META,
            _parameter("object", TEXT, "The object's code.", "path"),
        )
    },
    "/api/v1/pools": {
        "get": _site_operation(
            "pools",
            "Read which public pools you may look into",
            of(data=many(of(pool=TEXT, object=TEXT))),
        )
    },
    "/api/v1/openapi.json": {
        "get": _site_operation("openapi", "Read this document", {"type": "object"})
    },
}
