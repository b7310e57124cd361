"""What programs get: one shape for a record, a page and an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.problem_texts import as_data
from fieldstone.changes.nouns import Decision, Outcome
from fieldstone.reads.query import Query, Record
from fieldstone.web.asking import Asked
from fieldstone.web.earlier_codes import with_earlier_names


def json_answer(value: object, status: int = 200, **headers: str) -> Response:
    """Return JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(orjson.dumps(value), status, named, content_type="application/json")


def etag(version: int) -> str:
    """Return the ETag of a version of a record."""
    return f'"{version}"'


def not_found(object_name: str, record_id: str) -> RefusedError:
    """Return the refusal of a record that is not there, or not for this caller."""
    text = f"There is no {object_name} {record_id[:60]}."
    cure = "Check the id; the record may have been deleted, or you may not see it."
    return RefusedError([Problem("not_found", "id", text, cure)], status=404)


def record_after(asked: Asked, object_name: str, outcome: Outcome) -> dict[str, Any]:
    """Return `data` and `decisions` of a written record, as the caller may see it."""
    record_id = str(outcome.record_id)
    record = asked.site.reads.get(asked.ctx, asked.model, object_name, record_id, Query())
    return told(asked, outcome, record)


def told(asked: Asked, outcome: Outcome, record: Record | None) -> dict[str, Any]:
    """Return `data` and `decisions` of a write; of a record out of sight (None) id and version alone."""
    data: dict[str, Any] = {"id": str(outcome.record_id), "version": outcome.version}
    answer: dict[str, Any] = {"data": data}
    if record is not None:
        answer["data"] = with_earlier_names(asked, record.object_name, record.dump(asked.model))
    answer["decisions"] = [decision_json(one, asked.language) for one in outcome.decisions]
    if outcome.warnings:
        answer["warnings"] = [as_data(one, asked.language) for one in outcome.warnings]
    return answer


def decision_json(decision: Decision, language: str) -> dict[str, object]:
    """Return a decision as programs see it."""
    return {
        "rule": decision.rule,
        "kind": decision.kind,
        "version": decision.version,
        "because": decision.because.text(language),
    }


def written(asked: Asked, object_name: str, outcome: Outcome) -> Response:
    """Return the answer to one write. Raises RefusedError when it was refused."""
    if outcome.refused:
        raise RefusedError(outcome.problems, outcome.status)
    return answered(object_name, outcome, record_after(asked, object_name, outcome))


def answered(object_name: str, outcome: Outcome, answer: Mapping[str, Any]) -> Response:
    """Return the answer to a write that stands, with its headers."""
    headers = {"ETag": etag(int(str(answer["data"].get("version") or outcome.version)))}
    if outcome.status == 201:  # noqa: PLR2004 - Created
        headers["Location"] = f"/api/v1/{object_name}/{outcome.record_id}"
    if outcome.replayed:
        headers["Idempotency_Replayed"] = "true"
    return json_answer(answer, outcome.status, **headers)
