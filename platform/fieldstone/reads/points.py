"""How a record came by its points and its grade: every entry of the ledger, the marks ahead, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from fieldstone.access.access import env_of
from fieldstone.base.label import Label
from fieldstone.expressions.expression import Expression
from fieldstone.reads.explaining import may_be_told
from fieldstone.reads.history import seen
from fieldstone.reads.query import Record
from fieldstone.reads.sight import Sight
from fieldstone.rules.contract import Rule
from fieldstone.rules.grading import Grading
from fieldstone.rules.lifecycle_body import Lifecycle
from fieldstone.rules.scoring_body import Scoring
from fieldstone.storage.counters import fs_ledger

NEWEST: Final = 100


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: when, for what, how many points, by which version of the rule."""

    at: datetime
    rule: str
    item: str
    label: Label
    dimension: str
    points: int
    version: int


@dataclass(frozen=True)
class Missing:
    """Something that a record lacks for its grade, and how many percent it would add."""

    field: str
    label: Label
    percent: int


@dataclass(frozen=True)
class Completeness:
    """A grade: the field that keeps it, the share that is there, what is missing, and the bands (code, from)."""

    rule: str
    field: str
    percent: int
    missing: tuple[Missing, ...]
    bands: tuple[tuple[str, int, Label], ...]


@dataclass(frozen=True)
class Ahead:
    """One threshold of the next crossing: how many points there are, and how many are needed."""

    label: Label
    points: int
    needed: int


@dataclass(frozen=True)
class Crossings:
    """Where a record stands in a lifecycle, and what it takes to rise."""

    field: str
    state: str
    to: str
    to_label: Label
    every: bool
    ahead: tuple[Ahead, ...]
    rests_until: datetime | None


@dataclass(frozen=True)
class Life:
    """A record's life in points: the newest entries of its ledger, its completeness, the crossings ahead."""

    entries: tuple[Entry, ...] = ()
    completeness: tuple[Completeness, ...] = ()
    crossings: tuple[Crossings, ...] = ()


def points_of(sight: Sight, object_name: str, record_id: str) -> Life:
    """Return a record's life in points; nothing of rules that read what the viewer may not see."""
    record = seen(sight, object_name, record_id)
    if record is None:
        return Life()
    return Life(
        _entries(sight, record),
        tuple(_completeness(sight, record)),
        tuple(_crossings(sight, record)),
    )


def _entries(sight: Sight, record: Record) -> tuple[Entry, ...]:
    told = {
        rule.code: {item.code: item.label for item in body.items}
        for rule in sight.model.rules_of(record.object_name, "scoring")
        if isinstance(body := rule.body, Scoring)
        and may_be_told(sight, record, rule, {body.into: None})
    }
    ledger = fs_ledger.c
    asked = (
        select(ledger.at, ledger.rule, ledger.item, ledger.dimension, ledger.points, ledger.version)
        .where(ledger.record == record.id, ledger.rule.in_(sorted(told)))
        .order_by(ledger.at.desc(), ledger.id.desc())
        .limit(NEWEST)
    )
    return tuple(
        Entry(
            row.at,
            row.rule,
            row.item,
            told[row.rule].get(row.item, Label(row.item)),
            row.dimension or "",
            int(row.points),
            int(row.version or 1),
        )
        for row in sight.fetch(asked)
    )


def _completeness(sight: Sight, record: Record) -> Iterable[Completeness]:
    for rule, body in _speaking(sight, record, "grading"):
        if isinstance(body, Grading) and may_be_told(sight, record, rule, {body.into: None}):
            row = _row(sight, record, body.reads)
            percent, missing = body.completeness(row, env_of(sight.ctx))
            whole = sum(item.weight for item in body.items)
            lacking = tuple(
                Missing(item.field, item.label, round(100 * item.weight / whole))
                for item in sorted(missing, key=lambda one: -one.weight)
            )
            yield Completeness(rule.code, body.into, percent, lacking, body.bands)


def _crossings(sight: Sight, record: Record) -> Iterable[Crossings]:
    for rule, body in _speaking(sight, record, "lifecycle_transition"):
        if not isinstance(body, Lifecycle) or record.values.get(body.field) != body.lower:
            continue
        if "up" not in body.directions or not may_be_told(sight, record, rule, {}):
            continue
        ahead = tuple(
            Ahead(mark.label, _whole(record.values.get(mark.field)), mark.rises)
            for mark in body.marks
        )
        rests = body.rest.until(record.values) if body.rest is not None else None
        later = rests if rests is not None and rests > sight.ctx.now else None
        label = body.states[body.upper]
        yield Crossings(body.field, body.lower, body.upper, label, body.every, ahead, later)


def _speaking(sight: Sight, record: Record, kind: str) -> Iterable[tuple[Rule, object]]:
    """Yield the enabled rules of a kind whose condition the record meets."""
    for rule in sight.model.rules_of(record.object_name, kind):
        if rule.enabled:
            row = _row(sight, record, () if rule.when is None else (rule.when,))
            if rule.when is None or rule.when.evaluate(row, env_of(sight.ctx)) is True:
                yield rule, rule.body


def _row(sight: Sight, record: Record, read: Iterable[Expression]) -> dict[str, object]:
    """Return the stored values of a record with what expressions look up behind it."""
    rows = sight.reader.rows(record.object_name, [record.id], deleted=True)
    row = rows[record.id]
    paths = {path for one in read for path in one.paths}
    looked_up = sight.reader.lookups(record.object_name, [row], paths)[0] if paths else {}
    return {**row, **looked_up}


def _whole(value: object) -> int:
    return int(value) if isinstance(value, (int, Decimal)) else 0
