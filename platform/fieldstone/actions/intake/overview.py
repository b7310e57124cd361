"""What flows through the sources: how much arrived on each day, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.access.access import access_to
from fieldstone.actions.intake.sources import Intake
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Actor
from fieldstone.model.site_model import Model
from fieldstone.storage.arrivals import Arrivals, Flow
from fieldstone.storage.database import Storage

CHANNEL: Final = "channel"
ENDS: Final = ("created", "touched", "refused", "waiting", "unconfirmed", "spam")


@dataclass(frozen=True)
class Stand:
    """What became of what arrived in some days. `days` holds (day, counts by end), oldest first."""

    counts: Mapping[str, int] = field(default_factory=dict)
    days: Sequence[tuple[date, Mapping[str, int]]] = ()

    @property
    def arrived(self) -> int:
        """Return how many arrived, programs left out."""
        return sum(n for end, n in self.counts.items() if end != "spam")

    def of(self, end: str) -> int:
        """Return how many ended so."""
        return self.counts.get(end, 0)


def may_manage(model: Model, actor: Actor) -> bool:
    """Tell whether somebody looks after sources: who may add channels, or administers a site without them."""
    if any(model.roles[role].administrator for role in actor.roles if role in model.roles):
        return actor.grants is None or "*:write" in actor.grants
    return CHANNEL in model.objects and access_to(model, actor, CHANNEL).may_create


def managed(model: Model, actor: Actor) -> None:
    """Refuse who does not look after sources: for them there are none. Raises RefusedError (404)."""
    if not may_manage(model, actor):
        raise RefusedError(
            [Problem("not_found", "source", "There is no such page.", "Check the address.")], 404
        )


def stands(
    storage: Storage, intakes: Iterable[Intake], now: datetime, zone: str, days: int
) -> dict[str, Stand]:
    """Return how things stand for each source over the last `days` days of `zone`, today included."""
    here = ZoneInfo(zone)
    first = first_day(now, here, days)
    with storage.looking() as connection:
        flow = Arrivals(connection).flow(hour_of(first, here))
    return {
        one.code: _stand([f for f in flow if f.source == one.code], first, days, here)
        for one in intakes
    }


def first_day(now: datetime, here: ZoneInfo, days: int) -> date:
    """Return the first of the last `days` days, today included."""
    return now.astimezone(here).date() - timedelta(days=days - 1)


def hour_of(day: date, here: ZoneInfo) -> str:
    """Return the first whole hour that is counted to a day, as arrivals keep it."""
    start = datetime.combine(day, datetime.min.time(), here).astimezone(UTC)
    return (start + timedelta(minutes=-start.minute % 60)).strftime("%Y-%m-%dT%H")


def _stand(flow: Sequence[Flow], first: date, days: int, here: ZoneInfo) -> Stand:
    by_day = {first + timedelta(days=n): Counter[str]() for n in range(days)}
    counts: Counter[str] = Counter()
    for one in flow:
        end = one.outcome if one.state == "done" else one.state
        day = datetime.fromisoformat(f"{one.hour}:00+00:00").astimezone(here).date()
        counts[end] += one.count
        if day in by_day:
            by_day[day][end] += one.count
    return Stand(counts, tuple(by_day.items()))
