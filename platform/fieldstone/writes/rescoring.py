"""After the rows: records whose scores count a written row as an event are looked at again, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from fieldstone.access.rights import Held
from fieldstone.changes.nouns import Change, Draft, Operation
from fieldstone.expressions.env import Env
from fieldstone.model.site_model import Model
from fieldstone.rules.happenings import Happening
from fieldstone.rules.scoring_body import Scoring

Ties = dict[str, dict[tuple[str, str], tuple[Happening, ...]]]


@lru_cache(maxsize=8)
def _ties_of(held: Held) -> Ties:
    """Return, by the object whose rows are events and (field, scored object) of each way to a scored record, the events."""
    model: Model = held.model
    found: Ties = {}
    for rule in model.rules.values():
        if not isinstance(rule.body, Scoring):
            continue
        relations = model.objects[rule.object_name].relations
        for item in rule.body.items:
            if item.happening is not None:
                tie = relations[item.happening.source.relation]
                ways = found.setdefault(tie.object_name, {})
                way = (tie.field, rule.object_name)
                ways[way] = (*ways.get(way, ()), item.happening)
    return found


def rescored(standing: Sequence[Draft], model: Model, env: Env) -> Iterable[Change]:
    """Ask that the rules look at the records to which written events belong, before and after."""
    ties = _ties_of(Held(model))
    wanted: dict[tuple[str, str], Draft] = {}
    for draft in standing:
        for (field, scored), events in ties.get(draft.change.object_name, {}).items():
            if not (draft.values or draft.before is None):
                continue
            for row in (draft.before or {}, draft.row):
                if row.get(field) and any(event.counts(row, env) for event in events):
                    wanted[scored, str(row[field])] = draft
    for (scored, record_id), draft in wanted.items():
        yield Change(
            scored,
            Operation.UPDATE,
            record_id=record_id,
            trusted=True,
            skip_rules=draft.change.skip_rules,
            reason="event",
        )
