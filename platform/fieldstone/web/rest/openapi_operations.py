"""One operation of the OpenAPI document per verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.actions.contract import Action
from fieldstone.model.objects import Field, ObjectType
from fieldstone.web.rest.openapi_parts import (
    AGGREGATE,
    DELETED,
    DRY_RUN,
    EXPAND,
    FIELDS,
    FLAG,
    ID,
    IF_MATCH,
    KEY,
    LIST,
    MAYBE_TEXT,
    PATH_ID,
    TEXT,
    WHOLE,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
    ref,
)
from fieldstone.web.rest.openapi_pools import POOLS


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
    pool = parameter("pool", {"type": "string", "enum": list(pools)}, "The pool.", "path")
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
    allow = parameter("allow_duplicate", FLAG, "1 creates it in spite of a duplicate alert.")
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
    value = parameter("value", TEXT, field.label.en, "path")
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
    outcome = of(id=MAYBE_TEXT, status=WHOLE)
    schema = {"type": "object", "additionalProperties": many(outcome)}
    atomic = parameter("atomic", FLAG, "1 writes all or none.")
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
        parameters=[PATH_ID, KEY, DRY_RUN],
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
            parameter("object", TEXT, "The object's code.", "path"),
        )
    },
    "/api/v1/pools": {
        "get": _site_operation(
            "pools",
            "Read which public pools you may look into",
            of(data=POOLS),
        )
    },
    "/api/v1/openapi.json": {
        "get": _site_operation("openapi", "Read this document", {"type": "object"})
    },
}
