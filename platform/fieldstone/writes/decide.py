"""Step 6: the object's rules speak, phase by phase."""

from __future__ import annotations

from fieldstone.changes.nouns import Draft, Operation
from fieldstone.rules import engine
from fieldstone.rules.contract import CLEAN, GRADE, VALIDATE, Rule
from fieldstone.writes.derive import settle
from fieldstone.writes.work import Batch, Work

# What still speaks on imported history: cleaning, grading and validation, but nothing that acts.
QUIET_PHASES = frozenset({CLEAN, GRADE, VALIDATE})


def decide(batch: Batch, work: Work) -> Batch:
    """Run the rules over drafts that create or update; imported history hears only the quiet phases."""
    if not work.plan.rules:
        return batch
    quiet = tuple(rule for rule in work.plan.rules if rule.phase in QUIET_PHASES)
    loud_places = [p for p, d in enumerate(batch) if _speaks(d) and not d.change.skip_rules]
    quiet_places = [p for p, d in enumerate(batch) if _speaks(d) and d.change.skip_rules]
    result = list(batch)
    for places, rules in ((loud_places, work.plan.rules), (quiet_places, quiet)):
        for place, draft in zip(
            places, _run(rules, [result[p] for p in places], work), strict=True
        ):
            result[place] = draft
    return tuple(result)


def _speaks(draft: Draft) -> bool:
    return not draft.refused and draft.operation in (Operation.CREATE, Operation.UPDATE)


def _run(rules: tuple[Rule, ...], drafts: list[Draft], work: Work) -> tuple[Draft, ...]:
    if not drafts:
        return ()
    return engine.run(rules, drafts, work.transaction, lambda some: settle(tuple(some), work))
