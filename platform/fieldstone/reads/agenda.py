"""The deadlines of a person, or of the others whose records they see, over all objects: what is due first stands first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, false, select

from fieldstone.access.access import env_of
from fieldstone.reads.deadlines import Running, running_among
from fieldstone.reads.expanding import titles_of
from fieldstone.reads.listing import page_of
from fieldstone.reads.query import HIGHEST_LIMIT, Query, Record
from fieldstone.reads.sight import Sight
from fieldstone.reads.standing import full_row
from fieldstone.rules.contract import Rule
from fieldstone.rules.deadline_body import DUE, Deadline
from fieldstone.rules.engine import in_force
from fieldstone.storage.timers import fs_timer

WHOSE: Final = ("mine", "team", "others")
MINE, TEAM, OTHERS = WHOSE
MOST: Final = 100
"""Deadlines that are told at once."""
UNTIMED: Final = 200
"""Records of a rule that are looked at because nothing stands for them any more: missed, and still their owner's."""


@dataclass(frozen=True)
class Wanted:
    """Whose deadlines are asked for: `mine`, those of my `team` (whose manager I am), of `others`, or of one person."""

    whose: str = MINE
    person: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Item:
    """One deadline and the record it runs for."""

    record: Record
    running: Running


@dataclass(frozen=True)
class Agenda:
    """The deadlines that come first, and whether there are more."""

    items: tuple[Item, ...]
    more: bool


def agenda_rules(sight: Sight) -> tuple[Rule, ...]:
    """Return the rules that set deadlines for what the viewer may read."""
    return tuple(rule for rules in _rules(sight).values() for rule in rules)


def leads_a_team(sight: Sight) -> bool:
    """Tell whether anybody has the viewer as manager."""
    return bool(sight.fetch(_team(sight).limit(1)))


def agenda_people(sight: Sight, wanted: Wanted) -> list[tuple[str, str]]:
    """Return (id, name) of those whose deadlines run among what is shown to the viewer, by name; not of the viewer alone."""
    if wanted.whose == MINE:
        return []
    every = replace(wanted, person="")
    owners: set[str] = set()
    for object_name, rules in _rules(sight).items():
        codes = {rule.code for rule in rules if wanted.rule in ("", rule.code)}
        frame = sight.frame(object_name)
        owner = frame.raw.column("owner")
        where = [*frame.within(deleted=False), *_whose(sight, owner, every)]
        where += [
            fs_timer.c.record == frame.raw.column("id"),
            fs_timer.c.kind == DUE,
            fs_timer.c.rule.in_(codes),
        ]
        owners.update(row[0] for row in sight.fetch(frame.select([owner], where).distinct()))
    owners |= {wanted.person} if wanted.person else set()
    named = titles_of(sight, [("user", one) for one in owners])
    return sorted(
        ((one, named[("user", one)]) for one in owners if ("user", one) in named), key=_by_name
    )


def _by_name(person: tuple[str, str]) -> tuple[str, str]:
    return person[1], person[0]


def agenda_of(sight: Sight, wanted: Wanted) -> Agenda:
    """Return the deadlines that the viewer asks for and may see, the overdue ones first."""
    found: list[Item] = []
    for object_name, rules in _rules(sight).items():
        asked = [rule for rule in rules if wanted.rule in ("", rule.code)]
        if asked:
            found += _items(sight, object_name, asked, wanted)
    found.sort(key=lambda item: (item.running.due, item.record.id))
    return Agenda(tuple(found[:MOST]), len(found) > MOST)


def _rules(sight: Sight) -> dict[str, list[Rule]]:
    """Return the rules that set deadlines, by object: what is owned, and the viewer may read."""
    found: dict[str, list[Rule]] = {}
    for name, spec in sight.model.objects.items():
        if "owner" in spec.fields and sight.viewer.access(name).may_read:
            rules = [
                rule
                for rule in sight.model.rules_of(name)
                if isinstance(rule.body, Deadline) and in_force(rule, sight.ctx.now)
            ]
            if rules:
                found[name] = rules
    return found


