"""Reminders that climb: when each step comes, whom it tells, how strongly, and when it keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from fieldstone.base.label import Label
from fieldstone.base.workdays import DAY_MINUTES, Calendar, CalendarError, Slot, Span, zone_of
from fieldstone.changes.nouns import Draft, Effect
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignments import Template
from fieldstone.rules.contract import Facts
from fieldstone.rules.notices import Audience, message
from fieldstone.rules.spans import ANY, band_of

INFO, NORMAL, STRONG, URGENT = STRENGTHS = ("info", "normal", "strong", "urgent")
IN_PAGE: Final = ("in_page",)
USUAL: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(STRENGTHS, IN_PAGE)
LOUDER: Final[Mapping[str, tuple[str, ...]]] = {
    INFO: IN_PAGE,
    NORMAL: IN_PAGE,
    STRONG: ("in_page", "email"),
    URGENT: ("in_page", "email"),
}
"""The channels of a ladder that names none: what is strong also leaves the house."""


@dataclass(frozen=True)
class Step:
    """One message on the way: `before` or `after` the due time, at it when both are None.

    `by` holds channels and `strength` the strength by band, or under "default"; an empty `by` leaves the channels
    to the strength. `every` repeats the step until the work is done or somebody has acknowledged it.
    """

    before: Span | None
    after: Span | None
    every: Span | None
    audiences: tuple[Audience, ...]
    copies: tuple[Audience, ...]
    by: Mapping[str, tuple[str, ...]]
    strength: Mapping[str, str]
    message: Template | None

    @property
    def at_due(self) -> bool:
        """Tell whether it is sent when the due time has passed unused; it has no timer of its own."""
        return self.before is None and self.after is None

    def strength_for(self, band: str) -> str:
        """Return how strongly records of one band are reminded."""
        usual = NORMAL if self.before is not None else STRONG
        return self.strength.get(band, self.strength.get(ANY, usual))

    def instant(self, due: datetime, calendar: Calendar) -> datetime:
        """Return when it is sent for a due time."""
        if self.before is not None:
            return calendar.before(due, self.before)
        return due if self.after is None else calendar.after(due, self.after)

    @property
    def reads(self) -> Iterator[Expression]:
        """Yield what is evaluated on the record."""
        yield from (w.person for w in (*self.audiences, *self.copies) if w.person is not None)
        if self.message is not None:
            yield from (one for _, one in self.message.holes)


@dataclass(frozen=True)
class Quiet:
    """From when to when nobody is disturbed, in the owner's time zone; `breaks` may be sent all the same."""

    hours: Slot
    breaks: tuple[str, ...] = (URGENT,)

    def over_at(self, at: datetime, zone: str) -> datetime:
        """Return `at`, or the end of the quiet hours in which it lies."""
        local = at.astimezone(zone_of(zone))
        start, end = self.hours
        minute = local.hour * 60 + local.minute
        for shift in (0, DAY_MINUTES):
            if start <= minute + shift < end:
                wall = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
                over = wall + timedelta(minutes=end - shift)
                return over.replace(tzinfo=zone_of(zone)).astimezone(UTC)
        return at


@dataclass(frozen=True)
class Ladder:
    """Steps and what they share. `digest` is the minute of the day at which messages are put together."""

    steps: tuple[Step, ...]
    by: str = ""
    ways: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: USUAL)
    quiet: Quiet | None = None
    digest: int | None = None
    acknowledge: bool = False
    stop: Expression | None = None
    zone: Expression | None = None  # of the owner
    owner_name: Expression | None = None
    asks: tuple[Expression, ...] = ()  # the linked record whose value `by` names

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the record."""
        shared = (self.stop, self.zone, self.owner_name)
        own = [one for step in self.steps for one in step.reads]
        return (*(one for one in shared if one is not None), *own, *self.asks)

    def timed(self) -> list[int]:
        """Return the places of the steps that have a timer."""
        return [place for place, step in enumerate(self.steps) if not step.at_due]

    def instant(
        self, step: Step, due: datetime, calendar: Calendar, row: Mapping[str, object], facts: Facts
    ) -> datetime:
        """Return when a step comes for one record: with the digest, and not in quiet hours."""
        at = self.spared(step, step.instant(due, calendar), calendar, row, facts)
        # What cannot be said before the due time any more is said when it was meant to be.
        return step.instant(due, calendar) if step.before is not None and at >= due else at

    def spared(
        self, step: Step, at: datetime, calendar: Calendar, row: Mapping[str, object], facts: Facts
    ) -> datetime:
        """Return `at` moved to the next digest and out of quiet hours."""
        zone, strength = self._zone(row, calendar, facts), step.strength_for(band_of(self.by, row))
        if self.digest is not None and strength != URGENT:
            at = _next(self.digest, at, zone)
        if self.quiet is not None and strength not in self.quiet.breaks:
            at = self.quiet.over_at(at, zone)
        return at

    def stopped(self, row: Mapping[str, object], facts: Facts) -> bool:
        """Tell whether nobody is to be reminded of this record any more."""
        return self.stop is not None and self.stop.evaluate(row, facts.env) is True

    def sent(
        self, step: Step, text: Label, draft: Draft, facts: Facts, **more: object
    ) -> tuple[Effect, ...]:
        """Return the messages of one step about one record: one per person and channel."""
        band = band_of(self.by, draft.row)
        strength = step.strength_for(band)
        channels = step.by.get(band, step.by.get(ANY, ())) if step.by else self.ways[strength]
        if self.digest is not None and strength != URGENT:
            more["digest"] = True
        told = dict.fromkeys(i for who in step.audiences for i in who.ids(draft.row, facts))
        asks = {"acknowledge": True} if self.acknowledge and not step.at_due else {}
        payload = message(draft, text, strength=strength, **more)
        found = [Effect(c, p, "reminder", {**payload, **asks}) for p in told for c in channels]
        copied = message(
            draft, self._copy(text, draft, facts), strength=strength, copy=True, **more
        )
        copies = dict.fromkeys(i for who in step.copies for i in who.ids(draft.row, facts))
        found += [
            Effect(c, p, "reminder", copied) for p in copies if p not in told for c in channels
        ]
        return tuple(found)

    def _copy(self, text: Label, draft: Draft, facts: Facts) -> Label:
        """Return what somebody else than the owner is told: whose work it is."""
        if self.owner_name is None:
            return text
        name = self.owner_name.evaluate(draft.row, facts.env)
        return Label(f"{name}: {text.en}", f"{name}：{text.text('zh')}") if name else text

    def _zone(self, row: Mapping[str, object], calendar: Calendar, facts: Facts) -> str:
        found = self.zone.evaluate(row, facts.env) if self.zone is not None else None
        if not found:
            return calendar.zone  # nobody owns it
        try:
            zone_of(str(found))
        except CalendarError:  # somebody typed a zone that there is not
            return calendar.zone
        return str(found)


def _next(minute: int, at: datetime, zone: str) -> datetime:
    """Return the next time, from `at` on, at which the clock of a zone shows this minute of the day."""
    local = at.astimezone(zone_of(zone)).replace(tzinfo=None)
    wall = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    if wall < local:
        wall += timedelta(days=1)
    return wall.replace(tzinfo=zone_of(zone)).astimezone(UTC)
