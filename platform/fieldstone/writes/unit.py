"""One open transaction: batches go through the steps, and what rules ask of other records follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from fieldstone.access.access import access_to, env_of
from fieldstone.base.errors import Problem
from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Draft, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.rules import engine
from fieldstone.rules.contract import RESTORED, Due
from fieldstone.storage.due_timers import DueTimers
from fieldstone.storage.timers import TakenTimer
from fieldstone.storage.transaction import Transaction
from fieldstone.writes.admit import admit
from fieldstone.writes.another_look import is_worthwhile
from fieldstone.writes.check import check
from fieldstone.writes.decide import decide, fitting
from fieldstone.writes.derive import derive
from fieldstone.writes.digest import gathered
from fieldstone.writes.keep import keep, version_after
from fieldstone.writes.limit import limit, queue_up
from fieldstone.writes.load import fresh, load
from fieldstone.writes.parse import parse
from fieldstone.writes.plan import plan_for
from fieldstone.writes.rescoring import rescored
from fieldstone.writes.rollups import refresh_rollups, touched_timelines
from fieldstone.writes.stages import enter_stages
from fieldstone.writes.work import Batch, Step, Work

STEPS: tuple[Step, ...] = (
    queue_up,
    load,
    admit,
    fresh,
    parse,
    derive,
    enter_stages,
    decide,
    limit,
    check,
    keep,
)
# A timer's verdict is a change that was parsed and admitted when its rule was compiled.
AFTER_DECIDING: tuple[Step, ...] = (derive, enter_stages, decide, limit, check, keep)
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
        self.made_by_rules: list[tuple[str, str]] = []  # (object, id) of what rules had created
        self._moved: list[Change] = []
        self._later: dict[
            tuple[str, str], list[Draft]
        ] = {}  # what rules changed in records after they were written

    def abandon(self) -> None:
        """Undo what was taken on the way: no change of this unit stands."""
        self.transaction.connection.rollback()

    def submit(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write `changes`, all of one object; return their outcomes in order."""
        batch = self._through(changes, self.ctx)
        warnings = self._follow(batch)
        self.wrote = self.wrote or any(not draft.refused for draft in batch)
        return [self._outcome(draft, warnings) for draft in batch]

    def objections(self, change: Change) -> tuple[Problem, ...]:
        """Return what speaks against the actor's writing these values; nothing is worked out or written.

        For actions that write in the system's name: what a person adds is the person's own word.
        """
        work = self._work(change.object_name, self.ctx)
        batch: Batch = (Draft(change, change.record_id or new_id()),)
        for step in (load, admit, fresh, parse):
            batch = step(batch, work)
        return batch[0].problems

    def look_again(self, seen: Sequence[TakenTimer]) -> list[Outcome]:
        """Let rules act on due timers of one object, and remove the timers; return what was written or refused.

        The records are read and locked before the timers are claimed, and the rules judge what they find then: a
        change that was committed first wins. What they conclude goes through the steps that follow.
        """
        outcomes: list[Outcome] = []
        for part in _each_record_once(seen):
            batch = self._acting(part, self._work(part[0].object_name, self.ctx))
            if batch:
                batch = self._stepped(
                    batch, AFTER_DECIDING, self._work(part[0].object_name, self.ctx)
                )
                warnings = self._follow(batch)
                self.wrote = self.wrote or any(not draft.refused for draft in batch)
                outcomes += [self._outcome(draft, warnings) for draft in batch]
        return outcomes

    def _acting(self, seen: Sequence[TakenTimer], work: Work) -> Batch:
        """Return the drafts of what the rules want to do about records that are there and timers still ours."""
        drafts = load(tuple(_draft_of(one) for one in seen), work)
        claimed = DueTimers(self.transaction.connection).claim(seen, self.ctx.now)
        by_rule: dict[str, list[Due]] = {}
        for one, draft in zip(seen, drafts, strict=True):
            if one.id in claimed and not draft.refused:
                by_rule.setdefault(one.timer.rule, []).append((one.timer, draft))
        found: dict[str, Draft] = {}
        for code, due in by_rule.items():
            rule = self.model.rules.get(code)
            if rule is not None:
                acting = engine.due(rule, due, self.transaction, fitting(work))
                found |= {draft.record_id: draft for draft in acting.values()}
        batch = (found[one.timer.record_id] for one in seen if one.timer.record_id in found)
        return gathered(tuple(batch))

    def _work(self, object_name: str, ctx: Context) -> Work:
        plan = plan_for(self.model, object_name)
        access = access_to(self.model, ctx.actor, object_name)
        return Work(ctx, self.model, plan, self.transaction, access, env_of(ctx))

    def _through(self, changes: Sequence[Change], ctx: Context) -> Batch:
        written: list[Draft] = []
        for part in _runs_without_repeats(changes):
            work = self._work(part[0].object_name, ctx)
            batch: Batch = tuple(Draft(change, change.record_id or new_id()) for change in part)
            written += self._stepped(batch, STEPS, work)
        return tuple(written)

    def _stepped(self, batch: Batch, steps: Sequence[Step], work: Work) -> Batch:
        for step in steps:
            batch = step(batch, work)
        self._moved += refresh_rollups(batch, work)
        return batch

    def _asked(self, batch: Batch, ctx: Context) -> list[Change]:
        """Return what a batch asks of other records."""
        standing = [draft for draft in batch if not draft.refused]
        asked = [
            replace(change, trusted=True)
            for draft in standing
            for change in draft.follow
            if is_worthwhile(change, draft, self.model)
        ]
        asked += _taken_out(standing)
        moved, self._moved = self._moved, []
        heard = [*touched_timelines(standing, self.model, ctx), *moved]
        # A merge writes the record that stays itself, once everything has moved.
        moved_on = [draft for draft in standing if not draft.change.relinks]
        asked += _once_each([*heard, *rescored(moved_on, self.model, env_of(ctx))])
        return sorted(asked, key=lambda change: change.object_name)

    def _follow(self, batch: Batch) -> tuple[Problem, ...]:
        """Carry out what rules asked of other records, wave after wave, in the same transaction."""
        asked, self._later = self._asked(batch, self.ctx), {}
        warnings: list[Problem] = []
        ctx = replace(self.ctx.acting_as(SYSTEM_ACTOR), source="rule")
        for _ in range(WAVES):
            if not asked:
                return tuple(warnings)
            following: list[Change] = []
            for _, group in groupby(asked, key=lambda change: change.object_name):
                done = self._through(tuple(group), ctx)
                warnings += [problem for draft in done for problem in draft.problems]
                for one in done:
                    if not one.refused:
                        place = (one.change.object_name, one.record_id)
                        self._later.setdefault(place, []).append(one)
                self.made_by_rules += [
                    (one.change.object_name, one.record_id)
                    for one in done
                    if one.operation is Operation.CREATE and not one.refused
                ]
                following += self._asked(done, ctx)
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

    def _outcome(self, draft: Draft, warnings: tuple[Problem, ...]) -> Outcome:
        """Return the outcome of a draft, with what rules changed in the same record afterwards."""
        outcome = _outcome(draft, warnings)
        if outcome.refused or not outcome.record:
            return outcome
        for one in self._later.get((draft.change.object_name, draft.record_id), ()):
            version = version_after(one)
            record = {**outcome.record, **one.values, "version": version}
            decisions = (*outcome.decisions, *one.decisions)
            unchanged = outcome.unchanged and not one.values
            outcome = replace(
                outcome, record=record, version=version, decisions=decisions, unchanged=unchanged
            )
        return outcome


