"""What a dry run of a rule found: how many records would have got what, some of them, and when a deadline would have acted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fieldstone.base.label import Label


@dataclass(frozen=True)
class Sample:
    """One record: what it would get, what it has, and why; `at` is when a deadline would have acted on it."""

    record_id: str
    title: str
    would: Label
    has: Label
    because: Label
    differs: bool
    at: datetime | None = None


@dataclass(frozen=True)
class Simulation:
    """What a rule would have done. `outcomes` counts records by what they would have got.

    `acted` counts those on which a deadline would have acted, by the first day of the week or, of more than some
    months, of the month: how many would have gone back, and when.
    """

    rule: str
    object_name: str
    since: datetime
    looked_at: int
    concerned: int
    different: int
    outcomes: tuple[tuple[Label, int], ...]
    samples: tuple[Sample, ...]
    acted: tuple[tuple[date, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the dry run as programs see it."""
        return {
            "rule": self.rule,
            "object": self.object_name,
            "since": self.since.isoformat(),
            "looked_at": self.looked_at,
            "concerned": self.concerned,
            "different": self.different,
            "outcomes": [{"text": _both(label), "count": n} for label, n in self.outcomes],
            "acted": [{"from": day.isoformat(), "count": n} for day, n in self.acted],
            "samples": [
                {
                    "id": one.record_id,
                    "title": one.title,
                    "would": _both(one.would),
                    "has": _both(one.has),
                    "because": _both(one.because),
                    "differs": one.differs,
                }
                for one in self.samples
            ],
        }


def _both(label: Label) -> dict[str, str]:
    return {"en": label.text("en"), "zh": label.text("zh")}
