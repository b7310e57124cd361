"""Records that look like the one being typed: a dry run of the write door tells, so the warning is the rule's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.rules.duplicate_check import Duplicate
from fieldstone.web.asking import Asked

CODE = "duplicate"


def keys_of(asked: Asked, spec: ObjectType) -> frozenset[str]:
    """Return the fields by which duplicates of an object are known."""
    rules = asked.model.rules_of(spec.code, CODE)
    bodies = [rule.body for rule in rules if isinstance(rule.body, Duplicate)]
    return frozenset(name for body in bodies for names in body.fields.values() for name in names)


def matches(asked: Asked, spec: ObjectType, sent: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return what a new record with these values would look like, as pages/form.html shows it."""
    if not any(sent.get(code) for code in keys_of(asked, spec)):
        return []
    ctx = replace(asked.ctx, dry_run=True)
    change = Change(spec.code, Operation.CREATE, sent)
    (outcome,) = asked.site.writes.submit(ctx, asked.model, [change])
    return matches_in(asked, spec, outcome)


def matches_in(asked: Asked, spec: ObjectType, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the records that an outcome warns of; a link only to what the reader may see."""
    said = [one for one in (*outcome.problems, *outcome.warnings) if one.code == CODE]
    if not said:
        return []
    ids = [
        candidate.id
        for decision in outcome.decisions
        if decision.kind == CODE
        for candidate in decision.candidates
    ]
    links = list(_links(asked, spec, ids))
    # The rule speaks the reader's language already.
    first: dict[str, Any] = {"text": said[0].message}
    if not links:
        return [first]
    return [{**first, **links[0]}, *({"text": "", **link} for link in links[1:3])]


def _links(asked: Asked, spec: ObjectType, ids: Iterable[str]) -> Iterable[dict[str, str]]:
    objects = {
        against.object_name
        for rule in asked.model.rules_of(spec.code, CODE)
        if isinstance(rule.body, Duplicate)
        for against in rule.body.against
    }
    wanted = [(name, id) for id in ids for name in sorted(objects)]
    titles = asked.site.reads.titles(asked.ctx, asked.model, wanted)
    for name, id in wanted:
        if (name, id) in titles:
            yield {"title": titles[name, id], "href": f"/o/{name}/{id}"}
