"""OpenAPI 3.1 of exactly this site: made from the model, for what one caller may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from fieldstone.access.access import Access
from fieldstone.access.rights import Held, is_administrator
from fieldstone.actions.contract import Action
from fieldstone.actions.engaging import ENGAGEMENT
from fieldstone.actions.intake.overview import may_manage
from fieldstone.actions.running import offered
from fieldstone.changes.nouns import Actor
from fieldstone.fieldtypes.generated_schema import schema_for
from fieldstone.model.objects import ObjectType
from fieldstone.web.rest import openapi_operations as verbs
from fieldstone.web.rest import openapi_parts as parts
from fieldstone.web.rest.meta import writable
from fieldstone.web.rest.objects import objects_seen
from fieldstone.web.rest.openapi_config import CONFIG_PATHS
from fieldstone.web.rest.openapi_duplicates import DUPLICATE_PATHS
from fieldstone.web.rest.openapi_engagements import intake_path
from fieldstone.web.rest.openapi_imports import IMPORT_PATHS
from fieldstone.web.rest.openapi_intake import INTAKE_PATHS
from fieldstone.web.rest.openapi_notifications import NOTIFICATION_PATHS
from fieldstone.web.rest.openapi_obligations import AGENDA_PATHS, obligation_paths
from fieldstone.web.rest.openapi_outbox import OUTBOX_PATHS
from fieldstone.web.rest.openapi_parts import Json
from fieldstone.web.rest.openapi_pools import pool_paths
from fieldstone.web.rest.openapi_reports import REPORT_PATHS
from fieldstone.web.rest.openapi_rule_runs import RULE_RUN_PATHS
from fieldstone.web.rest.openapi_scoring import SCORING_PATHS
from fieldstone.web.rest.openapi_sharing import SHARING_PATHS

VERSION: Final = "v1"


@dataclass(frozen=True)
class Offer:
    """What decides how the API looks to a caller: the model, the roles, the token's grants, the actions."""

    held: Held
    roles: frozenset[str]
    grants: frozenset[str] | None
    actions: tuple[Action, ...]
    title: str

    @property
    def actor(self) -> Actor:
        """Return somebody with these rights: which records are theirs makes no difference to the API."""
        return Actor("", self.roles, grants=self.grants)


@lru_cache(maxsize=64)
def openapi_bytes(offer: Offer) -> bytes:
    """Return the document as JSON; made once per model and set of rights."""
    return orjson.dumps(openapi_of_offer(offer))


def openapi_of_offer(offer: Offer) -> Json:
    """Return the document."""
    spec = APISpec(
        title=f"{offer.title} API",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={"description": parts.INTRODUCTION},
        security=[{"token": []}, {"session": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": "fieldstone_session"}
    )
    for name, schema in parts.COMMON_SCHEMAS.items():
        spec.components.schema(name, schema)
    seen = list(objects_seen(offer.held.model, offer.actor))
    readable = frozenset(one.code for one, access in seen if access.may_read)
    for one, access in seen:
        _add_schemas(spec, one, access, readable)
        for path, operations in paths_of(offer, one, access):
            spec.path(path, operations=operations, summary=one.plural.en)
    administers = is_administrator(offer.held.model, offer.actor)
    own = {**CONFIG_PATHS, **RULE_RUN_PATHS, **SCORING_PATHS, **OUTBOX_PATHS} if administers else {}
    if may_manage(offer.held.model, offer.actor):
        own = {**own, **INTAKE_PATHS}
    for_all = {
        **verbs.SITE_PATHS,
        **IMPORT_PATHS,
        **DUPLICATE_PATHS,
        **NOTIFICATION_PATHS,
        **SHARING_PATHS,
        **AGENDA_PATHS,
        **REPORT_PATHS,
    }
    for path, operations in {**for_all, **own}.items():
        spec.path(path, operations=operations)
    return _finished(spec.to_dict(), seen)


def _add_schemas(spec: APISpec, one: ObjectType, access: Access, readable: frozenset[str]) -> None:
    name = parts.schema_name(one)
    fields = one.fields.values()
    spec.components.schema(name, parts.record_schema(one, access, readable))
    create, update = access.writable_on_create(), access.writable_anywhere()
    for suffix, allowed in (("Create", create), ("Change", update)):
        types = {f.code: f.type for f in fields if f.code in allowed and writable(f)}
        spec.components.schema(f"{name}{suffix}", schema=schema_for(f"{name}{suffix}", types))


def _finished(document: Json, seen: list[tuple[ObjectType, Access]]) -> Json:
    """Say what a new record must have; marshmallow cannot know, for rules and defaults fill in much."""
    schemas = document["components"]["schemas"]
    for one, _ in seen:
        schema = schemas[f"{parts.schema_name(one)}Create"]
        required = [
            f.code
            for f in one.fields.values()
            if f.required
            and f.code in schema.get("properties", {})
            and f.default is None
            and f.default_expression is None
            and not f.system
        ]
        if required:
            schema["required"] = required
    return document


def paths_of(offer: Offer, one: ObjectType, access: Access) -> Iterator[tuple[str, Json]]:
    """Yield the addresses of an object with the operations that this caller may use."""
    base = f"/api/v1/{one.code}"
    found: dict[str, Json] = {}
    for allowed, rest, verb, operation in _verbs(one, access):
        if allowed:
            found.setdefault(base + rest, {})[verb] = operation
    yield from found.items()
    if one.code == ENGAGEMENT and access.may_create:
        yield f"{base}/intake", intake_path(one)
    if access.may_read:
        yield from obligation_paths(offer.held.model, one, base)
    yield from _special_paths(offer, one, access, base)


def _verbs(one: ObjectType, access: Access) -> Iterator[tuple[bool, str, str, Json]]:
    """Yield (allowed, rest of the address, verb, operation)."""
    name, rights = parts.schema_name(one), access.rights
    reads, creates = access.may_read, access.may_create
    updates, deletes = bool(rights.update), bool(rights.delete)
    yield reads, "", "get", verbs.list_operation(one, name)
    yield creates, "", "post", verbs.create_operation(one, name)
    yield reads, "/{id}", "get", verbs.get_operation(one, name)
    yield updates, "/{id}", "patch", verbs.patch_operation(one, name)
    yield deletes, "/{id}", "delete", verbs.delete_operation(one)
    yield deletes, "/{id}/restore", "post", verbs.restore_operation(one, name)
    yield reads, "/{id}/history", "get", verbs.history_operation(one)
    yield reads, "/{id}/explain", "get", verbs.explain_operation(one)
    yield reads, "/aggregate", "post", verbs.aggregate_operation(one)
    yield creates or updates or deletes, "/bulk", "post", verbs.bulk_operation(one, name)


def _special_paths(
    offer: Offer, one: ObjectType, access: Access, base: str
) -> Iterator[tuple[str, Json]]:
    name = parts.schema_name(one)
    if access.may_create and access.rights.update:
        for field in one.fields.values():
            if field.unique and field.code in access.readable_anywhere():
                operation = verbs.upsert_operation(one, name, field)
                yield f"{base}/by/{field.code}/{{value}}", {"put": operation}
    known = {action.name: action for action in offer.actions}
    for code, action in offered(known, offer.held.model, offer.actor, one.code).items():
        operation = verbs.action_operation(one, name, action)
        yield f"{base}/{{id}}/actions/{code}", {"post": operation}
    if one.pools and access.may_claim:
        pools: Any = list(one.pools)
        yield f"/api/v1/pools/{{pool}}/{one.code}", {"get": verbs.pool_operation(one, name, pools)}
        yield from pool_paths(one, name, pools)
