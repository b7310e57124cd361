"""Who takes a record over, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fieldstone.model.objects import ObjectType
from fieldstone.rules.contract import Person
from fieldstone.rules.offboarding import ASSIGN, FOLLOW, MANAGER, POOL, HandOver
from fieldstone.storage.facts import FactsReader

Values = Mapping[str, object]


@dataclass
class Heirs:
    """The heirs of one person's records; groups take them in turn, going on at `turn`."""

    facts: FactsReader
    leaver: Mapping[str, Any]
    last: str  # who asked for the hand-over: nothing is ever left without somebody
    turn: int = 0
    groups: dict[str, tuple[Person, ...]] = field(default_factory=dict)

    def ways(
        self, one: HandOver, to: str, spec: ObjectType, row: Mapping[str, Any]
    ) -> Iterator[Values]:
        """Yield the values that give a record away, the wanted way first, then what stands in for it."""
        for heir in dict.fromkeys((to, one.otherwise, MANAGER)):
            yield from self._by(heir, one, spec, row)
        yield {"owner": self.last}

    def _by(
        self, heir: str, one: HandOver, spec: ObjectType, row: Mapping[str, Any]
    ) -> Iterator[Values]:
        kind, _, code = heir.partition(":")
        may_be_free = spec.owned == "optional"
        if heir == ASSIGN and may_be_free:
            yield {"owner": None, **({"pool": None} if spec.pools else {})}
        elif heir == FOLLOW:
            yield from ({"owner": owner} for owner in self._followed(one, spec, row))
        elif heir == MANAGER:
            yield from ({"owner": p.id} for p in self._people(f"user:{self.leaver.get('manager')}"))
        elif kind == POOL and may_be_free and code in spec.pools:
            yield {"owner": None, "pool": code}
        elif kind not in (ASSIGN, POOL):
            yield from ({"owner": person.id} for person in self._in_turn(heir))

    def _in_turn(self, group: str) -> Iterator[Person]:
        people = self._people(group)
        start, self.turn = self.turn, self.turn + 1
        for step in range(len(people)):
            yield people[(start + step) % len(people)]

    def _people(self, group: str) -> tuple[Person, ...]:
        if group not in self.groups:
            found = self.facts.people(group)
            self.groups[group] = tuple(
                one for one in found if one.active and one.id != self.leaver["id"]
            )
        return self.groups[group]

    def _followed(self, one: HandOver, spec: ObjectType, row: Mapping[str, Any]) -> Iterator[str]:
        """Yield the owners of the records this one belongs to, who still work here."""
        for name in one.follow:
            target, record_id = spec.fields[name].type.expression_type.of, row.get(name)
            if not record_id:
                continue
            found = self.facts.rows(target, [record_id], names=("owner",)).get(record_id, {})
            owner = found.get("owner")
            if owner and self._people(f"user:{owner}"):
                yield str(owner)
