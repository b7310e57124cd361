"""What the demo company's leads went through lately: given back, recalled, claimed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from fieldstone.actions.demo.staff import Staff
from fieldstone.actions.demo.teller import Teller
from fieldstone.changes.nouns import Change, Operation

MOVED_DAYS: Final = 80
OPEN: Final = frozenset({"new", "contacted"})
REASONS: Final = ("no_follow_up", "no_follow_up", "returned", "not_converted")


class Traveller(Protocol):
    """A lead of the story, as far as its owners go."""

    @property
    def at(self) -> datetime:
        """Return when it came."""

    @property
    def stage(self) -> str:
        """Return the stage it ended in."""


def pass_around(teller: Teller, staff: Staff, leads: Sequence[tuple[str, Traveller]]) -> None:
    """Let some open leads of the last weeks go back to a pool, and some of them be taken by somebody else."""
    draw = teller.random
    sellers = [one for team in staff.sellers.values() for one in team]
    young = [
        (record_id, lead)
        for record_id, lead in leads
        if lead.stage in OPEN and lead.at > teller.now - timedelta(days=MOVED_DAYS)
    ]
    for record_id, lead in young:
        if draw.random() > 0.35:
            continue
        lost = lead.at + (teller.now - lead.at) * (0.2 + 0.4 * draw.random())
        taken = lost + (teller.now - lost) * (0.05 + 0.5 * draw.random())
        _move(teller, record_id, {"owner": None, "pool": "public_pool"}, lost, draw.choice(REASONS))
        if draw.random() < 0.7:
            owner = draw.choice(sellers)
            _move(teller, record_id, {"owner": owner, "pool": None}, taken, "claimed")


def _move(
    teller: Teller, record_id: str, values: dict[str, object], at: datetime, reason: str
) -> None:
    change = Change(
        "lead",
        Operation.UPDATE,
        values,
        record_id,
        as_of=at,
        skip_rules=True,
        trusted=True,
        reason=reason,
    )
    teller.site.writes.submit(teller.context(), teller.site.model, [change])
