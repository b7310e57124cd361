"""Who knows a person or a company already: whoever has, or had last, an earlier record that shares a key with a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fieldstone.base.cached import cached_property
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Draft
from fieldstone.rules.availability import HERE, Roll
from fieldstone.rules.contract import Facts, Found, Person
from fieldstone.rules.cooldown import EVERYBODY
from fieldstone.rules.desk import Objection
from fieldstone.rules.duplicate_check import BINNED, Against, Duplicate
from fieldstone.rules.match_keys import match_keys

MOST: Final = 50
"""A value that more records hold (a switchboard, a mail domain's address) says nothing about who knows them."""
Near = tuple[Found, Label]
"""A record that shares a key, and what it is."""


@dataclass(frozen=True)
class Earlier:
    """An earlier record of the same person or company, and who has it or had it last."""

    found: Found
    kind: Label  # what it is: customer, contact, lead
    owner: str
    until: datetime | None  # when it was taken from the owner, None: it is still theirs

    @property
    def because(self) -> Label:
        """Return why its owner comes first."""
        name, english, chinese = self.found.title, self.kind.en.lower(), self.kind.text("zh")
        if self.until is None:
            return Label(f"looks after the {english} {name} already", f"已在跟进{chinese}“{name}”")
        return Label(f"had the {english} {name} last", f"曾负责{chinese}“{name}”")


class Knowing:
    """Finds for a batch who knows whom, asking as often for many records as for one."""

    def __init__(self, object_name: str, drafts: Iterable[Draft], facts: Facts) -> None:
        """Look for the owners of these drafts."""
        self._object = object_name
        self._drafts = tuple(drafts)
        self._facts = facts
        self._asked: dict[str, _Acquainted] = {}

    def choice(
        self, rule: str, draft: Draft, hinders: Objection
    ) -> tuple[Person | None, Label, tuple[Candidate, ...]]:
        """Return who takes a draft because they know it, why, and who was looked at; nobody when none may.

        `hinders` says which limit speaks against a person.
        """
        acquainted = self._acquainted(rule)
        looked_at: dict[str, Candidate] = {}
        for one in acquainted.earlier.get(draft.record_id, ()):
            person = acquainted.roll.person(one.owner)
            if person is None or person.id in looked_at:
                continue
            obstacle = acquainted.obstacle(person, one.found) or hinders(person)
            chosen = obstacle is HERE
            because = one.because if chosen else obstacle
            looked_at[person.id] = Candidate(person.id, person.name, chosen, because)
            if chosen:
                return person, one.because, tuple(looked_at.values())
        return None, HERE, tuple(looked_at.values())

    def here(self, rule: str) -> list[Person]:
        """Return who is there of all who have, or had, an earlier record of some draft."""
        return self._acquainted(rule).roll.here

    def _acquainted(self, rule: str) -> _Acquainted:
        if rule not in self._asked:
            self._asked[rule] = _Acquainted(self._among(rule), self._facts)
        return self._asked[rule]

    def _among(self, rule: str) -> Mapping[str, Sequence[Earlier]]:
        """Return the earlier records of each draft: those that have an owner now first, the newest before others."""
        body = self._facts.body_of(rule)
        if not isinstance(body, Duplicate) or self._object not in body.plan:
            return {}
        own = {
            draft.record_id: match_keys(body.plan[self._object], draft.row)
            for draft in self._drafts
        }
        places = [
            (one, stored, body.keys[name])
            for one in body.against
            for name, stored in one.keys.items()
        ]
        stored = self._stored(body, places, own.values())
        found: dict[str, list[Near]] = {}
        for record_id, values in own.items():
            found[record_id] = [
                (one, against.label)
                for against, key_there, key in places
                for value in values.get(key, ())
                for one in stored.get((against.object_name, key_there, value), ())
                if one.record_id != record_id and one.stage_kind != BINNED
            ]
        return self._with_owners(found)

    def _stored(
        self,
        body: Duplicate,
        places: Sequence[tuple[Against, str, str]],
        every: Iterable[Mapping[str, Sequence[str]]],
    ) -> Mapping[tuple[str, str, str], Sequence[Found]]:
        """Return the records by value, as the duplicate rule has asked for them: it costs no further question."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for values in every:
            for against, key_there, key in places:
                asked = wanted.setdefault((against.object_name, key_there), set())
                asked.update(values.get(key, ()))
        listed = {place: sorted(values) for place, values in wanted.items() if values}
        if not listed:
            return {}
        found = self._facts.found(listed, deleted=BINNED in body.counts)
        return {place: several for place, several in found.items() if len(several) <= MOST}

    def _with_owners(self, found: Mapping[str, Sequence[Near]]) -> dict[str, list[Earlier]]:
        orphans = {
            one.record_id for several in found.values() for one, _ in several if not one.owner
        }
        past = self._facts.past_owners(sorted(orphans)) if orphans else {}
        known: dict[str, list[Earlier]] = {}
        for record_id, several in found.items():
            # Ids sort by time.
            newest_first = sorted(several, key=lambda told: told[0].record_id, reverse=True)
            listed = []
            for one, kind in newest_first:
                if one.owner:
                    listed.append(Earlier(one, kind, one.owner, None))
                elif spans := past.get(one.record_id, ()):
                    listed.append(Earlier(one, kind, spans[0].owner, spans[0].until))
            known[record_id] = sorted(listed, key=lambda one: one.until is not None)
        return known


class _Acquainted:
    """The earlier records of a batch, and what their owners are asked; nothing is, while there are none."""

    def __init__(self, earlier: Mapping[str, Sequence[Earlier]], facts: Facts) -> None:
        self.earlier = earlier
        self._facts = facts

    @cached_property
    def roll(self) -> Roll:
        """Return who is there of all who have, or had, one of the earlier records."""
        roll = Roll(self._facts)
        roll.call(one.owner for one in self._every())
        return roll

    def obstacle(self, person: Person, earlier: Found) -> Label | None:
        """Return why somebody may not take it although they know it, limits left out; None when they may."""
        why = self.roll.why_away(person.id)
        if why is not HERE:
            return why
        waits = self._barred[earlier.object_name].get(earlier.record_id, {})
        if until := waits.get(person.id) or waits.get(EVERYBODY):
            day = until.astimezone(self._facts.env.timezone).strftime("%Y-%m-%d %H:%M")
            return Label(f"had it before: cool-down until {day}", f"曾负责该记录，冷却期至 {day}")
        return None

    @cached_property
    def _barred(self) -> Mapping[str, Mapping[str, Mapping[str, datetime]]]:
        """Return, by object and record, who had it before and must wait."""
        ids: dict[str, set[str]] = {}
        for one in self._every():
            ids.setdefault(one.found.object_name, set()).add(one.found.record_id)
        return {name: self._facts.barred(name, sorted(some)) for name, some in ids.items()}

    def _every(self) -> Iterable[Earlier]:
        return (one for several in self.earlier.values() for one in several)
