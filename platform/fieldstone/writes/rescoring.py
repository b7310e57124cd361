"""After the rows: records whose scores count a written row as an event are looked at again, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from fieldstone.access.rights import Held
from fieldstone.changes.nouns import Change, Draft, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.scoring_body import Scoring

Ties = dict[str, tuple[tuple[str, str], ...]]


@lru_cache(maxsize=8)
def _ties_of(held: Held) -> Ties:
    """Return, by the object whose rows are events, (field, scored object) of each way to a scored record."""
    model: Model = held.model
    found: dict[str, dict[tuple[str, str], None]] = {}
    for rule in model.rules.values():
        if not isinstance(rule.body, Scoring):
            continue
        relations = model.objects[rule.object_name].relations
        for item in rule.body.items:
            if item.happening is not None:
                tie = relations[item.happening.source.relation]
                found.setdefault(tie.object_name, {})[tie.field, rule.object_name] = None
    return {name: tuple(ties) for name, ties in found.items()}


def rescored(standing: Sequence[Draft], model: Model) -> Iterable[Change]:
    """Ask that the rules look at the records to which written events belong, before and after."""
    ties = _ties_of(Held(model))
    wanted: dict[tuple[str, str], Draft] = {}
    for draft in standing:
        for field, scored in ties.get(draft.change.object_name, ()):
            for record_id in ((draft.before or {}).get(field), draft.row.get(field)):
                if record_id and (draft.values or draft.before is None):
                    wanted[scored, str(record_id)] = draft
    for (scored, record_id), draft in wanted.items():
        yield Change(
            scored,
            Operation.UPDATE,
            record_id=record_id,
            trusted=True,
            skip_rules=draft.change.skip_rules,
            reason="event",
        )