def _items(sight: Sight, object_name: str, rules: Sequence[Rule], wanted: Wanted) -> Iterator[Item]:
    codes = {rule.code for rule in rules}
    places = set(_timed(sight, object_name, codes, wanted))
    for rule in rules:
        places.update((one, rule.code) for one in _untimed(sight, object_name, rule, wanted))
    records = _records(sight, object_name, sorted({record for record, _ in places}))
    running = running_among(sight, object_name, records)
    may_update = _updatable(sight, object_name, list(running))
    for record in records:
        for one in running.get(record.id, ()):
            if (record.id, one.rule.code) in places:
                acts = record.id in may_update
                yield Item(record, one if acts else one.without_acts())


def _whose(sight: Sight, owner: ColumnElement[str], wanted: Wanted) -> list[ColumnElement[bool]]:
    me = sight.ctx.actor.id
    only = [owner == wanted.person] if wanted.person else []
    if wanted.whose == TEAM:
        return [owner.in_(_team(sight)), *only]
    if wanted.whose == OTHERS:
        return [owner != me, owner.is_not(None), *only]
    return only or [owner == me]


def _team(sight: Sight) -> Select[Any]:
    people = sight.tables["user"].columns
    if "manager" not in people:
        return select(people["id"]).where(false())
    return select(people["id"]).where(people["manager"] == sight.ctx.actor.id)


def _timed(
    sight: Sight, object_name: str, codes: set[str], wanted: Wanted
) -> list[tuple[str, str]]:
    """Return (record, rule) of the timers that are due first, one more than is told."""
    frame = sight.frame(object_name)
    record = frame.raw.column("id")
    where = [*frame.within(deleted=False), *_whose(sight, frame.raw.column("owner"), wanted)]
    where += [fs_timer.c.record == record, fs_timer.c.kind == DUE, fs_timer.c.rule.in_(codes)]
    asked = frame.select([fs_timer.c.record, fs_timer.c.rule], where)
    asked = asked.order_by(fs_timer.c.due, fs_timer.c.record).limit(MOST + 1)
    return [(str(row.record), str(row.rule)) for row in sight.fetch(asked)]


def _untimed(sight: Sight, object_name: str, rule: Rule, wanted: Wanted) -> list[str]:
    """Return records for which nothing stands: the rule leaves what was missed with its owner, or they are done."""
    body = rule.body
    if not isinstance(body, Deadline) or body.then.way:
        return []
    frame = sight.frame(object_name)
    record = frame.raw.column("id")
    stands = and_(fs_timer.c.record == record, fs_timer.c.kind == DUE, fs_timer.c.rule == rule.code)
    where = [*frame.within(deleted=False), *_whose(sight, frame.raw.column("owner"), wanted)]
    where.append(~exists(select(fs_timer.c.id).where(stands)))
    if rule.when is not None:
        where.append(rule.when.clause(frame.raw, env_of(sight.ctx)))
    newest = frame.raw.column("updated_at").desc()
    rows = sight.fetch(frame.select([record], where).order_by(newest).limit(UNTIMED))
    return [row[0] for row in rows]


def _records(sight: Sight, object_name: str, ids: Sequence[str]) -> list[Record]:
    found: list[Record] = []
    for start in range(0, len(ids), HIGHEST_LIMIT):
        part = tuple(ids[start : start + HIGHEST_LIMIT])
        query = Query(ids=part, limit=HIGHEST_LIMIT, titles=True)
        found += page_of(sight, object_name, query).rows
    return found


def _updatable(sight: Sight, object_name: str, ids: Sequence[str]) -> frozenset[str]:
    """Return the records that the viewer may change as they stand."""
    spec, access = sight.model.objects[object_name], sight.viewer.access(object_name)
    env = env_of(sight.ctx)
    rows: Mapping[str, dict[str, object]] = sight.reader.rows(object_name, ids)
    return frozenset(
        record_id
        for record_id, row in rows.items()
        if access.may_update(full_row(sight, spec, row, (), access), env)
    )
