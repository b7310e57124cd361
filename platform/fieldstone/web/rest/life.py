"""The life of a record: what was changed, and why each automatic decision was made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from fieldstone.access.masks import Masked
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.reads.explaining import Why
from fieldstone.reads.history import Event, OwnerSpan, StageSpan
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer, not_found
from fieldstone.web.rest.objects import object_of
from fieldstone.web.rest.reading_json import known_parameters

blueprint = Blueprint("life", __name__, url_prefix="/api/v1")
instant = DatetimeType().dump


@blueprint.get("/<object_name>/<record_id>/history")
def history(object_name: str, record_id: str) -> Response:
    """Return changes, stages and owners of a record, newest first."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    found = asked.site.reads.history(asked.ctx, asked.model, object_name, record_id)
    if found is None:
        raise not_found(object_name, record_id)
    data = {
        "changes": [_event(one) for one in found.events],
        "stages": [_stage(one) for one in found.stages],
        "owners": [_owner(one) for one in found.owners],
    }
    return json_answer({"data": data})


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": instant(event.at),
        "actor": event.actor,
        "actor_name": event.actor_name,
        "source": event.source,
        "operation": event.operation,
        "version": event.version,
        "reason": event.reason,
        "fields": {
            change.field: {"old": _shown(change.old), "new": _shown(change.new)}
            for change in event.changes
        },
    }


def _shown(value: object) -> object:
    return str(value) if isinstance(value, Masked) else value


def _stage(span: StageSpan) -> dict[str, Any]:
    return {
        **asdict(span),
        "entered_at": instant(span.entered_at),
        "left_at": instant(span.left_at),
    }


def _owner(span: OwnerSpan) -> dict[str, Any]:
    return {**asdict(span), "since": instant(span.since), "until": instant(span.until)}


@blueprint.get("/<object_name>/<record_id>/explain")
def explain(object_name: str, record_id: str) -> Response:
    """Return the automatic decisions about a record: rule, version, reason and candidates."""
    asked = the_call()
    object_of(asked, object_name)
    known_parameters()
    found = asked.site.reads.explain(asked.ctx, asked.model, object_name, record_id)
    if found is None:
        raise not_found(object_name, record_id)
    return json_answer({"data": [_why(asked, one) for one in found]})


def _why(asked: Asked, why: Why) -> dict[str, Any]:
    return {
        "at": instant(why.at),
        "rule": why.rule,
        "label": why.rule_label.text(asked.language),
        "kind": why.kind,
        "version": why.version,
        "because": why.because.text(asked.language),
        "sets": dict(why.sets),
        "candidates": [
            {
                "id": one.id,
                "name": one.name,
                "chosen": one.chosen,
                "because": one.because.text(asked.language),
            }
            for one in why.candidates
        ],
    }
