"""One view per verb over the records of every object."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import HIGHEST_LIMIT, Query, names_from, sort_from
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import dumped, etag, json_answer, not_found, written
from fieldstone.web.rest.bulk import bulk_answer
from fieldstone.web.rest.reading_json import any_body, body, flag, known_parameters, refusal, whole
from fieldstone.writes.replay import Idempotency

blueprint = Blueprint("records", __name__, url_prefix="/api/v1")
LONGEST_KEY = 255


def object_of(asked: Asked, object_name: str) -> ObjectType:
    """Return an object by its code. Raises RefusedError with 404; line items have no address of their own."""
    spec = asked.model.objects.get(object_name)
    _ = asked.ctx
    if spec is None or spec.parent is not None:
        names = [code for code, one in asked.model.objects.items() if one.parent is None]
        text = f"There is no object {object_name[:40]!r}."
        raise RefusedError(
            [Problem("not_found", "object", text, did_you_mean(object_name[:40], names))], 404
        )
    return spec


@blueprint.get("/<object_name>")
def list_records(object_name: str) -> Response:
    """List records: filter, q, sort, fields, expand, limit, cursor, count."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters(
        "filter", "q", "sort", "fields", "expand", "limit", "cursor", "count", "deleted"
    )
    page = asked.site.reads.list(asked.ctx, asked.model, object_name, query_of_request())
    answer: dict[str, Any] = {"data": dumped(asked, page.rows), "page": {"next": page.next_cursor}}
    if page.total is not None:
        answer["page"]["total"] = page.total
    return json_answer(answer)


def query_of_request() -> Query:
    """Return what the query string asks for."""
    given = request.args
    if given.get("count", "exact") != "exact":
        raise refusal(
            "bad_parameter", "count", "count is not 'exact'.", "Send count=exact or leave it out."
        )
    return Query(
        filter=given.get("filter") or None,
        q=given.get("q", ""),
        sort=sort_from(given.get("sort", "")),
        fields=names_from(given.get("fields", "")),
        expand=names_from(given.get("expand", "")),
        limit=whole("limit", 50, HIGHEST_LIMIT),
        cursor=given.get("cursor", ""),
        count="count" in given,
        deleted=flag("deleted"),
    )


@blueprint.post("/<object_name>")
def create_record(object_name: str) -> Response:
    """Create a record."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run", "allow_duplicate")
    change = Change(object_name, Operation.CREATE, body(), allow_duplicate=flag("allow_duplicate"))
    return written(asked, object_name, submitted(asked, change))


@blueprint.get("/<object_name>/<record_id>")
def get_record(object_name: str, record_id: str) -> Response:
    """Return one record."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("fields", "expand", "deleted")
    query = Query(
        fields=names_from(request.args.get("fields", "")),
        expand=names_from(request.args.get("expand", "")),
        deleted=flag("deleted"),
    )
    record = asked.site.reads.get(asked.ctx, asked.model, object_name, record_id, query)
    if record is None:
        raise not_found(object_name, record_id)
    if request.headers.get("If-None-Match") == etag(record.version):
        return Response(status=304, headers={"ETag": etag(record.version)})
    return json_answer({"data": record.dump(asked.model)}, ETag=etag(record.version))


@blueprint.patch("/<object_name>/<record_id>")
def change_record(object_name: str, record_id: str) -> Response:
    """Merge values into a record; If-Match refuses a stale write."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run")
    change = Change(
        object_name, Operation.UPDATE, body(), record_id, expected_version=version_expected()
    )
    return written(asked, object_name, submitted(asked, change))


@blueprint.delete("/<object_name>/<record_id>")
def delete_record(object_name: str, record_id: str) -> Response:
    """Move a record to the recycle bin."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run")
    change = Change(
        object_name, Operation.DELETE, {}, record_id, expected_version=version_expected()
    )
    outcome = submitted(asked, change)
    if outcome.refused:
        raise RefusedError(outcome.problems, outcome.status)
    return Response(status=204)


@blueprint.post("/<object_name>/<record_id>/restore")
def restore_record(object_name: str, record_id: str) -> Response:
    """Take a record out of the recycle bin."""
    asked = the_call()
    object_of(asked, object_name)
    change = Change(object_name, Operation.RESTORE, {}, record_id)
    return written(asked, object_name, submitted(asked, change))


def version_expected() -> int | None:
    """Return the version that If-Match names, None without one."""
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    digits = text.removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit():
        raise refusal(
            "bad_etag",
            "If-Match",
            f"{text[:40]!r} is no ETag of ours.",
            'Send the ETag you got, such as "3".',
        )
    return int(digits[:18])


def submitted(asked: Asked, change: Change) -> Outcome:
    """Submit one change as the caller, honouring Idempotency-Key and dry_run."""
    (outcome,) = asked.site.writes.submit(
        context(asked), asked.model, [change], idempotency=idempotency()
    )
    return outcome


def context(asked: Asked) -> Context:
    """Return the caller's context; ?dry_run=1 tells everything and writes nothing."""
    return replace(asked.ctx, dry_run=flag("dry_run"))


def idempotency() -> Idempotency | None:
    """Return the key of a request that may be repeated, with a hash of all that it asks."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise refusal(
            "bad_key",
            "Idempotency-Key",
            "The key is too long.",
            f"Send at most {LONGEST_KEY} characters.",
        )
    asked_for = b"\n".join(
        (request.method.encode(), request.full_path.encode(), request.get_data())
    )
    return Idempotency(key, hashlib.sha256(asked_for).hexdigest())


@blueprint.put("/<object_name>/by/<field>/<value>")
def upsert_record(object_name: str, field: str, value: str) -> Response:
    """Create the record whose unique field has this value, or change it."""
    asked = the_call()
    spec = object_of(asked, object_name)
    found = spec.fields.get(field)
    if found is None or not found.unique:
        unique = [code for code, one in spec.fields.items() if one.unique]
        text = f"{field[:40]!r} is no unique field of {object_name}."
        raise refusal("not_unique_field", field[:40], text, did_you_mean(field[:40], unique))
    values = {**body(), field: value}
    page = asked.site.reads.list(
        asked.ctx, asked.model, object_name, Query(column=(field, found.type.parse(value)), limit=1)
    )
    if page.rows:
        change = Change(object_name, Operation.UPDATE, values, page.rows[0].id)
    else:
        change = Change(object_name, Operation.CREATE, values)
    return written(asked, object_name, submitted(asked, change))


@blueprint.post("/<object_name>/bulk")
def bulk(object_name: str) -> Response:
    """Create, update and delete up to 1,000 records; an outcome for each."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("atomic", "dry_run")
    return bulk_answer(asked, context(asked), object_name, any_body(), atomic=flag("atomic"))
