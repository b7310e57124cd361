"""Tells the company's story through the write door: back-dated, in batches, by the person who did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation
from fieldstone.model.site_model import Model
from fieldstone.writes.identity import Identity
from fieldstone.writes.pipeline import Writes

BATCH = 250
FRIDAY = 4
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Stage:
    """Where the story is told: model, door, identities, and the instant it ends."""

    model: Model
    writes: Writes
    identity: Identity
    now: datetime


@dataclass(frozen=True)
class Chapter:
    """One record of the story; `at` back-dates it, `stages` are (stage, entered at), oldest first."""

    values: Mapping[str, object]
    at: datetime | None = None
    stages: Sequence[tuple[str, datetime]] = ()
    live: bool = False  # the rules act on it, as they would on a record of today


@dataclass
class Teller:
    """Writes chapters; the same seed tells the same story."""

    site: Stage
    progress: Progress
    random: Random = field(default_factory=lambda: Random(20261123))

    @property
    def now(self) -> datetime:
        """Return the instant at which the story ends."""
        return self.site.now

    def context(self) -> Context:
        """Return the storyteller's context."""
        return Context(SYSTEM_ACTOR, self.now, "demo", "demo")

    def create(self, object_name: str, values: Sequence[Mapping[str, object]]) -> list[str]:
        """Write new records of today and return their ids."""
        return self.tell(object_name, [Chapter(one) for one in values])

    def tell(self, object_name: str, chapters: Sequence[Chapter], what: str = "") -> list[str]:
        """Write chapters in batches and return their ids. Raises RefusedError for the first that is refused."""
        ids: list[str] = []
        for start in range(0, len(chapters), BATCH):
            changes = [_change(object_name, one) for one in chapters[start : start + BATCH]]
            outcomes = self.site.writes.submit(self.context(), self.site.model, changes)
            for outcome in outcomes:
                if outcome.refused or outcome.record_id is None:
                    raise RefusedError(
                        outcome.problems or [Problem("demo", object_name, "was lost.", "")]
                    )
                ids.append(outcome.record_id)
            if what:
                self.progress(what, len(ids), len(chapters))
        return ids

    def change(
        self,
        object_name: str,
        record_id: str,
        values: Mapping[str, object],
        at: datetime | None = None,
    ) -> None:
        """Change one record, as of `at`."""
        change = Change(
            object_name,
            Operation.UPDATE,
            values,
            record_id,
            as_of=at,
            skip_rules=at is not None,
            trusted=True,
        )
        (outcome,) = self.site.writes.submit(self.context(), self.site.model, [change])
        if outcome.refused:
            raise RefusedError(outcome.problems)

    def at_work(self, about: datetime, after: datetime) -> datetime:
        """Return an instant on about that day within office hours in Shanghai, later than `after`."""
        day = about.replace(hour=1, minute=0, second=0, microsecond=0)
        at = day + timedelta(seconds=int(self.random.random() * 9 * 3600))
        return at if at > after else after + timedelta(minutes=10 + self.random.random() * 80)

    def in_office(self, days: int) -> datetime:
        """Return an instant some days from now within office hours in Shanghai, never on a weekend."""
        day = self.now + timedelta(days=days)
        while day.weekday() > FRIDAY:
            day += timedelta(days=1)
        return self.at_work(day, day - timedelta(days=1)).replace(second=0, microsecond=0)

    def moment(self, days_ago: float, spread_hours: float = 9) -> datetime:
        """Return an instant some days ago, within the working day of Shanghai."""
        day = (self.now - timedelta(days=days_ago)).replace(
            hour=1, minute=0, second=0, microsecond=0
        )
        at = day + timedelta(seconds=int(self.random.random() * spread_hours * 3600))
        return min(at, self.now - timedelta(minutes=3))


def _change(object_name: str, chapter: Chapter) -> Change:
    return Change(
        object_name,
        Operation.CREATE,
        {name: value for name, value in chapter.values.items() if value is not None},
        as_of=chapter.at,
        stage_history=chapter.stages,
        skip_rules=not chapter.live,
        trusted=True,
        reason="demo",
    )
