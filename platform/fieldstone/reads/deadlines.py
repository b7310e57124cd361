"""The deadlines that run for a record: when they are due, who is reminded when, and what happens then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Draft, Operation
from fieldstone.reads.explaining import may_be_told
from fieldstone.reads.history import seen
from fieldstone.reads.sight import Sight
from fieldstone.reads.standing import standing_of
from fieldstone.rules.contract import DueTimer, Rule
from fieldstone.rules.deadline_body import DUE, Deadline
from fieldstone.rules.engine import holds, in_force
from fieldstone.rules.obligation import Obligation, instant_of
from fieldstone.rules.spans import band_of
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.timers import Timers


@dataclass(frozen=True)
class Coming:
    """A reminder that is still to be sent."""

    at: datetime
    strength: str


@dataclass(frozen=True)
class Running:
    """One deadline of a record. `then` is None where its owner keeps it; `left` counts extensions, None: it has none."""

    rule: Rule
    start: datetime | None
    due: datetime
    then: Label | None
    coming: tuple[Coming, ...]
    extended: int
    left: int | None
    may_extend: bool
    may_acknowledge: bool
    seen_at: datetime | None

    def overdue(self, now: datetime) -> bool:
        """Tell whether the due time has passed."""
        return self.due <= now

    def without_acts(self) -> Running:
        """Return it for somebody who may only look."""
        return replace(self, may_extend=False, may_acknowledge=False)

    @property
    def cooldown(self) -> Label | None:
        """Return for how long whoever loses the record may not take it again."""
        body = self.rule.body
        if self.then is None or not isinstance(body, Deadline) or body.cooldown is None:
            return None
        return body.cooldown.span.label


def running_of(sight: Sight, object_name: str, record_id: str) -> tuple[Running, ...] | None:
    """Return the deadlines that run for a record, the next one first; None when it is not there for the viewer.

    What a rule looks at and the viewer may not see is not told.
    """
    record = seen(sight, object_name, record_id)
    if record is None:
        return None
    facts = FactsReader(sight.reader.connection, sight.tables, sight.ctx)
    stored = facts.rows(object_name, [record_id]).get(record_id)
    if stored is None:
        return ()
    standing = standing_of(sight, object_name, record_id, {})
    may_update = standing is not None and standing.may_update
    timers: dict[str, list[DueTimer]] = {}
    for timer in Timers(facts.connection, facts.dialect).of(record_id):
        timers.setdefault(timer.rule, []).append(timer)
    found = [
        running
        for rule in sight.model.rules_of(object_name)
        if isinstance(rule.body, Deadline) and may_be_told(sight, record, rule, {})
        for running in _running(rule, rule.body, stored, timers.get(rule.code, []), facts)
    ]
    told = [one if may_update else one.without_acts() for one in found]
    return tuple(sorted(told, key=lambda one: one.due))


def _running(
    rule: Rule,
    body: Deadline,
    stored: Mapping[str, object],
    timers: list[DueTimer],
    facts: FactsReader,
) -> Iterator[Running]:
    conditions = [one for one in (rule.when, rule.exempt) if one is not None]
    paths = [path for one in (*body.reads, *conditions) for path in one.paths]
    looked_up = facts.lookups(rule.object_name, [dict(stored)], paths)[0] if paths else {}
    row = {**looked_up, **stored}
    if not in_force(rule, facts.now) or not holds(rule, row, facts):
        return
    standing = next((one for one in timers if one.kind == DUE), None)
    record_id = str(stored["id"])
    last = body.clock.latest([record_id], facts).get(record_id)
    due = standing.due if standing is not None else body.due_at(rule, row, facts, last)
    if due is None:
        return
    draft = Draft(Change(rule.object_name, Operation.UPDATE, record_id=record_id), record_id, row)
    present = Obligation(rule, draft, facts, standing)
    terms = body.extension
    yield Running(
        rule,
        present.started_at,
        due,
        body.then.told(row, facts),
        tuple(_coming(body, timers, row, facts)),
        present.extensions,
        None if terms is None else max(0, terms.times - present.extensions),
        terms is not None
        and standing is not None
        and terms.allowed(present.extensions, facts.env.roles),
        standing is not None and any(one.acknowledge for _, one in body.ladders(facts)),
        instant_of(present.payload, "seen"),
    )


def _coming(
    body: Deadline, timers: list[DueTimer], row: Mapping[str, object], facts: FactsReader
) -> Iterator[Coming]:
    ladders = dict(body.ladders(facts))
    for timer in timers:
        mark, _, place = timer.kind.partition(":")
        ladder = ladders.get(f"{mark}:")
        if ladder is not None and int(place) < len(ladder.steps):
            step = ladder.steps[int(place)]
            yield Coming(timer.due, step.strength_for(band_of(ladder.by, row)))
