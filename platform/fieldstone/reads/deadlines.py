"""The deadlines that run for a record: when they are due, who is reminded when, and what happens then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Draft, Operation
from fieldstone.reads.explaining import may_be_told
from fieldstone.reads.history import seen
from fieldstone.reads.query import Record
from fieldstone.reads.sight import Sight
from fieldstone.reads.standing import standing_of
from fieldstone.rules.assignments import assigned
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
    """One deadline of a record. `then` is None where its owner keeps it; `left` counts extensions, None: it has none.

    `working` is the working time until it is due, None where every hour counts or it is overdue.
    """

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
    working: timedelta | None = None

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
    found = running_among(sight, object_name, [record]).get(record_id, ())
    standing = standing_of(sight, object_name, record_id, {})
    may_update = standing is not None and standing.may_update
    return tuple(found if may_update else [one.without_acts() for one in found])


def running_among(
    sight: Sight, object_name: str, records: Sequence[Record]
) -> dict[str, tuple[Running, ...]]:
    """Return the deadlines of records that the viewer sees, by id, the next one first.

    It asks as often for a hundred records as for one.
    """
    facts = FactsReader(sight.reader.connection, sight.tables, sight.ctx)
    rows = facts.rows(object_name, [record.id for record in records])
    timers: dict[tuple[str, str], list[DueTimer]] = {}
    for timer in Timers(facts.connection, facts.dialect).of_all(list(rows)):
        timers.setdefault((timer.record_id, timer.rule), []).append(timer)
    found: dict[str, list[Running]] = {}
    for rule in sight.model.rules_of(object_name):
        if isinstance(rule.body, Deadline) and in_force(rule, facts.now):
            told = [one.id for one in records if may_be_told(sight, one, rule, {})]
            stored = {record_id: rows[record_id] for record_id in told if record_id in rows}
            for record_id, running in _running(rule, rule.body, stored, timers, facts):
                found.setdefault(record_id, []).append(running)
    return {
        record_id: tuple(sorted(several, key=lambda one: one.due))
        for record_id, several in found.items()
    }


def _running(
    rule: Rule,
    body: Deadline,
    stored: Mapping[str, Mapping[str, object]],
    timers: Mapping[tuple[str, str], list[DueTimer]],
    facts: FactsReader,
) -> Iterator[tuple[str, Running]]:
    """Yield what one rule asks of each record."""
    conditions = [one for one in (rule.when, rule.exempt) if one is not None]
    paths = [path for one in (*body.reads, *conditions) for path in one.paths]
    ids = list(stored)
    looked_up = facts.lookups(rule.object_name, [dict(stored[one]) for one in ids], paths)
    rows = {one: {**more, **stored[one]} for one, more in zip(ids, looked_up, strict=True)}
    concerned = {one: row for one, row in rows.items() if holds(rule, row, facts)}
    last = body.clock.latest(list(concerned), facts) if concerned else {}
    for record_id, row in concerned.items():
        standing_timers = timers.get((record_id, rule.code), [])
        running = _one(rule, body, row, standing_timers, last.get(record_id), facts)
        if running is not None:
            yield record_id, running


def _one(
    rule: Rule,
    body: Deadline,
    row: Mapping[str, object],
    timers: list[DueTimer],
    last: datetime | None,
    facts: FactsReader,
) -> Running | None:
    standing = next((one for one in timers if one.kind == DUE), None)
    due = standing.due if standing is not None else body.due_at(rule, row, facts, last)
    if due is None:
        return None
    record_id = str(row["id"])
    draft = Draft(Change(rule.object_name, Operation.UPDATE, record_id=record_id), record_id, row)
    present = Obligation(rule, draft, facts, standing)
    terms = body.extension
    return Running(
        rule,
        present.started_at,
        due,
        body.then.told(row, facts) or _stage_then(rule, body, row, facts),
        tuple(_coming(body, timers, row, facts)),
        present.extensions,
        None if terms is None else max(0, terms.times - present.extensions),
        terms is not None
        and standing is not None
        and terms.allowed(present.extensions, facts.env.roles),
        standing is not None and any(one.acknowledge for _, one in body.ladders(facts)),
        instant_of(present.payload, "seen"),
        _working_time(present, row, due, facts.now),
    )


def _stage_then(
    rule: Rule, body: Deadline, row: Mapping[str, object], facts: FactsReader
) -> Label | None:
    """Return in words which stage the record goes to when nobody acts in time, None when it stays where it is."""
    spec = facts.tables.model.objects[rule.object_name]
    values = assigned(body.then.sets, row, facts, rule.calendar)
    code = str(values.get(spec.stage_field or "", ""))
    pipelines = spec.pipelines.pipelines.values() if spec.pipelines else ()
    stage = next((one.stages[code] for one in pipelines if code in one.stages), None)
    if stage is None:
        return None
    return Label(f"it goes to {stage.label.en}", f"转入“{stage.label.text('zh')}”")


def _working_time(
    present: Obligation, row: Mapping[str, object], due: datetime, now: datetime
) -> timedelta | None:
    calendar = present.calendar(row)
    return None if due <= now or calendar.always_open else calendar.between(now, due)


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
