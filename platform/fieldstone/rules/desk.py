"""The people of one group during one batch: chooses one for each draft, fairly, and can say why not the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Self

from fieldstone.base.cached import cached_property
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Draft
from fieldstone.rules import desk_words as words
from fieldstone.rules import rotation as ways
from fieldstone.rules.availability import HERE, INACTIVE
from fieldstone.rules.caps import GROUP, Counted
from fieldstone.rules.contract import Facts, Person, Standing
from fieldstone.rules.people_scope import as_person
from fieldstone.rules.rotation import Rotation
from fieldstone.rules.turns import ACCRUE, Turns

SHOWN_CANDIDATES: Final = 20
HEAVIEST: Final = 100_000
NO_STANDING: Final = Standing()

Objection = Callable[[Person], Label]


@dataclass
class Desk:
    """One group with what its people have and were given so far.

    Who belongs to it, and who is there, may be asked at once; who is next only after `remember`, when nobody else
    gives to the same people. `turns` and `counted` are stored after the batch.
    """

    line: str
    object_name: str
    rotation: Rotation
    facts: Facts
    guests: tuple[Person, ...] = ()  # in place of the groups' people
    turns: Turns = field(init=False)
    counted: Counted = field(init=False)
    met: bool = field(default=False, init=False)
    told: dict[str, Candidate] = field(default_factory=dict, init=False)
    known: dict[str, Label] = field(default_factory=dict, init=False)  # what speaks against whom

    def remember(self, turns: Turns, counted: Counted) -> Self:
        """Go on from what the group remembers, which nobody else changes meanwhile."""
        self.turns, self.counted = turns, counted
        return self

    def look_around(self) -> None:
        """Ask who belongs to the group and who is there: what needs no lock is asked before there is one."""
        _ = self.away, self.linked
        self.facts.meet(self.object_name, self.ids)

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Return everybody of the groups once, by name."""
        if self.guests:
            return self.guests
        found = {p.id: p for group in self.rotation.groups for p in self.facts.people(group)}
        return tuple(sorted(found.values(), key=lambda one: (one.name, one.id)))

    @cached_property
    def ids(self) -> list[str]:
        """Return who they are."""
        return [person.id for person in self.people]

    @cached_property
    def ranking(self) -> Mapping[str, Standing]:
        """Return the published standing of each person, if a ranking counts here."""
        return self.facts.ranking(self.rotation.ranking) if self.rotation.ranking else {}

    @cached_property
    def weights(self) -> Mapping[str, int]:
        """Return the share of each person; everybody's is one where the method looks at no weight."""
        return {person.id: self._weight(person) for person in self.people}

    def _weight(self, person: Person) -> int:
        if person.weight < 1:
            return 0
        own: Any = person.facts.get(self.rotation.weight) if person.facts else None
        weight = own if isinstance(own, int) else person.weight
        if self.rotation.method in (ways.ROUND_ROBIN, ways.EQUAL):
            weight = min(weight, 1)
        weight = max(0, min(HEAVIEST, weight))
        return weight * self.standing(person).weight if self.ranking else weight

    def standing(self, person: Person) -> Standing:
        """Return a person's rewards, those of nobody when there is no ranking."""
        return self.ranking.get(person.id) or self.ranking.get("", NO_STANDING)

    @cached_property
    def away(self) -> Mapping[str, Label]:
        """Return why somebody is not there, HERE for those who are."""
        found = self.rotation.availability.of(self.people, self.facts)
        for person in self.people:
            if found[person.id] is HERE and self.weights[person.id] < 1:
                found[person.id] = words.NO_SHARE
        return found

    @cached_property
    def load(self) -> dict[str, int]:
        """Return how many records each person holds, where that matters."""
        if not self._minds_load:
            return {}
        counts = self.rotation.limits.counts
        return dict(self.facts.workload(self.object_name, self.ids, counts))

    @cached_property
    def _minds_load(self) -> bool:
        among, limits = self.rotation.among, self.rotation.limits
        asked = among is not None and "load" in among.figures
        return asked or bool(limits.holding) or self.rotation.method == ways.LEAST_LOADED

    @cached_property
    def room(self) -> dict[str, int | None]:
        """Return how many more each person may come to hold by the holding limits, None without a limit."""
        return dict(self.facts.room(self.object_name, self.ids))

    @cached_property
    def linked(self) -> Mapping[str, Mapping[str, object]]:
        """Return what the condition over people reads behind their lookups, by person."""
        links = self.rotation.among.links if self.rotation.among else ()
        if not links:
            return {}
        rows = [person.facts for person in self.people]
        return dict(zip(self.ids, self.facts.looked_up("user", rows, links), strict=True))

    def obstacle(self, person: Person) -> Label:
        """Return why a person cannot take one more, HERE when they can."""
        away = self.away[person.id]
        return self.limit(person) if away is HERE else away

    def limit(self, person: Person) -> Label:
        """Return which limit a person has come to, HERE for none."""
        for cap in self.rotation.limits.caps:
            most = cap.for_person(person, self.standing(person).extra)
            got = self.counted.of(cap.period, person.id)
            if most is not None and got >= most:
                return words.full(cap.period, got)
        holds = self.load.get(person.id, 0)
        if self.rotation.limits.holding and holds >= self.rotation.limits.holding:
            return words.holds_enough(holds)
        left = self.room[person.id]
        return HERE if left is None or left > 0 else words.AT_LIMIT

    def group_is_full(self) -> Label:
        """Return why the whole group gets no more, HERE when it does."""
        for cap in self.rotation.limits.group:
            got = self.counted.of(cap.period, GROUP + self.line)
            if got >= cap.most:
                return words.group_full(cap.period, got)
        return HERE

    def choose(
        self, draft: Draft, refused: Objection
    ) -> tuple[Person | None, Label, tuple[Candidate, ...]]:
        """Return who takes the next draft, why, and every candidate; `refused` says what speaks against a person."""
        self._meet()
        obstacles = self._obstacles()
        for person in self.people:
            if obstacles[person.id] is HERE:
                obstacles[person.id] = self._unfit(person, draft) or refused(person)
        free = [person for person in self.people if obstacles[person.id] is HERE]
        if not free:
            return None, words.NOBODY, self._candidates(None, HERE, obstacles)
        person, why = self._pick(free, draft.record_id)
        candidates = self._candidates(person, why, obstacles)
        self._give(person, free)
        return person, why, candidates

    def standings(self) -> tuple[dict[str, Label], Person | None]:
        """Return what speaks against each person now, HERE for nothing, and who is next; for showing it only."""
        self._meet()
        obstacles = self._obstacles()
        free = [person for person in self.people if obstacles[person.id] is HERE]
        if not free or self.rotation.method == ways.RANDOM:
            return obstacles, None
        return obstacles, self._pick(free, "")[0]

    def _obstacles(self) -> dict[str, Label]:
        """Return what speaks against each person; who got nothing since is not looked at again."""
        full = self.group_is_full()
        if full is not HERE:
            return dict.fromkeys(self.ids, full)
        for person in self.people:
            if person.id not in self.known:
                self.known[person.id] = self.obstacle(person)
        return dict(self.known)

    def take(self, person: Person) -> None:
        """Count one record that a person got without a turn, because it is theirs anyway."""
        self.counted.add(self.rotation.limits.periods, person.id, GROUP + self.line)
        self.hold_more(person)

    def hold_more(self, person: Person, count: int = 1) -> None:
        """Note that a person of this group came to hold more records; nobody else is of interest."""
        self.known.pop(person.id, None)
        if person.id not in self.weights:
            return
        if self._minds_load:
            self.load[person.id] = self.load.get(person.id, 0) + count
        left = self.room.get(person.id)
        if left is not None:
            self.room[person.id] = left - count

    def _meet(self) -> None:
        """Note once per batch who is there."""
        if self.met:
            return
        self.met = True
        members = {one: weight for one, weight in self.weights.items() if weight > 0}
        inactive = {one for one, why in self.away.items() if why is INACTIVE}
        self.turns.meet(
            {one: w for one, w in members.items() if one not in inactive},
            [one for one, why in self.away.items() if why is not HERE],
            when_away=self.rotation.when_away,
            on_member_change=self.rotation.on_member_change,
        )

    def _unfit(self, person: Person, draft: Draft) -> Label | None:
        for theirs, ours in self.rotation.same:
            if person.facts.get(theirs) != draft.row.get(ours):
                return words.another(theirs)
        reserved = self.standing(person).closed_to(draft.row)
        if reserved is not None:
            return words.no_access(reserved)
        among = self.rotation.among
        if among is None:
            return None
        row = {**draft.row, **as_person(self._values(person), among.person_paths)}
        return None if among.condition.evaluate(row, self.facts.env) is True else words.NOT_AMONG

    def _values(self, person: Person) -> dict[str, object]:
        standing = self.standing(person)
        return {
            **person.facts,
            **self.linked.get(person.id, {}),
            "load": self.load.get(person.id, 0),
            "given_today": self.counted.of("day", person.id),
            "rank": standing.rank or None,
            "result": standing.score,
        }

    def _pick(self, free: Sequence[Person], record_id: str) -> tuple[Person, Label]:
        by_id = {person.id: person for person in free}
        shares = {one: self.weights[one] for one in by_id}
        match self.rotation.method:
            case ways.LEAST_LOADED:
                # min() keeps the order of the people between equals, so the list is the tie-break.
                person = min(free, key=lambda one: self.load.get(one.id, 0) / shares[one.id])
                return person, words.fewest(self.load.get(person.id, 0))
            case ways.MOST_AVAILABLE:
                person = max(free, key=self._room)
                return person, words.most_room(self._room(person))
            case ways.RANDOM:
                return by_id[_drawn(record_id, self.line, shares)], words.BY_LOT
            case ways.ROUND_ROBIN:
                person = by_id[self.turns.in_order([(self._place(p), p.id) for p in free])]
                return person, words.in_turn(free.index(person) + 1, len(free))
        person = by_id[self.turns.by_share(shares)]
        if self.rotation.method == ways.EQUAL:
            return person, words.by_share(len(free))
        return person, words.by_weight(shares[person.id], sum(shares.values()))

    def _room(self, person: Person) -> int:
        limits = self.rotation.limits
        rooms = [HEAVIEST]
        for cap in limits.caps:
            most = cap.for_person(person, self.standing(person).extra)
            if most is not None:
                rooms.append(most - self.counted.of(cap.period, person.id))
        if limits.holding:
            rooms.append(limits.holding - self.load.get(person.id, 0))
        left = self.room[person.id]
        if left is not None:
            rooms.append(left)
        return min(rooms)

    def _place(self, person: Person) -> str:
        return f"{person.name}\n{person.id}"

    def _give(self, person: Person, free: Sequence[Person]) -> None:
        away: dict[str, int] = {}
        if self.rotation.when_away == ACCRUE:
            away = {one: self.weights[one] for one in self.turns.kept["away"]}
        shares = {one.id: self.weights[one.id] for one in free}
        self.turns.took(person.id, self._place(person), shares, away, self.rotation.most_owed)
        self.take(person)

    def _candidates(
        self, chosen: Person | None, why: Label, obstacles: Mapping[str, Label]
    ) -> tuple[Candidate, ...]:
        listed = [p for p in self.people if p is not chosen][: SHOWN_CANDIDATES - 1]
        others = tuple(
            self._passed_over(p, obstacles[p.id] if obstacles[p.id].en else self._waits(p))
            for p in listed
        )
        if chosen is None:
            return others
        return (Candidate(chosen.id, chosen.name, True, why), *others)

    def _passed_over(self, person: Person, why: Label) -> Candidate:
        """Return one of the others; of most of them the next record of the batch says the same."""
        told = self.told.get(person.id)
        if told is None or told.because is not why:
            told = self.told[person.id] = Candidate(person.id, person.name, False, why)
        return told

    def _waits(self, person: Person) -> Label:
        if self.rotation.method == ways.LEAST_LOADED:
            return words.holds(self.load.get(person.id, 0))
        if self.rotation.method == ways.MOST_AVAILABLE:
            return words.room_left(self._room(person))
        return words.WAITS


def _drawn(record_id: str, line: str, shares: Mapping[str, int]) -> str:
    """Draw by weight; the same record draws the same person again, so that a dry run tells the truth."""
    seed = int.from_bytes(blake2b(f"{line}/{record_id}".encode(), digest_size=8).digest())
    place = seed % sum(shares.values())
    for one, share in shares.items():
        if place < share:
            return one
        place -= share
    raise AssertionError(shares)
