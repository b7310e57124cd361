"""Tells how alike two records are: field by field, weighed, and which records are compared at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts, Rule, Verdict
from fieldstone.rules.likeness import BY_WORDS, likeness
from fieldstone.rules.match_keys import Plan
from fieldstone.rules.normalise import alike

BLANKS: Final = ("ignore", "differs", "agrees")
AGREES: Final = 100.0
Row = Mapping[str, object]


@dataclass(frozen=True)
class Comparer:
    """How one field is compared, and what it counts."""

    field: str
    label: Label
    how: str
    method: str = "exact"
    weight: int = 1
    threshold: int = 85
    blank: str = "ignore"

    def plain(self, value: object) -> str:
        """Return a value as it is compared."""
        if value is None:
            return ""
        text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        if self.method in BY_WORDS:
            return " ".join(alike(self.how, word) for word in text.split())
        return alike(self.how, text)

    def compared(self, one: str, other: str) -> float | None:
        """Return how alike two plain values are, None when they say nothing about it."""
        if one and other:
            found = likeness(self.method, one, other)
            return found if found >= self.threshold else 0.0
        if self.blank == "ignore" or not (one or other):
            return None
        return AGREES if self.blank == "agrees" else 0.0


@dataclass(frozen=True)
class Alike:
    """How alike two records are, in percent, and the fields in which they agree."""

    score: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Records are compared only when they share the value of a block: fields, and how each is made alike."""

    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Matching:
    """The body of a matching rule. `fields` gives, by object, the field there for each field here."""

    comparers: tuple[Comparer, ...]
    blocks: Mapping[str, tuple[Block, ...]]
    fields: Mapping[str, Mapping[str, str]]
    suspect: int
    same: int
    evidence: int
    largest_block: int

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: plain fields are compared."""
        return ()

    @property
    def plan(self) -> Mapping[str, Plan]:
        """Return the keys that storage keeps for the blocks, by object."""
        return {
            name: {block.key: block.fields for block in blocks}
            for name, blocks in self.blocks.items()
        }

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: duplicate rules and the search for pairs ask how alike records are."""
        return {}

    def plain(self, object_name: str, row: Row) -> tuple[str, ...]:
        """Return the values of a record of an object as they are compared, in the order of the comparers."""
        names = self.fields[object_name]
        return tuple(
            one.plain(row.get(names[one.field])) if one.field in names else ""
            for one in self.comparers
        )

    def alike(self, one: Sequence[str], other: Sequence[str]) -> Alike:
        """Return how alike two records are, given their plain values.

        The mean of what the fields say, weighed; a field that says nothing is left out. Below the `evidence` that
        must agree at least, nothing is known: two people are not the same for being called the same.
        """
        weight = total = evidence = 0.0
        agreeing = []
        for place, comparer in enumerate(self.comparers):
            found = comparer.compared(one[place], other[place])
            if found is None:
                continue
            weight += comparer.weight
            total += comparer.weight * found
            if found and one[place] and other[place]:
                evidence += comparer.weight
                agreeing.append((comparer.weight * found, comparer.field))
        if evidence < self.evidence or not weight:
            return Alike(0)
        agreeing.sort(key=lambda one: -one[0])
        return Alike(round(total / weight), tuple(name for _, name in agreeing))

    def label(self, code: str) -> Label:
        """Return what people call a compared field."""
        return next((one.label for one in self.comparers if one.field == code), Label(code))
