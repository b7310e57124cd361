"""The arrivals behind the numbers of sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.actions.intake.overview import ENDS, first_day, hour_of, managed
from fieldstone.actions.intake.sources import Intake, intakes_of
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.reports.behind import MOST, Behind
from fieldstone.storage.arrivals import Arrival, Arrivals, Ended

ARRIVED: Final = "arrived"
ARRIVAL: Final = "arrival"  # what the ids are of: GET /api/v1/sources/CODE/arrivals tells them
ARRIVALS: Final = Label("Arrivals", "进入记录")
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 4


@dataclass(frozen=True)
class Meant:
    """The arrivals that a number counts: of these sources, and which of them."""

    sources: Mapping[str, Intake]
    wanted: Ended


def of_source(asked: Asked, code: str, number: Number) -> Behind:
    """Return the arrivals of a source (all of them for ""), of the last `period` days or of one day, `key`, that ended so.

    Raises RefusedError (404) for who does not look after sources, and for what there is not.
    """
    meant = arrivals_meant(asked, code, number)
    with asked.site.storage.looking() as connection:
        ids = Arrivals(connection).ids(meant.wanted, limit=MOST)
    label = meant.sources[code].rule.label if code else ARRIVALS
    return Behind(ARRIVAL, None, label, ARRIVALS, tuple(ids))


def page_of_source(
    asked: Asked, meant: Meant, start: int, most: int
) -> tuple[Sequence[Arrival], int]:
    """Return some of the same arrivals in whole, in the same order, and how many there are in all."""
    with asked.site.storage.looking() as connection:
        return Arrivals(connection).ended(meant.wanted, limit=most, offset=start)


def arrivals_meant(asked: Asked, code: str, number: Number) -> Meant:
    """Return which arrivals a number counts. Raises RefusedError (404) as `of_source`."""
    managed(asked.model, asked.ctx.actor)
    every = {one.code: one for one in intakes_of(asked.model, also_off=True)}
    if code and code not in every:
        raise nothing("source", code, did_you_mean(code[:40], every))
    end = "" if number.figure == ARRIVED else number.figure
    if end and end not in ENDS:
        raise nothing("figure", end, did_you_mean(end[:40], [ARRIVED, *ENDS]))
    sources = {code: every[code]} if code else every
    here = ZoneInfo(asked.ctx.actor.zone)
    if number.key:
        first = _day(number.key)
        hours = (hour_of(first, here), hour_of(first + timedelta(days=1), here))
        return Meant(sources, Ended(list(sources), *hours, end, True))
    counted = number.period.isascii() and number.period.isdecimal()
    days = max(1, int(number.period[:LONGEST_DAYS])) if counted else USUAL_DAYS
    since = hour_of(first_day(asked.ctx.now, here, days), here)
    return Meant(sources, Ended(list(sources), since, "", end, False))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise nothing("day", text, "Write 2026-10-01.") from None
