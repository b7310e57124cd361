"""How the share of records that came to an end grows with their age, the ones still open counted for as long as they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

TENTH: Final = Decimal("0.0001")
ONE: Final = Decimal(1)


@dataclass(frozen=True)
class Step:
    """From this age in days on, this share has come to the end."""

    day: int
    share: Decimal


def kaplan_meier(ended: Mapping[int, int], open_still: Mapping[int, int]) -> tuple[Step, ...]:
    """Return the growing share by age. `ended` and `open_still` count records by their age in days.

    At each age the records that ended are compared with all that were known at that age; what is younger today says
    nothing about it and is left out from there on. On equal days an end comes before a leaving.
    """
    at_risk = sum(ended.values()) + sum(open_still.values())
    left, steps = ONE, []
    for day in sorted({*ended, *open_still}):
        over = ended.get(day, 0)
        if over and at_risk:
            left *= ONE - Decimal(over) / Decimal(at_risk)
            steps.append(Step(day, (ONE - left).quantize(TENTH)))
        at_risk -= over + open_still.get(day, 0)
    return tuple(steps)


def share_after(steps: Sequence[Step], day: int) -> Decimal:
    """Return the share that has ended by an age."""
    passed = [step.share for step in steps if step.day <= day]
    return passed[-1] if passed else Decimal(0)


def day_of_share(steps: Sequence[Step], share: Decimal) -> int | None:
    """Return the age at which a share has ended, None while it has not."""
    return next((step.day for step in steps if step.share >= share), None)
