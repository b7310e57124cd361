"""Whose turn it is: chooses one person for each draft of a batch, fairly, and can say why not the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from math import gcd

from fieldstone.base.cached import cached_property
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts, Person

METHODS = ("round_robin", "least_loaded", "weighted")
SHOWN_CANDIDATES = 20
HEAVIEST = 100

ELIGIBLE = Label("")


@dataclass(frozen=True)
class Limits:
    """What one person may get from a rule per day, and may hold at most; 0 is no limit."""

    per_day: int = 0
    holding: int = 0
    counts: Expression | None = None  # which held records count; None: all


@dataclass
class Desk:
    """The people of one entry during one batch, with what they have and were given so far."""

    object_name: str
    rule: str
    turns: str
    method: str
    people: Sequence[Person]
    limits: Limits
    facts: Facts
    zone_day: timedelta
    expected: int
    given: dict[str, int] = field(default_factory=dict)

    @cached_property
    def absent(self) -> Mapping[str, Label]:
        """Return why somebody is not there today, "" for those who are."""
        return {person.id: _absence(person, self.facts) for person in self.people}

    @cached_property
    def load(self) -> dict[str, int]:
        """Return how many records each person holds."""
        if self.method != "least_loaded" and not self.limits.holding:
            return {}
        ids = [person.id for person in self.people]
        return dict(self.facts.workload(self.object_name, ids, self.limits.counts))

    @cached_property
    def today(self) -> Mapping[str, int]:
        """Return how many this rule has given each person today, before this batch."""
        if not self.limits.per_day:
            return {}
        ids = [person.id for person in self.people]
        return self.facts.given(self.rule, ids, self.facts.now - self.zone_day)

    @cached_property
    def first_turn(self) -> int:
        """Return the durable cursor, moved on by the drafts expected here."""
        return self.facts.take_turns(self.turns, max(1, self.expected))

    def obstacle(self, person: Person) -> Label:
        """Return why a person cannot take one more, ELIGIBLE when they can."""
        if self.absent[person.id] is not ELIGIBLE:
            return self.absent[person.id]
        got = self.today.get(person.id, 0) + self.given.get(person.id, 0)
        if self.limits.per_day and got >= self.limits.per_day:
            return _full_today(got)
        if self.limits.holding and self.load.get(person.id, 0) >= self.limits.holding:
            return _holds_enough(self.load.get(person.id, 0))
        return ELIGIBLE

    def choose(
        self, refused: Callable[[Person], Label]
    ) -> tuple[Person | None, Label, tuple[Candidate, ...]]:
        """Return who takes the next draft, why, and every candidate; `refused` says what speaks against a person."""
        obstacles = {p.id: self.obstacle(p) for p in self.people}
        for person in self.people:
            if obstacles[person.id] is ELIGIBLE:
                obstacles[person.id] = refused(person)
        free = [person for person in self.people if obstacles[person.id] is ELIGIBLE]
        if not free:
            return None, _NOBODY, self._candidates(None, ELIGIBLE, obstacles)
        person, why = self._pick(free)
        candidates = self._candidates(person, why, obstacles)
        self.given[person.id] = self.given.get(person.id, 0) + 1
        if self.load or self.method == "least_loaded":
            self.load[person.id] = self.load.get(person.id, 0) + 1
        return person, why, candidates

    def _pick(self, free: Sequence[Person]) -> tuple[Person, Label]:
        if self.method == "least_loaded":
            # min() keeps the order of the people between equals, so the list is the tie-break.
            person = min(free, key=lambda one: self.load.get(one.id, 0) / one.weight)
            return person, _fewest(self.load.get(person.id, 0))
        turn = self.first_turn + sum(self.given.values())
        if self.method == "weighted":
            order = weighted_order(tuple(min(HEAVIEST, one.weight) for one in free))
            person = free[order[turn % len(order)]]
            return person, _by_weight(person.weight, sum(one.weight for one in free))
        place = turn % len(free)
        return free[place], _in_turn(place + 1, len(free))

    def _candidates(
        self, chosen: Person | None, why: Label, obstacles: Mapping[str, Label]
    ) -> tuple[Candidate, ...]:
        listed = [p for p in self.people if p is not chosen][: SHOWN_CANDIDATES - 1]
        others = tuple(
            Candidate(
                p.id, p.name, False, obstacles[p.id] if obstacles[p.id].en else self._waits(p)
            )
            for p in listed
        )
        if chosen is None:
            return others
        return (Candidate(chosen.id, chosen.name, True, why), *others)

    def _waits(self, person: Person) -> Label:
        if self.method == "least_loaded":
            return _holds(self.load.get(person.id, 0))
        return _WAITS


@lru_cache(maxsize=256)
def weighted_order(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Return a round in which place i comes weights[i] times, spread evenly (smooth weighted round robin)."""
    common = gcd(*weights)
    shares = [weight // common for weight in weights]
    credit = [0] * len(shares)
    order = []
    for _ in range(sum(shares)):
        credit = [c + share for c, share in zip(credit, shares, strict=True)]
        place = credit.index(max(credit))
        credit[place] -= sum(shares)
        order.append(place)
    return tuple(order)


def _absence(person: Person, facts: Facts) -> Label:
    if not person.active:
        return _INACTIVE
    if person.weight < 1:
        return _NO_SHARE
    if person.absent_until is not None and person.absent_until > facts.now:
        day = person.absent_until.astimezone(facts.env.timezone).date().isoformat()
        return Label(f"absent until {day}", f"请假至 {day}")
    return ELIGIBLE


_NOBODY = Label("nobody can take it", "没有可分配的人员")
_INACTIVE = Label("no longer active", "已停用")
_NO_SHARE = Label("has weight 0 and gets nothing automatically", "分配权重为 0，不参与自动分配")
_WAITS = Label("waits for the next turn", "等待下一轮")


@lru_cache(maxsize=1024)
def _full_today(count: int) -> Label:
    return Label(f"has got {count} today, the limit", f"今日已分配 {count} 条，达到上限")


@lru_cache(maxsize=1024)
def _holds_enough(count: int) -> Label:
    return Label(f"holds {count}, the limit", f"已持有 {count} 条，达到上限")


@lru_cache(maxsize=1024)
def _holds(count: int) -> Label:
    return Label(f"holds {count}", f"持有 {count} 条")


@lru_cache(maxsize=1024)
def _fewest(count: int) -> Label:
    return Label(f"holds {count}, the fewest", f"持有 {count} 条，最少")


@lru_cache(maxsize=1024)
def _in_turn(place: int, people: int) -> Label:
    return Label(f"next in turn, {place} of {people}", f"轮到该成员（{people} 人中第 {place} 位）")


@lru_cache(maxsize=1024)
def _by_weight(weight: int, total: int) -> Label:
    return Label(f"next by weight, {weight} of {total}", f"按权重轮到（{weight}/{total}）")
