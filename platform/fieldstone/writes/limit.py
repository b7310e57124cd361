"""Who comes to own a record, whatever made it so: people queue up before their records, and limits have the last word."""

from __future__ import annotations

from collections.abc import Collection

from fieldstone.changes.nouns import Decision, Draft, Operation
from fieldstone.rules import engine
from fieldstone.rules.contract import LIMIT, Rule
from fieldstone.writes.decide import fitting
from fieldstone.writes.derive import settle
from fieldstone.writes.work import Batch, Work


def queue_up(batch: Batch, work: Work) -> Batch:
    """Step 0: lock the people who are to own records, before any record; rules choose theirs later.

    One order for all (people, then records), so that a claim, a transfer and an import of the same person
    neither overtake nor block each other.
    """
    if not any(rule.phase == LIMIT for rule in work.plan.rules) or work.spec.owned == "none":
        return batch
    named = {owner for d in batch if isinstance(owner := d.change.values.get("owner"), str)}
    back = [d.record_id for d in batch if d.operation is Operation.RESTORE]
    if back:
        work.transaction.queue_up_owners(work.spec.code, back)
    if named:
        work.transaction.queue_up(work.spec.code, sorted(named))
    return batch


def limit(batch: Batch, work: Work) -> Batch:
    """Judge the gains of ownership that came after the limits had spoken: restored records, and late rules.

    Limits speak among the other rules, right after the assignment; here is the rest, so that there is no way around.
    """
    rules = [rule for rule in work.plan.rules if rule.phase == LIMIT]
    late = {place for place, draft in enumerate(batch) if _is_late(draft, work)}
    present = list(batch)
    for rule in engine.in_order(rules) if late else ():
        if engine.in_force(rule, work.ctx.now):
            _judge(rule, present, late, work)
    return tuple(present)


def _judge(rule: Rule, present: list[Draft], late: Collection[int], work: Work) -> None:
    """Let one limit see the whole batch, and fold what it says about the late ones."""
    facts = work.transaction
    heard = [
        place
        for place, draft in enumerate(present)
        if engine.concerns(rule, draft) and engine.holds(rule, draft.row, facts)
    ]
    spoken = rule.body.decide(rule, [present[place] for place in heard], facts)
    for index, verdict in spoken.items():
        place = heard[index]
        if place in late:
            folded = engine.fold(present[place], rule, verdict, fitting(work))
            (present[place],) = settle((folded,), work)


def _is_late(draft: Draft, work: Work) -> bool:
    if draft.refused or not draft.row.get("owner"):
        return False
    if draft.operation is Operation.RESTORE:
        return True
    return any("owner" in one.sets and _speaks_later(one, work) for one in draft.decisions)


def _speaks_later(decision: Decision, work: Work) -> bool:
    rule = work.model.rules.get(decision.rule)
    return rule is None or rule.phase > LIMIT
