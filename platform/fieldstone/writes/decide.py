"""Step 6: the object's rules speak, phase by phase."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.rules import engine
from fieldstone.writes.derive import settle
from fieldstone.writes.parse import problem_of
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
        work.plan.rules,
        before,
        work.transaction,
        lambda some: settle(tuple(some), work),
        fitting(work),
        work.unsettling,
    )
    after = _moved(before, after, work)
    result = list(batch)
    for place, draft in zip(places, after, strict=True):
        result[place] = draft
    return tuple(result)


def fitting(work: Work) -> engine.Fit:
    """Return what makes the values that rules set fit their fields; one that does not fit is a warning."""

    def fit(sets: Mapping[str, object]) -> tuple[Mapping[str, object], tuple[Problem, ...]]:
        values: dict[str, object] = {}
        problems: list[Problem] = []
        for code, value in sets.items():
            try:
                values[code] = work.spec.fields[code].type.parse(value)
            except InvalidValueError as invalid:
                problems.append(problem_of(invalid, code))
        return values, tuple(problems)

    return fit


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
