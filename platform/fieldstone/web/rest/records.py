"""One view per verb over the records of every object."""

from __future__ import annotations

from flask import Blueprint, Response, request
from orjson import Fragment

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import EVERYTHING, Query, names_from
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.earlier_codes import earlier_names, with_earlier_items
from fieldstone.web.rest.answering import (
    answered,
    etag,
    json_answer,
    not_found,
    told,
    written,
)
from fieldstone.web.rest.bulk import bulk_answer
from fieldstone.web.rest.listing import LIST_PARAMETERS, list_answer, query_of_request
from fieldstone.web.rest.merged import refuse_merged
from fieldstone.web.rest.objects import context, idempotency, object_of, version_expected
from fieldstone.web.rest.reading_json import any_body, body, flag, known_parameters, refusal

blueprint = Blueprint("records", __name__, url_prefix="/api/v1")


@blueprint.get("/<object_name>")
def list_records(object_name: str) -> Response:
    """List records: filter, q, sort, fields, expand, limit, cursor, count."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters(*LIST_PARAMETERS)
    return list_answer(asked, object_name, query_of_request())


@blueprint.post("/<object_name>")
def create_record(object_name: str) -> Response:
    """Create a record."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run", "allow_duplicate")
    change = Change(object_name, Operation.CREATE, body(), allow_duplicate=flag("allow_duplicate"))
    return _wrote(asked, change)


@blueprint.get("/<object_name>/<record_id>")
def get_record(object_name: str, record_id: str) -> Response:
    """Return one record."""
    asked = the_call()
    object_of(asked, object_name)
    query = _record_query() if request.args else EVERYTHING
    earlier = earlier_names(asked, object_name)
    told = asked.site.reads.told(asked.ctx, asked.model, object_name, record_id, query, earlier)
    if told is None:
        raise not_found(object_name, record_id)
    tag = etag(told.version)
    if request.headers.get("If-None-Match") == tag and not query.expand:
        return Response(status=304, headers={"ETag": tag})
    return json_answer(
        {"data": Fragment(with_earlier_items(asked, object_name, told.json))}, ETag=tag
    )


def _record_query() -> Query:
    known_parameters("fields", "expand", "deleted")
    return Query(
        fields=names_from(request.args.get("fields", "")),
        expand=names_from(request.args.get("expand", "")),
        deleted=flag("deleted"),
    )


@blueprint.patch("/<object_name>/<record_id>")
def change_record(object_name: str, record_id: str) -> Response:
    """Merge values into a record; If-Match refuses a stale write."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("dry_run")
    change = Change(
        object_name, Operation.UPDATE, body(), record_id, expected_version=version_expected()
    )
    return _wrote(asked, change)


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
    known_parameters("dry_run")
    body()
    return _wrote(asked, Change(object_name, Operation.RESTORE, {}, record_id))


def _wrote(asked: Asked, change: Change) -> Response:
    """Submit one change as the caller and answer with the record; ?dry_run=1 with the record as it would be."""
    if not flag("dry_run"):
        return written(asked, change.object_name, submitted(asked, change))
    _known_id(change)
    ctx, site = context(asked), asked.site
    with site.writes.unit(ctx, asked.model) as unit:
        (outcome,) = unit.submit([change])
        if outcome.refused:
            raise RefusedError(outcome.problems, outcome.status)
        record_id = str(outcome.record_id)
        record = site.reads.within(
            unit.transaction, ctx, asked.model, change.object_name, record_id
        )
    return answered(change.object_name, outcome, told(asked, outcome, record))


def _known_id(change: Change) -> None:
    if change.record_id is not None and not is_id(change.record_id):
        raise not_found(change.object_name, change.record_id)


def submitted(asked: Asked, change: Change) -> Outcome:
    """Submit one change as the caller, honouring Idempotency-Key and dry_run."""
    _known_id(change)
    (outcome,) = asked.site.writes.submit(
        context(asked), asked.model, [change], idempotency=idempotency()
    )
    return outcome


@blueprint.put("/<object_name>/by/<field>/<value>")
def upsert_record(object_name: str, field: str, value: str) -> Response:
    """Create the record whose unique field has this value, or change it."""
    asked = the_call()
    spec = object_of(asked, object_name)
    known_parameters("dry_run")
    found = _unique_field(spec, field)
    key, values = _key(found, value), {**body(), field: value}
    outcome = submitted(asked, _upsert(asked, object_name, (field, key), values))
    if _was_overtaken(outcome, field):
        # Somebody else created it meanwhile: now it can be changed.
        outcome = submitted(asked, _upsert(asked, object_name, (field, key), values))
    return written(asked, object_name, outcome)


def _unique_field(spec: ObjectType, code: str) -> Field:
    found = spec.fields.get(code)
    if found is None or not found.unique:
        unique = [code for code, one in spec.fields.items() if one.unique]
        text = f"{code[:40]!r} is no unique field of {spec.code}."
        raise refusal("not_unique_field", code[:40], text, did_you_mean(code[:40], unique))
    return found


def _key(field: Field, value: str) -> object:
    """Return the stored value that the address names. Raises RefusedError with 422."""
    try:
        return field.type.parse(value)
    except InvalidValueError as error:
        problem = Problem(error.code, field.code, error.message, error.cure)
        raise RefusedError([problem], 422) from None


def _upsert(
    asked: Asked, object_name: str, key: tuple[str, object], values: dict[str, object]
) -> Change:
    page = asked.site.reads.list(
        asked.ctx, asked.model, object_name, Query(column=key, limit=1, fields=("id",))
    )
    if page.rows:
        return Change(
            object_name,
            Operation.UPDATE,
            values,
            page.rows[0].id,
            expected_version=version_expected(),
        )
    refuse_merged(asked, object_name, key)
    return Change(object_name, Operation.CREATE, values)


def _was_overtaken(outcome: Outcome, field: str) -> bool:
    """Tell whether somebody else created the record meanwhile."""
    return any(one.code == "not_unique" and one.path == field for one in outcome.problems)


@blueprint.post("/<object_name>/bulk")
def bulk(object_name: str) -> Response:
    """Create, update and delete up to 1,000 records; an outcome for each."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters("atomic", "dry_run")
    return bulk_answer(
        asked,
        context(asked),
        object_name,
        any_body(),
        atomic=flag("atomic"),
        idempotency=idempotency(),
    )
