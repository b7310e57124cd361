"""Step 6: the object's rules speak, phase by phase."""

from __future__ import annotations

from fieldstone.changes.nouns import Draft, Operation
from fieldstone.rules import engine
from fieldstone.writes.derive import settle
from fieldstone.writes.stages import entered
from fieldstone.writes.work import Batch, Work

SPOKEN_OF = frozenset({Operation.CREATE, Operation.UPDATE})


def decide(batch: Batch, work: Work) -> Batch:
    """Run the rules over drafts that create or update; a stage that a rule has chosen is entered."""
    places = [place for place, draft in enumerate(batch) if draft.operation in SPOKEN_OF]
    if not work.plan.rules or not places:
        return batch
    before = [batch[place] for place in places]
    after = engine.run(
        work.plan.rules, before, work.transaction, lambda some: settle(tuple(some), work)
    )
    after = _moved(before, after, work)
    result = list(batch)
    for place, draft in zip(places, after, strict=True):
        result[place] = draft
    return tuple(result)


def _moved(before: list[Draft], after: tuple[Draft, ...], work: Work) -> tuple[Draft, ...]:
    """Enter the stages that rules have moved drafts to."""
    field = work.spec.stage_field
    moved = [
        place
        for place, (old, new) in enumerate(zip(before, after, strict=True))
        if field and old.row.get(field) != new.row.get(field)
    ]
    result = list(after)
    for place, draft in zip(moved, entered(tuple(after[p] for p in moved), work), strict=True):
        result[place] = draft
    return tuple(result)