def _taken_out(standing: Iterable[Draft]) -> Iterable[Change]:
    """Let the rules look at what came out of the recycle bin: its timers were forgotten there."""
    return [
        Change(
            draft.change.object_name,
            Operation.UPDATE,
            record_id=draft.record_id,
            action=RESTORED,
            trusted=True,
            skip_rules=draft.change.skip_rules,
            reason=RESTORED,
        )
        for draft in standing
        if draft.operation is Operation.RESTORE and not draft.change.relinks
    ]


def _once_each(changes: Iterable[Change]) -> list[Change]:
    """Return what records hear of by themselves (a new activity, a moved total), one change for each record."""
    found: dict[tuple[str, str], Change] = {}
    for change in changes:
        place = (change.object_name, str(change.record_id))
        kept = found.get(place)
        found[place] = (
            change
            if kept is None
            else replace(
                kept, values={**kept.values, **change.values}, moved={**change.moved, **kept.moved}
            )
        )
    return list(found.values())


def _runs_without_repeats(changes: Sequence[Change]) -> list[list[Change]]:
    """Cut changes, in their order, where a record comes again: the second is judged by what the first wrote."""
    runs: list[list[Change]] = [[]]
    met: set[str] = set()
    for change in changes:
        if change.record_id in met:
            runs.append([])
            met = set()
        if change.record_id is not None:
            met.add(change.record_id)
        runs[-1].append(change)
    return runs


def _draft_of(seen: TakenTimer) -> Draft:
    record_id = seen.timer.record_id
    change = Change(seen.object_name, Operation.UPDATE, record_id=record_id, trusted=True)
    return Draft(change, record_id)


def _each_record_once(seen: Sequence[TakenTimer]) -> list[list[TakenTimer]]:
    """Split timers so that no record stands twice in one part: the second is judged by what the first did."""
    parts: list[dict[str, TakenTimer]] = []
    for one in seen:
        record_id = one.timer.record_id
        part = next((p for p in parts if record_id not in p), None)
        if part is None:
            part = {}
            parts.append(part)
        part[record_id] = one
    return [list(part.values()) for part in parts]


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
        unchanged=draft.operation is Operation.UPDATE and not draft.values,
    )
