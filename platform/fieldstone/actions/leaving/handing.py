"""Hands over one portion of a person's records, each to the first heir that can take it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.actions.leaving.heirs import Heirs, Values
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.reads.leaving import conditions_of
from fieldstone.rules.offboarding import OFFBOARD, HandOver, Offboarding
from fieldstone.storage.leaving import owned_ids
from fieldstone.writes.unit import Unit

AT_ONCE: Final = 100
REASON: Final = "left"
NOBODY, TO_POOL = "nobody", "pool:"


@dataclass
class Portion:
    """What became of one portion: how many went to whom (a person's id, pool:CODE, nobody), and where it ended."""

    last: str = ""
    done: int = 0
    to: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)


def hand_over(
    unit: Unit, body: Offboarding, one: HandOver, to: str, heirs: Heirs, after: str
) -> Portion:
    """Hand over the next portion of one kind of records beyond the id `after`."""
    portion, tx = Portion(after), unit.transaction
    conditions = conditions_of(body, one)
    person = str(heirs.leaver["id"])
    if conditions is None:
        return portion
    ids = owned_ids(tx, one.object_name, person, conditions, after, AT_ONCE)
    if not ids:
        return portion
    names = ("owner", *one.follow)
    rows = tx.rows(one.object_name, ids, names=names)
    spec = unit.model.objects[one.object_name]
    ways = {i: list(heirs.ways(one, to, spec, rows[i])) for i in ids if i in rows}
    waiting: Sequence[str] = list(ways)
    while waiting:
        tried = [ways[record_id].pop(0) for record_id in waiting]
        outcomes = _given(unit, body, one, waiting, tried)
        again = []
        for record_id, outcome in zip(waiting, outcomes, strict=True):
            if not outcome.refused:
                portion.to[_taker(outcome)] += 1
            elif ways[record_id]:
                again.append(record_id)
            else:
                portion.refused[record_id] = outcome.problems[0].message
        waiting = again
    portion.last, portion.done = ids[-1], len(ids)
    return portion


def _given(
    unit: Unit, body: Offboarding, one: HandOver, ids: Sequence[str], values: Sequence[Values]
) -> list[Outcome]:
    asks = {"keeps_clock": body.keep_deadlines, "waives_cooldown": body.waive_cooldown}
    return unit.submit(
        [
            Change(
                one.object_name,
                Operation.UPDATE,
                wanted,
                record_id,
                trusted=True,
                action=OFFBOARD,
                reason=REASON,
                asks=asks,
            )
            for record_id, wanted in zip(ids, values, strict=True)
        ]
    )


def _taker(outcome: Outcome) -> str:
    owner, pool = outcome.record.get("owner"), outcome.record.get("pool")
    return str(owner) if owner else f"{TO_POOL}{pool}" if pool else NOBODY


def further(progress: Mapping[str, Any], code: str, portion: Portion) -> dict[str, Any]:
    """Return the progress of a hand-over after one more portion."""
    report = {name: dict(one) for name, one in progress.get("report", {}).items()}
    mine = report.setdefault(code, {"to": {}, "refused": {}})
    mine["to"] = dict(Counter(mine["to"]) + portion.to)
    mine["refused"] = {**mine["refused"], **portion.refused}
    return {
        **progress,
        "done": int(progress.get("done", 0)) + portion.done,
        "report": report,
        "after": portion.last,
    }
