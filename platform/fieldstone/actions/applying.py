"""Letting a rule look at records that were there before it: tried first, done by a worker, and taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from fieldstone.access.rights import is_administrator
from fieldstone.actions.kept_values import present_values
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation, Outcome
from fieldstone.jobs.contract import Queue
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import ASSIGN, AUTOMATE, CLEAN, GRADE, OBLIGE, Rule
from fieldstone.rules.scoring_body import Scoring
from fieldstone.storage.database import Storage
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.rule_runs import (
    HALF_UNDONE,
    RAN,
    RUNNING,
    STOPPED,
    UNDOING,
    RuleRun,
    RuleRuns,
    Touched,
    undo_key,
)
from fieldstone.storage.transaction import RowUpdate
from fieldstone.storage.walking import live_ids
from fieldstone.writes.pipeline import Writes
from fieldstone.writes.unit import Unit

APPLY: Final = "apply_rule"
UNDO: Final = "undo_rule_run"
"""The jobs that let a rule look at records, and that take it back."""
STEP: Final = 100
LOOKED_AT: Final = 2_000
SHOWN: Final = 20
CONFLICT: Final = 409
PHASES: Final = frozenset({CLEAN, GRADE, ASSIGN, AUTOMATE, OBLIGE})
INSTANTS: Final = ("owned_at", "stage_entered_at", "last_activity_at")
BY_ITSELF: Final = frozenset({*INSTANTS, "version", "updated_at", "updated_by"})
REASON: Final = "rule applied to records that were there"
TAKEN_BACK: Final = "a rule's run was taken back"


def may_apply(rule: Rule) -> bool:
    """Tell whether a rule changes records that are there, and may do so now."""
    return rule.enabled and rule.phase in PHASES


@dataclass(frozen=True)
class Trial:
    """What a run would do: with `looked_at` below `records` the figures are those of an even sample."""

    rule: Rule
    records: int
    looked_at: int
    changed: int
    refused: int
    examples: tuple[tuple[str, str, tuple[str, ...]], ...]  # id, title, codes of what would change


@dataclass(frozen=True)
class Applying:
    """The desk at which administrators let rules look at what is there."""

    storage: Storage
    writes: Writes
    queue: Queue
    ctx: Context
    model: Model

    def try_out(self, code: str, since: timedelta | None = None) -> Trial:
        """Try a rule on the records that are there, or on an even sample of them; nothing is written.

        Raises RefusedError: 403 for those who are no administrators, 404, 422 for kinds that judge no records.
        """
        rule = self._rule(code)
        ids = self._ids(rule, self._begins(since))
        sample = ids[:: -(-len(ids) // LOOKED_AT) or 1]
        counts: Counter[str] = Counter()
        examples: list[tuple[str, str, tuple[str, ...]]] = []
        spec = self.model.objects[rule.object_name]
        ctx = replace(self.ctx.acting_as(SYSTEM_ACTOR), dry_run=True)
        for start in range(0, len(sample), STEP):
            with self.writes.unit(ctx, self.model) as unit:
                done = apply_to(unit, rule, sample[start : start + STEP])
            counts.update(done.counts)
            examples += [
                (one, str(done.rows[one].get(spec.title) or one), codes)
                for one, codes in done.changed.items()
            ][: SHOWN - len(examples)]
        return Trial(
            rule, len(ids), len(sample), counts["changed"], counts["refused"], tuple(examples)
        )

    def start(self, code: str, since: timedelta | None = None) -> RuleRun:
        """Let a worker apply a rule to the records that are there; return the run. Raises as `try_out`, and 409."""
        rule, ctx = self._rule(code), self.ctx
        run = RuleRun(
            new_id(),
            rule.code,
            rule.version,
            rule.object_name,
            RUNNING,
            self._begins(since),
            {},
            ctx.actor.id,
            ctx.now,
        )
        with self.storage.connection() as connection:
            runs = RuleRuns(connection)
            runs.hold(rule.code)
            if runs.at_work(rule.code):
                text = "This rule is being applied, or taken back, right now."
                raise _refused("busy", text, "Wait until that run is over.", CONFLICT)
            runs.start(run)
            jobs_of(connection).add(APPLY, {"run": run.id}, actor=ctx.actor.id, unique_key=run.id)
        self.queue.ring()
        return run

    def undo(self, run_id: str) -> RuleRun:
        """Let a worker take back what a run did, also one that stopped; an undo that stopped goes on.

        Raises RefusedError: 403, 404, 409 while a worker is at it and once it is taken back.
        """
        self._admit()
        with self.storage.connection() as connection:
            runs, jobs = RuleRuns(connection), jobs_of(connection)
            found = _held(runs, run_id)
            if found is None:
                text, cure = (
                    f"There is no run {run_id[:40]!r}.",
                    "Copy its id from the list of runs.",
                )
                raise _refused("not_found", text, cure, 404)
            actor, key = self.ctx.actor.id, undo_key(run_id)
            if found.state == HALF_UNDONE:
                asked = jobs.again(jobs.known_by(key), actor)
            else:
                stopped = found.state == STOPPED
                free = not stopped or jobs.forget_failed(jobs.known_by(run_id))
                before = RUNNING if stopped else RAN
                asked = free and runs.turn(run_id, before, UNDOING, counts=found.counts)
                if asked:
                    jobs.add(UNDO, {"run": run_id}, actor=actor, unique_key=key)
            if not asked:
                text = f"This run is {found.state}."
                cure = "Only a run that is done, or that stopped, can be taken back, and once."
                raise _refused("not_done", text, cure, CONFLICT)
        self.queue.ring()
        return replace(found, state=UNDOING, error="")

    def runs(self, limit: int = 50) -> list[RuleRun]:
        """Return the latest runs. Raises RefusedError (403)."""
        self._admit()
        with self.storage.looking() as connection:
            return RuleRuns(connection).recent(limit)

    def _admit(self) -> None:
        if not is_administrator(self.model, self.ctx.actor):
            text = "Only administrators apply rules to records that are there."
            raise _refused("forbidden", text, "Ask one to do it.", 403)

    def _rule(self, code: str) -> Rule:
        self._admit()
        rule = self.model.rules.get(self.model.present_rule(code, self.ctx.now.date()))
        if rule is None:
            cure = did_you_mean(code, self.model.rules)
            raise _refused("not_found", f"There is no rule {code[:60]!r}.", cure, 404)
        if rule.phase not in PHASES:
            text = f"A rule of kind {rule.kind} does not change records that are there."
            cure = "Try it with a dry run; scoring rules are adopted, duplicates are looked for."
            raise _refused("not_applicable", text, cure, 422)
        if not rule.enabled:
            text = "The rule is switched off."
            raise _refused("switched_off", text, "Switch it on first.", CONFLICT)
        return rule

    def _begins(self, since: timedelta | None) -> datetime | None:
        return None if since is None else self.ctx.now - since

    def _ids(self, rule: Rule, since: datetime | None) -> list[str]:
        tables = self.storage.use(self.model)
        with self.storage.looking() as connection:
            return live_ids(connection, tables, rule.object_name, since=since)


def _held(runs: RuleRuns, run_id: str) -> RuleRun | None:
    """Return a run as it stands once nobody else begins or takes back one of its rule."""
    found = runs.get(run_id)
    if found is None:
        return None
    runs.hold(found.rule)
    return runs.get(run_id)


@dataclass(frozen=True)
class Applied:
    """One step: what changed of which record, the rows before, and what has to be known to undo it."""

    changed: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, Mapping[str, Any]]
    touched: tuple[Touched, ...]
    counts: Mapping[str, int]


def apply_to(unit: Unit, rule: Rule, ids: Sequence[str]) -> Applied:
    """Let a rule look at records within a transaction."""
    tx, spec = unit.transaction, unit.model.objects[rule.object_name]
    tx.queue_up_owners(spec.code, ids)
    rows = tx.rows(spec.code, ids, lock=True)
    moving, there = tx.moving(spec.code), list(rows)
    running = moving.timers_by_record(there)
    made = len(unit.made_by_rules)
    if rule.phase == AUTOMATE:  # what it does is done once: a second task would be one too many
        spoken = tx.rule_runs.spoken(rule.code, rule.version, there)
        there = [one for one in there if one not in spoken]
    asked = [_look(spec.code, one, rule.code) for one in there]
    outcomes = unit.submit(asked) if asked else []
    then = moving.timers_by_record(there)
    touched: list[Touched] = []
    changed: dict[str, tuple[str, ...]] = {}
    for outcome in outcomes:
        record = str(outcome.record_id)
        if outcome.refused or record not in rows:
            continue
        codes = _differing(spec, rows[record], outcome)
        if codes or then[record] != running[record]:
            kept = {**_kept(spec, rows[record], codes), "timers": running[record]}
            touched.append(Touched(spec.code, record, outcome.version, kept))
            changed[record] = codes
    touched += [Touched(name, one, 1) for name, one in unit.made_by_rules[made:]]
    counts = {
        "changed": len(changed),
        "made": len(unit.made_by_rules) - made,
        "refused": sum(one.refused for one in outcomes),
    }
    return Applied(changed, rows, tuple(touched), counts)


def take_back(unit: Unit, run: RuleRun, touched: Sequence[Touched]) -> Counter[str]:
    """Give records what they had before a run, within a transaction; what was changed since stays as it is."""
    counts: Counter[str] = Counter()
    for (object_name, made), group in groupby(
        touched, lambda one: (one.object_name, one.before is None)
    ):
        part = list(group)
        gone_back = (_made_away if made else _given_back)(unit, run, object_name, part)
        counts.update({"restored": gone_back, "left": len(part) - gone_back})
    return counts


def _given_back(unit: Unit, run: RuleRun, object_name: str, part: Sequence[Touched]) -> int:
    """Return how many records of an object have again what they had."""
    tx, spec = unit.transaction, unit.model.objects.get(object_name)
    if spec is None:
        return 0
    rule, scores = unit.model.rules.get(run.rule), _scores(unit.model, spec)
    changes = [
        Change(
            spec.code,
            Operation.UPDATE,
            {
                code: value
                for code, value in present_values(
                    unit.model, spec.code, (one.before or {})["values"]
                ).items()
                if code not in scores
            },
            one.record_id,
            expected_version=one.version,
            skip_rules=True,
            relinks=rule is None or rule.phase in (CLEAN, GRADE),
            allow_duplicate=True,
            trusted=True,
            reason=TAKEN_BACK,
            asks={"goes_back": True},
        )
        for one in part
    ]
    outcomes = unit.submit(changes)
    back = {
        one.record_id: one.before or {}
        for one, outcome in zip(part, outcomes, strict=True)
        if not outcome.refused
    }
    tx.moving(spec.code).timers_back({one: before["timers"] for one, before in back.items()})
    instants = [
        RowUpdate(one, _instants(spec, before["instants"]), counts=False)
        for one, before in back.items()
    ]
    tx.update(spec.code, instants)
    return len(back)


def _instants(spec: ObjectType, kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        code: spec.fields[code].type.parse(value)
        for code, value in kept.items()
        if code in spec.fields
    }


def _made_away(unit: Unit, run: RuleRun, object_name: str, part: Sequence[Touched]) -> int:
    """Return how many of the records that the run made are gone."""
    del run
    changes = [
        Change(
            object_name,
            Operation.DELETE,
            {},
            one.record_id,
            expected_version=one.version,
            relinks=True,
            trusted=True,
            reason=TAKEN_BACK,
        )
        for one in part
    ]
    return sum(not outcome.refused for outcome in unit.submit(changes))


def _look(object_name: str, record_id: str, rule: str) -> Change:
    return Change(
        object_name, Operation.UPDATE, record_id=record_id, trusted=True, hears=rule, reason=REASON
    )


def _kept(spec: ObjectType, row: Mapping[str, Any], codes: Sequence[str]) -> dict[str, Any]:
    def plain(code: str) -> object:
        return None if row[code] is None else spec.fields[code].type.dump(row[code])

    return {
        "values": {code: plain(code) for code in codes if not spec.fields[code].derived},
        "instants": {code: plain(code) for code in INSTANTS if code in spec.fields and code in row},
    }


def _differing(spec: ObjectType, before: Mapping[str, Any], outcome: Outcome) -> tuple[str, ...]:
    after = outcome.record
    return tuple(
        code
        for code in spec.fields
        if code in before
        and code in after
        and code not in BY_ITSELF
        and before[code] != after[code]
    )


def _scores(model: Model, spec: ObjectType) -> frozenset[str]:
    """Return the fields whose values follow from a ledger, which a rule that is applied does not write."""
    bodies = [rule.body for rule in model.rules_of(spec.code)]
    return frozenset(one.into for one in bodies if isinstance(one, Scoring))


def _refused(code: str, text: str, cure: str, status: int) -> RefusedError:
    return RefusedError([Problem(code, "rule", text, cure)], status)
