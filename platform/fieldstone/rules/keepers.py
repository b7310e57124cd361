"""Who looks after what a record belongs to: the owner of its customer, for example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fieldstone.base.cached import cached_property
from fieldstone.changes.nouns import Draft
from fieldstone.rules.assignment_entries import Entry
from fieldstone.rules.availability import Roll
from fieldstone.rules.contract import Facts


class Keepers:
    """Those whom the entries of a rule name for the drafts of a batch, asked for as often for many as for one."""

    def __init__(
        self, drafts: Iterable[Draft], fitting: Iterable[Sequence[Entry]], facts: Facts
    ) -> None:
        """Look at the entries that fit each draft."""
        self._facts = facts
        self._fitting = list(zip(drafts, fitting, strict=True))

    def named(self, entry: Entry, draft: Draft) -> Iterator[str]:
        """Yield whom an entry names for a draft."""
        for expression in entry.owner_of:
            owner = expression.evaluate(draft.row, self._facts.env)
            if isinstance(owner, str):
                yield owner

    @cached_property
    def roll(self) -> Roll:
        """Return who is there of all whom some entry names for some draft."""
        roll = Roll(self._facts)
        roll.call(
            owner
            for draft, entries in self._fitting
            for entry in entries
            for owner in self.named(entry, draft)
        )
        return roll
