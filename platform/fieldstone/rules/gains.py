"""Gains of ownership: by which way a draft gives a record to somebody. Limits of all kinds judge these alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fieldstone.changes.nouns import Draft, Operation
from fieldstone.rules.contract import Facts

WAYS: Final = (
    "claim",
    "assign",
    "transfer",
    "convert",
    "merge",
    "import",
    "create",
    "rule",
    "restore",
    "reopen",
)
"""Every way by which somebody comes to own one more record."""
UNATTENDED: Final = frozenset({"rule", "import"})
"""Nobody is there to hear a refusal: what cannot be given goes where the limit says."""
BY_ACTION: Final = frozenset({"claim", "convert", "merge"})
BY_RULES: Final = frozenset({"rule", "timer"})


@dataclass(frozen=True)
class Gain:
    """The draft at `place` gives its record to `person`."""

    place: int
    draft: Draft
    person: str
    way: str


def gains_of(drafts: Sequence[Draft], facts: Facts) -> Iterator[Gain]:
    """Yield the drafts after which somebody owns a record who did not before, in order."""
    for place, draft in enumerate(drafts):
        owner = draft.row.get("owner")
        if isinstance(owner, str) and owner != owner_before(draft):
            yield Gain(place, draft, owner, way_of(draft, facts))


def owner_before(draft: Draft) -> str | None:
    """Return who owned the record until now; nobody owns what lies in the recycle bin."""
    owner = (draft.before or {}).get("owner")
    return owner if isinstance(owner, str) and draft.operation is not Operation.RESTORE else None


def way_of(draft: Draft, facts: Facts) -> str:
    """Return by which way a draft gives its record to its owner."""
    if draft.operation is Operation.RESTORE:
        return "restore"
    if draft.change.action in BY_ACTION:
        return draft.change.action
    owner = draft.row.get("owner")
    if facts.source in BY_RULES or any(one.sets.get("owner") == owner for one in draft.decisions):
        return "rule"
    if facts.source == "import":
        return "import"
    if draft.operation is Operation.CREATE:
        return "create"
    return "transfer" if owner_before(draft) else "assign"
