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
from fieldstone.rules.keepers import Keepers
from fieldstone.rules.rotation import Rotation
from fieldstone.rules.sticky import Knowing
from fieldstone.rules.turns import Turns


class Desks:
    """The desks of one batch. What their groups remember is locked at once, in one order, before anybody is chosen."""

    def __init__(
        self,
        rule: Rule,
        facts: Facts,
        drafts: Sequence[Draft],
        fitting: Sequence[Sequence[Entry]],
    ) -> None:
        """Open for the entries that some draft fits."""
        self.facts = facts
        self._rule = rule
        self.keepers = Keepers(drafts, fitting, facts)
        self.knowing = Knowing(rule.object_name, drafts, facts)
        self._stored = [draft.record_id for draft in drafts if draft.before is not None]
        entries = [entry for several in fitting for entry in several]
        used = {entry.code: entry for entry in entries if entry.people is not None}
        self._desks = self._set_up(used.values())
        for entry in _first_asked(fitting):
            if (desk := self._desks.get(_place(entry))) is not None:
                desk.look_around()
        names = {entry.shared or rule.code for entry in used.values()}
        # What is somebody's anyway counts with what the rule gives by turns.
        names |= {rule.code for entry in entries if entry.terms is not None}
        # From here to the commit others wait for these turns.
        self._kept = facts.turns(sorted(names)) if names else {}
        self._counted = {name: self._counter(kept) for name, kept in self._kept.items()}
        self._open: dict[str, Desk] = {}
        self._guests: dict[str, Desk] = {}
        self._gifts: dict[str, Person] = {}
        self._count: Counter[str] = Counter()

    def _set_up(self, entries: Iterable[Entry]) -> dict[str, Desk]:
        """Return the desk of each group by its place: entries that name the same rotation share one."""
        found: dict[str, Desk] = {}
        for entry in entries:
            rotation = _rotation(entry, self.facts)
            if rotation is not None:
                line = "" if entry.shared else entry.code
                desk = Desk(line, self._rule.object_name, rotation, self.facts)
                found.setdefault(_place(entry), desk)
        return found

    def of(self, entry: Entry) -> Desk | None:
        """Return the desk of an entry; None when it names no people."""
        place = _place(entry)
        if place not in self._desks:
            return None
        if (found := self._open.get(place)) is None:
            name, desk = entry.shared or self._rule.code, self._desks[place]
            turns = Turns(self._kept[name].setdefault("lines", {}).setdefault(desk.line, {}))
            found = self._open[place] = self._told(desk.remember(turns, self._counted[name]))
        return found

    def hinders(self, entry: Entry, person: Person) -> Label:
        """Return which limit of an entry keeps what is somebody's anyway from them, HERE for none."""
        desk = self._for_guests(entry)
        full = desk.group_is_full()
        return desk.limit(person) if full is HERE else full

    def give(self, entry: Entry, person: Person) -> None:
        """Count one record that somebody gets without a turn, because it is theirs anyway."""
        desk = self._for_guests(entry)
        desk.take(person)
        self.note(person, desk)

    def note(self, person: Person, by: Desk) -> None:
        """Let the other desks know that a person holds one record more, those that open later too."""
        self._gifts[person.id] = person
        self._count[person.id] += 1
        for desk in (*self._open.values(), *self._guests.values()):
            if desk is not by:
                desk.hold_more(person)

    def _for_guests(self, entry: Entry) -> Desk:
        """Return the desk at which an entry's limits are held to those whose the records of the batch are anyway."""
        found = self._guests.get(entry.code)
        if found is None:
            terms, counted = entry.terms or Rotation(()), self._counted[self._rule.code]
            opened = Desk(entry.code, self._rule.object_name, terms, self.facts, self._here(entry))
            found = self._guests[entry.code] = self._told(opened.remember(Turns({}), counted))
        return found

    def _here(self, entry: Entry) -> tuple[Person, ...]:
        """Return who is there of those whom an entry may name for some draft."""
        named = self.keepers.roll.here if entry.owner_of else []
        knowing = self.knowing.here(entry.known_by) if entry.known_by else []
        return tuple({one.id: one for one in (*named, *knowing)}.values())

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


def _place(entry: Entry) -> str:
    return f"{entry.shared}:" if entry.shared else f":{entry.code}"


def _first_asked(fitting: Iterable[Sequence[Entry]]) -> list[Entry]:
    """Return, once each, the entries whose people are the first to be asked for some draft."""
    found: dict[str, Entry] = {}
    for entries in fitting:
        first = next((one for one in entries if one.people is not None or one.pool), None)
        if first is not None and first.people is not None:
            found.setdefault(first.code, first)
    return list(found.values())


def _rotation(entry: Entry, facts: Facts) -> Rotation | None:
    if not entry.shared:
        return entry.people
    body = facts.body_of(entry.shared)
    return body if isinstance(body, Rotation) else None
