"""The clock of an obligation: when it starts, what stops it, and how much time there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts
from fieldstone.rules.qualifying import Qualifying
from fieldstone.rules.spans import Spans

KEEPS_CLOCK: Final = "keeps_clock"
"""What the change of a hand-over asks: deadlines that run go on for the heir."""


@dataclass(frozen=True)
class Reckoned:
    """A clock that runs: from when, and for how long."""

    start: datetime
    span: Span


@dataclass(frozen=True)
class Clock:
    """Starts with the field `starts`; a value of `stops`, or an activity that `counts`, after the start meets it.

    With `next`, meeting it starts the clock again: there is so much time until the next one.
    """

    starts: str
    stops: str
    within: Spans
    next: Spans | None = None
    counts: Qualifying | None = None

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions by which time is given."""
        return (*self.within.reads, *(self.next.reads if self.next else ()))

    def latest(self, record_ids: Sequence[str], facts: Facts) -> Mapping[str, datetime]:
        """Return when each record was last followed up by what counts; nothing when a field says it."""
        if self.counts is None or not record_ids:
            return {}
        return self.counts.latest(record_ids, facts)

    def reckoned(
        self, row: Mapping[str, object], last: datetime | None, facts: Facts
    ) -> Reckoned | None:
        """Return the clock of a record, None when it has not started, was stopped, or gives no time.

        `last` is the last activity that counts.
        """
        start = row.get(self.starts)
        stop = row.get(self.stops) if self.stops else last
        if not isinstance(start, datetime):
            return None
        spans: Spans | None = self.within
        if isinstance(stop, datetime) and stop > start:
            start, spans = stop, self.next
        span = spans.of(row, facts) if spans is not None else None
        return None if span is None else Reckoned(start, span)

    def inputs(self, row: Mapping[str, object], facts: Facts) -> tuple[object, ...]:
        """Return what of a record decides about its due time."""
        spans = [one.of(row, facts) for one in (self.within, self.next) if one is not None]
        return (row.get(self.starts), row.get(self.stops) if self.stops else None, *spans)

    def band_label(self, row: Mapping[str, object]) -> Label | None:
        """Return what people call the value by which a record got its time."""
        return self.within.band_label(row)


def started(name: str, draft: Draft, facts: Facts) -> dict[str, object]:
    """Return the start of a clock that this very write starts, before storage has stamped it."""
    if name in draft.values:
        return {}
    if name == "created_at" and draft.before is None:
        return {name: draft.change.as_of or facts.now}
    if name == "owned_at" and (draft.before is None or draft.changed("owner")):
        since = (draft.before or {}).get(name)
        if since and draft.row.get("owner") and draft.change.asks.get(KEEPS_CLOCK):
            return {name: since}
        return {name: facts.now if draft.row.get("owner") else None}
    return {}
