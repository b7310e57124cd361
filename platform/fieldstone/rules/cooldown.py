"""Cool-down: for how long those who owned a record before may not take it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldstone.base.workdays import Calendar, Span
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import Builder, PastOwner
from fieldstone.rules.kind import CODES, SPAN


@dataclass(frozen=True)
class Cooldown:
    """The last `owners` spans of ownership block their owner for `span`; `reasons` limits it to some ends."""

    owners: int
    span: Span
    reasons: tuple[str, ...] = ()

    def until(
        self, person: str, past: Sequence[PastOwner], calendar: Calendar, now: datetime
    ) -> datetime | None:
        """Return when `person` may take the record again, None when they may now.

        All of the last owners count, not only the very last, so that two people cannot pass a record to and fro.
        """
        latest: datetime | None = None
        for span in past[: self.owners]:
            if span.owner != person or (self.reasons and span.reason not in self.reasons):
                continue
            free = calendar.after(span.until, self.span)
            if free > now and (latest is None or free > latest):
                latest = free
        return latest


def cooldown_from(
    raw: Mapping[str, Any] | None, path: str, build: Builder, reasons: tuple[str, ...] = ()
) -> Cooldown | None:
    """Compile `{owners: 2, for: 7 days, reasons: [...]}`."""
    if raw is None:
        return None
    span = span_from(raw["for"], f"{path}.for", build)
    if span is None:
        return None
    return Cooldown(int(raw.get("owners", 1)), span, tuple(raw.get("reasons", reasons)))


COOLDOWN = {
    "type": "object",
    "properties": {
        "owners": {"type": "integer", "minimum": 1, "maximum": 100},
        "for": SPAN,
        "reasons": CODES,
    },
    "required": ["for"],
    "additionalProperties": False,
}
