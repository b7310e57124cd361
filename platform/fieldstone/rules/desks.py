"""The desks of one assignment rule during one batch: opened once, with what their groups remember locked in one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fieldstone.base.cached import cached_property
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.rules.assignment_entries import Entry
from fieldstone.rules.availability import HERE
from fieldstone.rules.caps import Counted
from fieldstone.rules.contract import Facts, Person, Rule
from fieldstone.rules.cooldown import EVERYBODY
from fieldstone.rules.desk import Desk
from fieldstone.rules.rotation import Rotation
from fieldstone.rules.sticky import Knowing
from fieldstone.rules.turns import Turns


class Desks:
    """The desks of one batch. What their groups remember is locked at once, in one order, before anybody is chosen."""

    def __init__(
        self,
        rule: Rule,
        facts: Facts,
        drafts: Iterable[Draft],
        fitting: Iterable[Sequence[Entry]],
    ) -> None:
        """Open for the entries that some draft fits."""
        self.facts = facts
        self._rule = rule
        self.knowing = Knowing(rule.object_name, drafts, facts)
        self._stored = [draft.record_id for draft in drafts if draft.before is not None]
        entries = [entry for several in fitting for entry in several]
        used = {entry.code: entry for entry in entries if entry.people is not None}
        self._rotations = {code: _rotation(entry, facts) for code, entry in used.items()}
        names = {entry.shared or rule.code for entry in used.values()}
        # What is somebody's anyway counts with what the rule gives by turns.
        names |= {rule.code for entry in entries if entry.terms is not None}
        self._kept = facts.turns(sorted(names)) if names else {}
        self._counted = {name: self._counter(kept) for name, kept in self._kept.items()}
        self._open: dict[str, Desk] = {}
        self._guests: dict[tuple[str, str], Desk] = {}
        self._gifts: dict[str, Person] = {}
        self._count: Counter[str] = Counter()

    def of(self, entry: Entry) -> Desk | None:
        """Return the desk of an entry; None when it names no people."""
        rotation = self._rotations.get(entry.code)
        if rotation is None:
            return None
        name, line = (entry.shared, "") if entry.shared else (self._rule.code, entry.code)
        if (found := self._open.get(f"{name}:{line}")) is None:
            turns = Turns(self._kept[name].setdefault("lines", {}).setdefault(line, {}))
            opened = Desk(
                line, self._rule.object_name, rotation, self.facts, turns, self._counted[name]
            )
            found = self._open[f"{name}:{line}"] = self._told(opened)
        return found

    def hinders(self, entry: Entry, person: Person) -> Label:
        """Return which limit of an entry keeps what is somebody's anyway from them, HERE for none."""
        desk = self._for_one(entry, person)
        full = desk.group_is_full()
        return desk.limit(person) if full is HERE else full

    def give(self, entry: Entry, person: Person) -> None:
        """Count one record that somebody gets without a turn, because it is theirs anyway."""
        desk = self._for_one(entry, person)
        desk.take(person)
        self.note(person, desk)

    def note(self, person: Person, by: Desk) -> None:
        """Let the other desks know that a person holds one record more, those that open later too."""
        self._gifts[person.id] = person
        self._count[person.id] += 1
        guests = (one for (_, who), one in self._guests.items() if who == person.id)
        for desk in (*self._open.values(), *guests):
            if desk is not by:
                desk.hold_more(person)

    def _for_one(self, entry: Entry, person: Person) -> Desk:
        found = self._guests.get((entry.code, person.id))
        if found is None:
            name, terms = self._rule.code, entry.terms or Rotation(())
            opened = Desk(
                entry.code,
                self._rule.object_name,
                terms,
                self.facts,
                Turns({}),
                self._counted[name],
                (person,),
            )
            found = self._guests[entry.code, person.id] = self._told(opened)
        return found

    def _told(self, desk: Desk) -> Desk:
        """Let a desk that opens know what this batch gave before."""
        for person_id, count in self._count.items():
            desk.hold_more(self._gifts[person_id], count)
        return desk

    @cached_property
    def barred(self) -> Mapping[str, Mapping[str, datetime]]:
        """Return, by record, who had it before and must wait; a new record was nobody's."""
        return self.facts.barred(self._rule.object_name, self._stored) if self._stored else {}

    def waits(self, draft: Draft, person: Person) -> datetime | None:
        """Return until when a person may not have a record, None when they may."""
        waits = self.barred.get(draft.record_id, {})
        return waits.get(person.id) or waits.get(EVERYBODY)

    def close(self) -> None:
        """Store what the groups remember, if anybody was asked."""
        if self._open or self._guests:
            self.facts.keep_turns(self._kept)

    def _counter(self, kept: dict[str, Any]) -> Counted:
        zone = self.facts.calendar(self._rule.calendar).zone
        local = self.facts.now.astimezone(ZoneInfo(zone))
        return Counted(kept.setdefault("given", {}), local)


def _rotation(entry: Entry, facts: Facts) -> Rotation | None:
    if not entry.shared:
        return entry.people
    body = facts.body_of(entry.shared)
    return body if isinstance(body, Rotation) else None
