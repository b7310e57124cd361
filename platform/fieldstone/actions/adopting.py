"""Adopting a changed scoring or lifecycle rule: what it would do to the records that are there, then letting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from fieldstone.access.rights import is_administrator
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation
from fieldstone.jobs.contract import Queue
from fieldstone.model.site_model import Model
from fieldstone.rules.adoption import ADOPTED_KINDS
from fieldstone.rules.contract import Rule
from fieldstone.rules.lifecycle_body import Lifecycle
from fieldstone.rules.scoring_body import Scoring
from fieldstone.storage.adoption import adopt, adoption_of
from fieldstone.storage.database import Storage
from fieldstone.storage.walking import live_ids
from fieldstone.writes.pipeline import Writes

RESCORE: Final = "rescore"
"""The job that lets the rules look at every record of an object."""
MOST_LOOKED_AT: Final = 1_000
STEP: Final = 100
MOST_EXAMPLES: Final = 20
CONFLICT: Final = 409


@dataclass(frozen=True)
class Adoptable:
    """A rule that is adopted: which version holds for older records, and which one waits (the same when none)."""

    rule: Rule
    adopted: int

    @property
    def waits(self) -> bool:
        """Tell whether a newer version waits for a look at what it does."""
        return self.adopted < self.rule.version


@dataclass(frozen=True)
class Example:
    """One record whose state or score would change."""

    record_id: str
    title: str
    score: tuple[int | None, int | None]
    state: tuple[str, str]


@dataclass(frozen=True)
class Preview:
    """What adopting a rule would do. `crossings` count (from, to); with `looked_at` < `records` figures are a sample's."""

    rule: str
    version: int
    records: int
    looked_at: int
    higher: int
    lower: int
    average: tuple[Decimal, Decimal]
    crossings: Mapping[tuple[str, str], int]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Adopting:
    """The desk at which administrators adopt rules."""

    storage: Storage
    writes: Writes
    queue: Queue
    ctx: Context
    model: Model

    def rules(self) -> list[Adoptable]:
        """Return the rules that are adopted. Raises RefusedError (404) for whoever is no administrator."""
        if not is_administrator(self.model, self.ctx.actor):
            raise RefusedError([_unknown("scoring", ())], 404)
        with self.storage.looking() as connection:
            return [
                Adoptable(rule, max(1, adoption_of(connection, rule.code).version))
                for rule in self.model.rules.values()
                if rule.kind in ADOPTED_KINDS
            ]

    def find(self, code: str) -> Adoptable:
        """Return one rule. Raises RefusedError (404)."""
        known = {one.rule.code: one for one in self.rules()}
        if code not in known:
            raise RefusedError([_unknown(code, known)], 404)
        return known[code]

    def preview(self, code: str) -> Preview:
        """Try the rule on the records that are there, or on an even sample of them; nothing is written."""
        found = self.find(code)
        ids = self._ids(found.rule.object_name)
        every = -(-len(ids) // MOST_LOOKED_AT) or 1
        sample = ids[::every]
        tally = _Tally(self.model, found.rule)
        for start in range(0, len(sample), STEP):
            self._try(found.rule, sample[start : start + STEP], tally)
        return tally.told(found.rule, len(ids), len(sample))

    def adopt(self, code: str, version: int, in_flight: str = "") -> str | None:
        """Let a version hold for all records; return the job that works them out anew, None with `keep`.

        `version` is the one that was looked at. Raises RefusedError: 409 when the rule was changed since.
        """
        found = self.find(code)
        rule = found.rule
        if version != rule.version:
            text = f"The rule is at version {rule.version} meanwhile; you looked at {version}."
            cure = "Look at the preview again."
            raise RefusedError([Problem("changed_since", "version", text, cure)], CONFLICT)
        with self.storage.connection() as connection:
            now, actor = self.ctx.now, self.ctx.actor.id
            adopt(connection, self.storage.dialect, code, version, actor=actor, now=now)
        if (in_flight or rule.in_flight) != "recompute":
            return None
        return self.queue.enqueue(
            RESCORE,
            {"object": rule.object_name, "rule": code},
            actor=self.ctx.actor.id,
            dedupe=f"{RESCORE}:{code}:{version}",
        )

    def _ids(self, object_name: str) -> list[str]:
        tables = self.storage.use(self.model)
        with self.storage.looking() as connection:
            return live_ids(connection, tables, object_name)

    def _try(self, rule: Rule, ids: Sequence[str], tally: _Tally) -> None:
        """Run the rules over records in a transaction that leaves nothing."""
        ctx = replace(self.ctx.acting_as(SYSTEM_ACTOR), dry_run=True)
        with self.writes.unit(ctx, self.model) as unit:
            tx = unit.transaction
            adopt(tx.connection, tx.dialect, rule.code, rule.version, actor="", now=ctx.now)
            before = tx.rows(rule.object_name, ids)
            unit.submit([touch(rule.object_name, one) for one in sorted(before)])
            after = tx.rows(rule.object_name, ids)
            for record_id, row in before.items():
                tally.count(record_id, row, after[record_id])


def touch(object_name: str, record_id: str) -> Change:
    """Return the change that changes nothing, so that the rules look at a record."""
    return Change(object_name, Operation.UPDATE, record_id=record_id, trusted=True, reason=RESCORE)


class _Tally:
    """Counts what changes between two states of records."""

    def __init__(self, model: Model, rule: Rule) -> None:
        bodies = [one.body for one in model.rules_of(rule.object_name)]
        self._score = next((one.into for one in bodies if isinstance(one, Scoring)), "")
        self._state = next((one.field for one in bodies if isinstance(one, Lifecycle)), "")
        self._title = model.objects[rule.object_name].title
        self._crossings: Counter[tuple[str, str]] = Counter()
        self._examples: list[Example] = []
        self._points: list[tuple[int, int]] = []

    def count(
        self, record_id: str, before: Mapping[str, object], after: Mapping[str, object]
    ) -> None:
        """Note one record."""
        score = (_whole(before.get(self._score)), _whole(after.get(self._score)))
        state = (str(before.get(self._state) or ""), str(after.get(self._state) or ""))
        self._points.append(score)
        if state[0] != state[1]:
            self._crossings[state] += 1
        if state[0] != state[1] or score[0] != score[1]:
            title = str(before.get(self._title) or "")
            self._examples.append(Example(record_id, title, score, state))

    def told(self, rule: Rule, records: int, looked_at: int) -> Preview:
        """Return what was counted; records that cross come first among the examples."""
        ordered = sorted(
            self._examples,
            key=lambda one: (
                one.state[0] == one.state[1],
                -abs((one.score[1] or 0) - (one.score[0] or 0)),
            ),
        )
        number = max(1, len(self._points))
        averages = (
            Decimal(sum(old for old, _ in self._points)) / number,
            Decimal(sum(new for _, new in self._points)) / number,
        )
        return Preview(
            rule.code,
            rule.version,
            records,
            looked_at,
            sum(new > old for old, new in self._points),
            sum(new < old for old, new in self._points),
            averages,
            dict(self._crossings),
            tuple(ordered[:MOST_EXAMPLES]),
        )


def _whole(value: object) -> int:
    return int(value) if isinstance(value, (int, Decimal)) else 0


def _unknown(code: str, known: Mapping[str, object] | tuple[()]) -> Problem:
    text = f"There is no rule {code[:40]!r} that is adopted."
    return Problem("not_found", "rule", text, did_you_mean(code[:40], list(known)))
