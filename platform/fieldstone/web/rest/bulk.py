"""Many changes in one request: an outcome for each, all or none when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from flask import Response

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.problem_texts import as_data
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.web.asking import Asked
from fieldstone.web.rest.answering import decision_json, json_answer
from fieldstone.web.rest.merged import outcomes_led_on
from fieldstone.web.rest.reading_json import refusal
from fieldstone.writes.replay import Idempotency

MOST: Final = 1000
PARTS: Final = ("create", "update", "delete")


def bulk_answer(
    asked: Asked,
    ctx: Context,
    object_name: str,
    given: Any,
    *,
    atomic: bool,
    idempotency: Idempotency | None,
) -> Response:
    """Write everything that was given and return the outcomes in the same shape."""
    changes = list(_changes(object_name, given))
    if len(changes) > MOST:
        raise refusal(
            "too_many",
            "body",
            f"{len(changes)} changes are too many.",
            f"Send at most {MOST} at once.",
        )
    try:
        submitted = asked.site.writes.submit(
            ctx, asked.model, [c for _, c in changes], atomic=atomic, idempotency=idempotency
        )
    except RefusedError as refused:
        raise _placed(refused, [part for part, _ in changes]) from None
    outcomes = outcomes_led_on(asked, object_name, submitted)
    answer: dict[str, list[dict[str, object]]] = {part: [] for part in PARTS if part in given}
    for (part, _), outcome in zip(changes, outcomes, strict=True):
        answer[part].append(_one(outcome, asked.language))
    return json_answer(answer)


def _placed(refused: RefusedError, parts: Sequence[str]) -> RefusedError:
    """Return the refusal of everything with each problem at its place in what was sent: create.1.channel."""
    problems = []
    for problem in refused.problems:
        number, _, path = problem.path.partition(".")
        if path and number.isdecimal():
            part = parts[int(number)]
            place = int(number) - parts.index(part)
            problem = replace(problem, path=f"{part}.{place}.{path}")
        problems.append(problem)
    return RefusedError(problems, refused.status)


def _one(outcome: Outcome, language: str) -> dict[str, object]:
    if outcome.refused:
        return {
            "id": outcome.record_id,
            "status": outcome.status,
            "problems": [as_data(one, language) for one in outcome.problems],
        }
    return {
        "id": outcome.record_id,
        "status": outcome.status,
        "version": outcome.version,
        "decisions": [decision_json(decision, language) for decision in outcome.decisions],
    }


def _changes(object_name: str, given: Any) -> Iterator[tuple[str, Change]]:
    if not isinstance(given, dict) or not given or not given.keys() <= set(PARTS):
        raise refusal(
            "bad_bulk",
            "body",
            "The body does not hold create, update or delete.",
            'Send {"create": [...], "update": [...], "delete": [...]}.',
        )
    problems: list[Problem] = []
    for part in PARTS:
        items = given.get(part, [])
        if not isinstance(items, list):
            problems.append(
                Problem("bad_bulk", part, f"{part} is not a list.", f'Send "{part}": [...].')
            )
            continue
        for place, item in enumerate(items):
            try:
                yield part, _change(object_name, part, f"{part}.{place}", item)
            except RefusedError as refused:
                problems += refused.problems
    if problems:
        raise RefusedError(problems, HTTPStatus.BAD_REQUEST)


def _change(object_name: str, part: str, path: str, item: Any) -> Change:
    if part == "create":
        return Change(object_name, Operation.CREATE, _mapping(item, path))
    if part == "delete":
        record_id = item.get("id") if isinstance(item, dict) else item
        if not is_id(record_id):
            raise refusal("bad_bulk", path, "The id is no id.", "Send the id of a record.")
        return Change(object_name, Operation.DELETE, {}, record_id)
    values = dict(_mapping(item, path))
    record_id, version = values.pop("id", None), values.pop("version", None)
    if not is_id(record_id) or not (version is None or type(version) is int):
        raise refusal(
            "bad_bulk",
            path,
            "The id is missing or no id, or the version is no whole number.",
            'Send {"id": "...", "field": value}.',
        )
    return Change(object_name, Operation.UPDATE, values, record_id, expected_version=version)


def _mapping(item: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise refusal("bad_bulk", path, "A record is not an object.", 'Send {"field": value}.')
    return item
