"""A conversion before it happens, while it waits and after it: suggestions, what is missing, what goes along, what an undo does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.reads.converted import Fate, fates, until
from fieldstone.reads.expanding import titles_of
from fieldstone.reads.listing import record_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.rules.contract import Rule
from fieldstone.rules.conversion import Carried, Conversion, Target
from fieldstone.rules.duplicate_check import Duplicate
from fieldstone.rules.match_keys import match_keys
from fieldstone.storage.conversions import DONE, PENDING, Conversions, Kept
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.match_keys import fs_match_key

MOST: Final = 5
LISTED: Final = 200


@dataclass(frozen=True)
class Suggested:
    """An existing record that may be meant; `because` names what is the same."""

    id: str
    title: str
    because: Label


@dataclass(frozen=True)
class Converting:
    """One record and its conversion, as the viewer may see it.

    `kept` is the conversion that waits or was done. `fates` and `until` speak of an undo and are given once it was done.
    """

    rule: Rule
    body: Conversion
    kept: Kept | None
    suggestions: Mapping[str, tuple[Suggested, ...]]
    missing: tuple[Problem, ...]
    carries: Mapping[str, int]
    fates: tuple[Fate, ...] = ()
    until: datetime | None = None

    @property
    def state(self) -> str:
        """Return pending, done, or "" for one that was not asked for."""
        return self.kept.state if self.kept is not None else ""

    @property
    def waits(self) -> bool:
        """Tell whether it was asked for and waits for a check."""
        return self.state == PENDING


def converting_of(sight: Sight, object_name: str, record_id: str) -> Converting | None:
    """Return how a record stands to its conversion; None without a map, or when it is not there for the viewer."""
    rule = next(iter(sight.model.rules_of(object_name, "conversion_map")), None)
    record = record_of(sight, object_name, record_id, Query())
    if rule is None or record is None or not isinstance(rule.body, Conversion):
        return None
    facts = FactsReader(sight.reader.connection, sight.tables, sight.ctx)
    row = facts.rows(object_name, [record_id]).get(record_id)
    if row is None:
        return None
    kept = Conversions(facts.connection).standing(record_id)
    if kept is not None and kept.state == DONE:
        found = tuple(fates(facts, sight.model, rule.body, kept))
        end = until(rule.body, kept, facts.calendar(rule.calendar))
        return Converting(rule, rule.body, kept, {}, (), {}, found, end)
    paths = [path for one in rule.body.reads for path in one.paths]
    full = {**(facts.lookups(object_name, [row], paths)[0] if paths else {}), **row}
    missing = rule.body.objections(full, facts, sight.ctx.actor.language)
    suggestions = {} if kept is not None else dict(_suggestions(sight, rule, rule.body, full))
    carries = {one.object_name: n for one, n in _carries(sight, rule.body, facts, record_id) if n}
    return Converting(rule, rule.body, kept, suggestions, tuple(missing), carries)


def _carries(
    sight: Sight, body: Conversion, facts: FactsReader, record_id: str
) -> Iterator[tuple[Carried, int]]:
    for one in body.carry:
        if sight.viewer.access(one.object_name).may_read:
            found = facts.count_related(one.object_name, one.link, [record_id], None)
            yield one, found[record_id]


def _suggestions(
    sight: Sight, rule: Rule, body: Conversion, row: Mapping[str, object]
) -> Iterator[tuple[str, tuple[Suggested, ...]]]:
    """Yield by target the existing records that share a key with the source, those the viewer may see."""
    keyed = [
        one.body
        for one in sight.model.rules_of(rule.object_name, "duplicate")
        if isinstance(one.body, Duplicate)
    ]
    for target in body.targets:
        because: dict[str, Label] = {}
        for duplicate in keyed:
            for record_id, label in _alike(sight, rule, duplicate, target, row):
                because.setdefault(record_id, label)
        titles = titles_of(sight, [(target.object_name, one) for one in because])
        found = [
            Suggested(record_id, titles[target.object_name, record_id], label)
            for record_id, label in because.items()
            if (target.object_name, record_id) in titles
        ]
        if found:
            yield target.code, tuple(found[:MOST])


def _alike(
    sight: Sight, rule: Rule, body: Duplicate, target: Target, row: Mapping[str, object]
) -> Iterator[tuple[str, Label]]:
    own = match_keys(body.plan[rule.object_name], row)
    for against in body.against:
        if against.object_name != target.object_name:
            continue
        for name, key in against.keys.items():
            values = own.get(body.keys[name], ())
            if values:
                held = fs_match_key.c
                asked = select(held.record).where(
                    held.object == target.object_name, held.key == key, held.value.in_(values)
                )
                for (record_id,) in sight.fetch(asked.limit(MOST)):
                    yield record_id, body.labels[name]


@dataclass(frozen=True)
class Asked:
    """A conversion in the list of those that wait, or of the last ones."""

    kept: Kept
    title: str
    asked_by: str
    settled_by: str


def conversions_of(sight: Sight, *, waiting: bool) -> tuple[Asked, ...]:
    """Return the conversions that wait for a check, oldest first, or the last ones; of records the viewer may see."""
    table = Conversions(sight.reader.connection)
    found = table.waiting(LISTED) if waiting else table.settled(LISTED)
    records = [(one.object_name, one.record_id) for one in found]
    people = [("user", one) for kept in found for one in (kept.asked_by, kept.settled_by) if one]
    titles = titles_of(sight, [*records, *people])
    return tuple(
        Asked(
            one,
            titles[one.object_name, one.record_id],
            titles.get(("user", one.asked_by), ""),
            titles.get(("user", one.settled_by), ""),
        )
        for one in found
        if (one.object_name, one.record_id) in titles
    )


def may_check(sight: Sight, object_name: str) -> bool:
    """Tell whether the viewer confirms conversions of an object."""
    rules = sight.model.rules_of(object_name, "conversion_map")
    checks = [one.body.check for one in rules if isinstance(one.body, Conversion)]
    return any(c is not None and not sight.ctx.actor.roles.isdisjoint(c.roles) for c in checks)
