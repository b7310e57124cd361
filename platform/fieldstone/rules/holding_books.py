"""Who holds how many of how many while one batch is judged, each person and the groups that are limited together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fieldstone.base.label import Label
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Belonging, Facts, Rule


@dataclass(frozen=True)
class Most:
    """What each member of a group may hold, or all of them together. `group` is "role:sales", or "all"."""

    group: str
    most: int


class Limits(Protocol):
    """What the books ask of a holding limit."""

    @property
    def counts(self) -> Expression | None:
        """Return which records count, None for every record that somebody owns."""

    @property
    def together(self) -> tuple[Most, ...]:
        """Return what groups may hold in sum."""

    def most_for(self, groups: Sequence[str]) -> Most | None:
        """Return what one person of these groups may hold."""


@dataclass(frozen=True)
class Full:
    """A limit that is reached: how many are held of how many, by one person or by a whole group."""

    held: int
    most: int
    group: str = ""  # of a limit together

    def told(self, name: str, rule: Label) -> Label:
        """Return the sentence for people; beyond the limit nobody is counted to the end."""
        values = {"name": name, "held": self.held, "most": self.most, "group": self.group}
        text = _TOGETHER if self.group else _HOLDS
        if self.held > self.most:
            text = _MORE_TOGETHER if self.group else _HOLDS_MORE
        return Label(
            text.filled_in({**values, "rule": rule.en}).en,
            text.filled_in({**values, "rule": rule.text("zh")}).text("zh"),
        )


@dataclass(frozen=True)
class Holding:
    """How a person stands with a limit of their own, or (`group` "team:north") with one of a group in sum."""

    rule: Rule
    group: str
    held: int
    most: int
    counts: str  # which records, as a condition; "" for all

    @property
    def left(self) -> int:
        """Return how many more there may be."""
        return max(0, self.most - self.held)


def own_limit(holdings: Sequence[Holding]) -> Holding | None:
    """Return the first limit of the person alone."""
    return next((one for one in holdings if not one.group), None)


class Books:
    """Who holds how many while one batch is judged."""

    def __init__(self, body: Limits, known: Mapping[str, Belonging]) -> None:
        """Keep the books of some people; `opened` fills them."""
        self._body = body
        self._known = dict(known)
        self._held: dict[str, int] = {}
        self._together: dict[str, int] = {}

    @classmethod
    def opened(
        cls,
        rule: Rule,
        body: Limits,
        people: Sequence[str],
        facts: Facts,
        *,
        moving: int | None = None,
    ) -> Books:
        """Return the books as the database has them; the people are locked before they are counted.

        With `moving`, the number of records that may leave somebody meanwhile, nobody is counted further than their
        own limit and so many more: who owns a hundred thousand records costs no more than who is full.
        """
        facts.queue_up(rule.object_name, people)
        books = cls(body, facts.belonging(people))
        for up_to, several in books._by_limit(people, moving).items():
            books._held |= facts.workload(rule.object_name, several, body.counts, up_to)
        for limit in body.together:
            members = [one.id for one in facts.people(limit.group)]
            held = facts.workload(rule.object_name, members, body.counts)
            books._together[limit.group] = sum(held.values())
        return books

    def _by_limit(self, people: Sequence[str], moving: int | None) -> dict[int, list[str]]:
        """Return how far people are counted, 0 for all they hold; whom nothing limits is not counted."""
        found: dict[int, list[str]] = {}
        for person in people:
            most = self._body.most_for(self._groups(person))
            if most is not None:
                found.setdefault(0 if moving is None else most.most + 1 + moving, []).append(person)
        return found

    def name(self, person: str) -> str:
        """Return what a person is called."""
        known = self._known.get(person)
        return known.name if known else person

    def know(self, people: Mapping[str, Belonging]) -> None:
        """Take note of whose records may go to somebody of these books: in their group nothing changes by it."""
        self._known |= people

    def full(self, person: str, giver: str | None = None) -> Full | None:
        """Return the limit that keeps a person from one more record, of a giver or of nobody; None when there is room."""
        most = self._body.most_for(self._groups(person))
        held = self._held.get(person, 0)
        if most is not None and held >= most.most:
            return Full(held, most.most)
        gives = self._groups(giver) if giver is not None else ()
        for limit in self._shared(person):
            if self._together[limit.group] >= limit.most and limit.group not in gives:
                return Full(self._together[limit.group], limit.most, limit.group.partition(":")[2])
        return None

    def room(self, person: str) -> int | None:
        """Return how many more a person may hold, None without a limit."""
        most = self._body.most_for(self._groups(person))
        left = [] if most is None else [most.most - self._held.get(person, 0)]
        left += [one.most - self._together[one.group] for one in self._shared(person)]
        return max(0, min(left)) if left else None

    def holdings(self, rule: Rule, person: str) -> list[Holding]:
        """Return where a person stands: with the limit that is theirs, and with those of their groups."""
        most = self._body.most_for(self._groups(person))
        held = self._held.get(person, 0)
        own = [Holding(rule, "", held, most.most, self._counts)] if most else []
        return own + [self.holding(rule, one) for one in self._shared(person)]

    def holding(self, rule: Rule, limit: Most) -> Holding:
        """Return where a group stands with a limit in sum."""
        held = self._together[limit.group]
        return Holding(rule, limit.group, held, limit.most, self._counts)

    @property
    def _counts(self) -> str:
        return self._body.counts.text if self._body.counts is not None else ""

    def move(self, before: str | None, after: str | None) -> None:
        """A counted record goes from one person to another."""
        if before == after:
            return
        for person, step in ((before, -1), (after, 1)):
            if person is not None:
                self._held[person] = self._held.get(person, 0) + step
                for limit in self._shared(person):
                    self._together[limit.group] += step

    def _groups(self, person: str) -> Sequence[str]:
        known = self._known.get(person)
        return known.groups if known else ()

    def _shared(self, person: str) -> list[Most]:
        return [one for one in self._body.together if one.group in self._groups(person)]


_HOLDS = Label(
    "{name} holds {held} of at most {most} ({rule}).",
    "{name}已持有 {held} 条，上限为 {most} 条（{rule}）。",
)
_TOGETHER = Label(
    "{group} holds {held} of at most {most} together ({rule}).",
    "{group} 合计已持有 {held} 条，上限为 {most} 条（{rule}）。",
)
_HOLDS_MORE = Label(
    "{name} holds more than the {most} allowed ({rule}).",
    "{name}已持有超过上限 {most} 条（{rule}）。",
)
_MORE_TOGETHER = Label(
    "{group} holds more than the {most} allowed together ({rule}).",
    "{group} 合计已持有超过上限 {most} 条（{rule}）。",
)
