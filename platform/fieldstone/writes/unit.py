"""One open transaction: batches go through the steps, and what rules ask of other records follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from fieldstone.access.access import access_to, env_of
from fieldstone.base.errors import Problem
from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Draft, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.storage.transaction import Transaction
from fieldstone.writes.admit import admit
from fieldstone.writes.check import check
from fieldstone.writes.decide import decide
from fieldstone.writes.derive import derive
from fieldstone.writes.keep import keep, version_after
from fieldstone.writes.load import load
from fieldstone.writes.parse import parse
from fieldstone.writes.plan import plan_for
from fieldstone.writes.rollups import refresh_rollups, touched_timelines
from fieldstone.writes.stages import enter_stages
from fieldstone.writes.work import Batch, Step, Work

STEPS: tuple[Step, ...] = (load, admit, parse, derive, enter_stages, decide, check, keep)
# Changes that changes ask for: a chain of rules longer than this goes round in a circle.
WAVES = 5


class Unit:
    """One transaction of the write door."""

    def __init__(self, ctx: Context, model: Model, transaction: Transaction) -> None:
        """Write within `transaction`."""
        self.ctx = ctx
        self.model = model
        self.transaction = transaction
        self.wrote = False

    def abandon(self) -> None:
        """Undo what was taken on the way: no change of this unit stands."""
        self.transaction.roll_back()

    def submit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write `changes`, all of one object; return their outcomes in order."""
        batch = self._through(changes, self.ctx)
        warnings = self._follow(batch)
        self.wrote = self.wrote or any(not draft.refused for draft in batch)
        return [_outcome(draft, warnings) for draft in batch]

    def _through(self, changes: Sequence[Change], ctx: Context) -> Batch:
        object_name = changes[0].object_name
        plan = plan_for(self.model, object_name)
        access = access_to(self.model, ctx.actor, object_name)
        work = Work(ctx, self.model, plan, self.transaction, access, env_of(ctx))
        batch: Batch = tuple(Draft(change, change.record_id or new_id()) for change in changes)
        for step in STEPS:
            batch = step(batch, work)
        refresh_rollups(batch, work)
        return batch

    def _follow(self, batch: Batch) -> tuple[Problem, ...]:
        """Carry out what rules asked of other records, wave after wave, in the same transaction."""
        asked = _asked(batch, self.model, self.ctx)
        warnings: list[Problem] = []
        ctx = replace(self.ctx.acting_as(SYSTEM_ACTOR), source="rule")
        for _ in range(WAVES):
            if not asked:
                return tuple(warnings)
            following: list[Change] = []
            for _, group in groupby(asked, key=lambda change: change.object_name):
                done = self._through(tuple(group), ctx)
                warnings += [problem for draft in done for problem in draft.problems]
                following += _asked(done, self.model, ctx)
            asked = following
        if asked:
            warnings.append(
                Problem(
                    "too_many_waves",
                    asked[0].object_name,
                    f"Rules asked for changes of changes more than {WAVES} times; the rest was left out.",
                    "Look for rules that answer each other, and give one of them a condition.",
                )
            )
        return tuple(warnings)


def _asked(batch: Batch, model: Model, ctx: Context) -> list[Change]:
    standing = [draft for draft in batch if not draft.refused]
    asked = [replace(change, trusted=True) for draft in standing for change in draft.follow]
    asked += touched_timelines(standing, model, ctx)
    return sorted(asked, key=lambda change: change.object_name)


STATUS_OF_OPERATION = {Operation.CREATE: 201}


def _outcome(draft: Draft, warnings: tuple[Problem, ...]) -> Outcome:
    if draft.refused:
        return Outcome(
            draft.change.record_id,
            draft.problems,
            draft.decisions,
            draft.warnings,
            status=draft.status or 422,
        )
    if draft.attached_to is not None:
        return Outcome(draft.attached_to, (), draft.decisions, draft.warnings, status=200)
    version = version_after(draft)
    record = {**(draft.before or {}), **draft.values, "id": draft.record_id, "version": version}
    return Outcome(
        draft.record_id,
        (),
        draft.decisions,
        (*draft.warnings, *warnings),
        version,
        record,
        STATUS_OF_OPERATION.get(draft.operation, 200),
    )
