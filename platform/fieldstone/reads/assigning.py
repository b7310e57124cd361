"""How an assignment rule stands: who shares, who is next, capped or away; who got what and why; what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor
from fieldstone.model.site_model import Model
from fieldstone.reads.assigned import given, waiting_counts
from fieldstone.reads.expanding import titles_of
from fieldstone.reads.explaining import WITHHELD, Considered, may_be_told
from fieldstone.reads.listing import page_of
from fieldstone.reads.query import Query, Record
from fieldstone.reads.sight import Sight
from fieldstone.rules.assignment import Assignment
from fieldstone.rules.assignment_entries import Entry
from fieldstone.rules.availability import HERE
from fieldstone.rules.caps import Counted
from fieldstone.rules.contract import Person, Rule
from fieldstone.rules.desk import Desk
from fieldstone.rules.holding_back import HOLD
from fieldstone.rules.rotation import Rotation
from fieldstone.rules.turns import UNIT, Turns
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.hold_queue import held
from fieldstone.storage.journal import fs_decision
from fieldstone.storage.turns import turns_now

SHOWN: Final = 30
FREE, AWAY, FULL = "free", "away", "full"


@dataclass(frozen=True)
class Limit:
    """What somebody got in a period, of how much; `most` None is no limit."""

    period: str
    got: int
    most: int | None


@dataclass(frozen=True)
class Seat:
    """One person of a line: whether they can take work, and what they got."""

    person: str
    name: str
    state: str  # free, away, full
    because: Label
    is_next: bool
    share: float  # of what the line gives, while everybody free stays so; 0 to 1
    weight: int
    owed: float  # records by which they are behind (above 0) or before their share
    limits: tuple[Limit, ...]
    room: int | None
    rank: int


@dataclass(frozen=True)
class Line:
    """One entry of the rule with the people who share it."""

    code: str
    label: Label
    when: str  # the condition, as people say it
    method: str
    shared: Label | None  # the rotation that other entries use too
    seats: tuple[Seat, ...]
    target: Label | None  # where it goes instead: a pool, the person who enters it
    ranking: str = ""  # the programme whose ranks count


@dataclass(frozen=True)
class Dealt:
    """One record that was given to a person, put into a pool, or (neither) could not be given away.

    `name` is the person's, "" where the reader may not be told why they got it.
    """

    at: datetime
    record: Record
    person: str
    name: str
    pool: str
    because: Label
    candidates: tuple[Considered, ...]


@dataclass(frozen=True)
class Waiting:
    """One record of the hold queue; None for one that the reader may not open."""

    record: Record | None
    since: datetime
    due: datetime


@dataclass(frozen=True)
class AssignmentBoard:
    """An assignment rule as it stands."""

    rule: Rule
    lines: tuple[Line, ...]
    dealt: tuple[Dealt, ...]
    waiting: tuple[Waiting, ...]
    waiting_count: int
    waiting_open: int  # of those, how many the reader may open
    given_today: int


def assignments_seen(model: Model, actor: Actor) -> list[Rule]:
    """Return the assignment rules whose board somebody may see: who may give such records to others."""
    return [
        rule
        for rule in model.rules.values()
        if isinstance(rule.body, Assignment)
        and rule.enabled
        and access_to(model, actor, rule.object_name).may_assign
    ]


def board_of(sight: Sight, code: str, language: str = "en") -> AssignmentBoard:
    """Return the board of a rule. Raises RefusedError (404) for one that the reader may not see."""
    seen = {rule.code: rule for rule in assignments_seen(sight.model, sight.ctx.actor)}
    if code not in seen:
        text = f"There is no assignment rule {code[:40]!r}."
        raise RefusedError([Problem("not_found", "rule", text, did_you_mean(code[:40], seen))], 404)
    rule = seen[code]
    lines = _Lines(sight, rule, language).all()
    waiting = _waiting(sight, rule)
    count, may_open = waiting_counts(sight, rule)
    today = len(given(sight, rule, "day"))
    return AssignmentBoard(rule, lines, _dealt(sight, rule), waiting, count, may_open, today)


class _Lines:
    """Opens the desks of a rule without giving anything away."""

    def __init__(self, sight: Sight, rule: Rule, language: str) -> None:
        self._sight, self._rule, self._language = sight, rule, language
        system = sight.ctx.acting_as(SYSTEM_ACTOR)
        self._facts = FactsReader(sight.reader.connection, sight.tables, system)
        self._entries: Sequence[Entry] = (
            rule.body.entries if isinstance(rule.body, Assignment) else ()
        )
        names = {entry.shared or rule.code for entry in self._entries}
        self._kept = turns_now(self._facts.connection, self._facts.dialect, sorted(names))

    def all(self) -> tuple[Line, ...]:
        return tuple(self._line(entry) for entry in self._entries)

    def _line(self, entry: Entry) -> Line:
        when = entry.when.read_back(self._language) if entry.when is not None else ""
        rotation, shared = entry.people, None
        if entry.shared:
            other = self._sight.model.rules.get(entry.shared)
            shared = other.label if other is not None else Label(entry.shared)
            rotation = other.body if other and isinstance(other.body, Rotation) else None
        if rotation is None:
            target = entry.pool_label if entry.pool else (_CREATOR if entry.creator else _OWNER)
            return Line(entry.code, entry.label, when, "", None, (), target)
        desk = self._desk(entry, rotation)
        return Line(
            entry.code,
            entry.label,
            when,
            rotation.method,
            shared,
            _seats(desk),
            None,
            rotation.ranking,
        )

    def _desk(self, entry: Entry, rotation: Rotation) -> Desk:
        name, line = (entry.shared, "") if entry.shared else (self._rule.code, entry.code)
        kept: dict[str, Any] = self._kept.get(name, {})
        zone = ZoneInfo(self._facts.calendar(self._rule.calendar).zone)
        counted = Counted(kept.get("given", {}), self._facts.now.astimezone(zone))
        turns = Turns(kept.get("lines", {}).get(line, {}))
        desk = Desk(line, self._rule.object_name, rotation, self._facts)
        return desk.remember(turns, counted)


def _seats(desk: Desk) -> tuple[Seat, ...]:
    obstacles, following = desk.standings()
    free = sum(desk.weights[p.id] for p in desk.people if obstacles[p.id] is HERE)
    return tuple(
        _seat(desk, person, obstacles[person.id], following, free) for person in desk.people
    )


def _seat(desk: Desk, person: Person, why: Label, following: Person | None, free: int) -> Seat:
    state = FREE if why is HERE else (AWAY if desk.away[person.id] is not HERE else FULL)
    weight = desk.weights[person.id]
    return Seat(
        person.id,
        person.name,
        state,
        why,
        following is not None and following.id == person.id,
        weight / free if state == FREE and free else 0.0,
        weight,
        round(desk.turns.credit.get(person.id, 0) / UNIT, 2),
        _limits(desk, person),
        desk.room.get(person.id),
        desk.standing(person).rank,
    )


def _limits(desk: Desk, person: Person) -> tuple[Limit, ...]:
    most: dict[str, int | None] = dict.fromkeys(desk.rotation.limits.periods)
    extra = desk.standing(person).extra
    for cap in desk.rotation.limits.caps:
        most[cap.period] = cap.for_person(person, extra)
    return tuple(Limit(p, desk.counted.of(p, person.id), limit) for p, limit in most.items())


def _dealt(sight: Sight, rule: Rule) -> tuple[Dealt, ...]:
    decision = fs_decision.c
    # Ids grow with time, so that the newest are read without sorting all there ever were.
    asked = (
        select(decision.record, decision.at, decision.chosen, decision.because_en, decision.because_zh, decision.candidates, decision.sets)
        .where(decision.rule == rule.code)
        .order_by(decision.id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    rows = sight.fetch(asked)
    seen = _records(sight, rule.object_name, [row.record for row in rows])
    names = titles_of(sight, [("user", row.chosen) for row in rows if row.chosen])
    found = []
    for row in rows:
        record = seen.get(row.record)
        if record is None:
            continue
        told = may_be_told(sight, record, rule, row.sets or {})
        because = Label(row.because_en or "", row.because_zh or "") if told else WITHHELD
        candidates = tuple(_considered(one) for one in row.candidates or ()) if told else ()
        # Who got it when nobody could take it is no candidate.
        name = next((one.name for one in candidates if one.chosen), "")
        name = name or (names.get(("user", row.chosen or ""), "") if told else "")
        pool = str((row.sets or {}).get("pool") or "")
        found.append(Dealt(row.at, record, row.chosen or "", name, pool, because, candidates))
    return tuple(found)


def _considered(raw: Mapping[str, Any]) -> Considered:
    because = Label(raw.get("en", ""), raw.get("zh", ""))
    return Considered(raw["id"], raw["name"], bool(raw["chosen"]), because)


def _waiting(sight: Sight, rule: Rule) -> tuple[Waiting, ...]:
    """Return the head of the queue: who may see the board sees that something waits, also what they may not open."""
    body = rule.body
    if not isinstance(body, Assignment) or body.fallback.kind != HOLD:
        return ()
    connection, tables = sight.reader.connection, sight.tables
    rows = held(connection, tables, rule.code, rule.object_name, by=body.queue.by, most=SHOWN)
    seen = _records(sight, rule.object_name, [row.record_id for row in rows])
    return tuple(Waiting(seen.get(r.record_id), r.since, r.due) for r in rows)


def _records(sight: Sight, object_name: str, ids: Sequence[str]) -> dict[str, Record]:
    """Return those of the records that the reader may see."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    page = page_of(sight, object_name, Query(ids=tuple(wanted), limit=len(wanted), titles=True))
    return {record.id: record for record in page.rows}


_CREATOR = Label("Whoever enters the record keeps it", "由录入人自行跟进")
_OWNER = Label("Whoever looks after it already gets it", "分给现有负责人")
