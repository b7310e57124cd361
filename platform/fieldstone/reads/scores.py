"""What a record's score is made of: its points by reason, from the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from fieldstone.base.label import Label
from fieldstone.reads.explaining import may_be_told
from fieldstone.reads.history import seen
from fieldstone.reads.sight import Sight
from fieldstone.rules.scoring_body import Scoring
from fieldstone.storage.counters import Counters


@dataclass(frozen=True)
class Points:
    """The points that a record has for one reason; `item` is its code in the rule."""

    item: str
    label: Label
    dimension: str
    points: int


@dataclass(frozen=True)
class Score:
    """One score of a record: the field that keeps it, its bounds, and what it is made of, largest first."""

    rule: str
    field: str
    total: int
    most: int
    parts: tuple[Points, ...]


def scores_of(sight: Sight, object_name: str, record_id: str) -> tuple[Score, ...]:
    """Return the scores of a record; without parts where a reason speaks of fields the viewer may not see."""
    record = seen(sight, object_name, record_id)
    rules = sight.model.rules_of(object_name, "scoring")
    if record is None or not rules:
        return ()
    counters = Counters(sight.reader.connection, sight.reader.dialect, sight.ctx.now)
    ledger = counters.points([record_id]).get(record_id, {})
    found = []
    for rule in rules:
        body = rule.body
        if not isinstance(body, Scoring) or body.into in record.masked:
            continue
        total = record.values.get(body.into)
        if not isinstance(total, int):
            continue
        told = may_be_told(sight, record, rule, {body.into: total})
        parts = [
            Points(item.code, item.label, item.dimension, ledger.get((rule.code, item.code), 0))
            for item in body.items
        ]
        shown = sorted((one for one in parts if one.points), key=lambda one: -abs(one.points))
        found.append(Score(rule.code, body.into, total, body.most, tuple(shown) if told else ()))
    return tuple(found)
