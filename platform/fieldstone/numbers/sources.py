"""The arrivals behind the numbers of sources."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.actions.intake.overview import ENDS, first_day, hour_of, managed
from fieldstone.actions.intake.sources import intakes_of
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.reports.behind import MOST, Behind
from fieldstone.storage.arrivals import Arrivals, Ended

ARRIVED: Final = "arrived"
ARRIVAL: Final = "arrival"  # what the ids are of: GET /api/v1/sources/CODE/arrivals tells them
ARRIVALS: Final = Label("Arrivals", "进入记录")
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 4


def of_source(asked: Asked, code: str, number: Number) -> Behind:
    """Return the arrivals of a source (all of them for ""), of the last `period` days or of one day, `key`, that ended so.

    Raises RefusedError (404) for who does not look after sources, and for what there is not.
    """
    managed(asked.model, asked.ctx.actor)
    every = {one.code: one for one in intakes_of(asked.model, also_off=True)}
    if code and code not in every:
        raise nothing("source", code, did_you_mean(code[:40], every))
    end = "" if number.figure == ARRIVED else number.figure
    if end and end not in ENDS:
        raise nothing("figure", end, did_you_mean(end[:40], [ARRIVED, *ENDS]))
    found = wanted(asked, [code] if code else list(every), number.period, number.key, end)
    with asked.site.storage.looking() as connection:
        ids = Arrivals(connection).ids(found, limit=MOST)
    label = every[code].rule.label if code else ARRIVALS
    return Behind(ARRIVAL, None, label, ARRIVALS, tuple(ids))


def wanted(asked: Asked, sources: list[str], period: str, day: str | None, end: str) -> Ended:
    """Return which arrivals are meant. Raises RefusedError (404) for what is no day."""
    here = ZoneInfo(asked.ctx.actor.zone)
    if day:
        first = _day(day)
        return Ended(
            sources, hour_of(first, here), hour_of(first + timedelta(days=1), here), end, True
        )
    counted = period.isascii() and period.isdecimal() and len(period) <= LONGEST_DAYS
    days = max(1, int(period)) if counted else USUAL_DAYS
    return Ended(sources, hour_of(first_day(asked.ctx.now, here, days), here), "", end, False)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise nothing("day", text, "Write 2026-10-01.") from None
