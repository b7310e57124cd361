"""Figures that are no sum over the chart's own rows: what happened, how values are spread, what other objects hold.

Each is asked for by itself and joined to the chart's groups in memory: a cost is never multiplied by the deals it led to.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.analysis import Analysis
from fieldstone.reads.credits import HadAt
from fieldstone.reads.door import Reads
from fieldstone.reads.happenings import Happening
from fieldstone.reads.query import Query
from fieldstone.reports.results import Number

Settings = Mapping[str, Any]
CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Question:
    """One further figure: who asks, about which object and stretch of days, under which condition, by which group."""

    reads: Reads
    ctx: Context
    model: Model
    object_name: str
    first: datetime.date | None
    after: datetime.date | None
    condition: str | None  # with the period, for the chart's own records
    when: str  # without it
    group: str
    below: str = ""  # a second group, of the parts of the first
    day: str = ""  # the field whose days make the period

    @property
    def analysis(self) -> Analysis:
        """Return the door for histories and spreads."""
        return Analysis(self.reads, self.ctx, self.model, self.object_name)

    def instant(self, day: datetime.date | None) -> datetime.datetime | None:
        """Return when a day begins where the actor is."""
        if day is None:
            return None
        zone = ZoneInfo(self.ctx.actor.zone)
        return datetime.datetime.combine(day, datetime.time(), zone).astimezone(datetime.UTC)

    def happening(self, settings: Settings) -> Happening:
        """Return the event that a figure counts, within the period."""
        return Happening(
            str(settings["kind"]),
            tuple(settings.get("stages", ())),
            tuple(settings.get("reasons", ())),
            self.instant(self.first),
            self.instant(self.after),
        )

    @property
    def of_everything(self) -> str | None:
        """Return the period alone."""
        parts = [] if self.first is None else [f"{self.day} >= '{self.first.isoformat()}'"]
        parts += [] if self.after is None else [f"{self.day} < '{self.after.isoformat()}'"]
        return " and ".join(parts) or None

    @property
    def anybody(self) -> Query:
        """Return the records whose history counts, whenever they were made."""
        return Query(filter=self.when or None)

    @property
    def cohort(self) -> Query:
        """Return the records of the period."""
        return Query(filter=self.condition)


def event(question: Question, settings: Settings) -> dict[object, Number]:
    """Count what happened in the period, by who had the record then."""
    found = question.analysis.happened(
        question.anybody, question.happening(settings), question.group
    )
    return dict(found.items())


def quantile(question: Question, settings: Settings) -> dict[object, Number]:
    """Find the value below which a share of the period's records lies, or of what its owners did in the period."""
    had_at = str(settings.get("credited", ""))
    found = question.analysis.quantiles(
        Query(filter=measured_on(question, settings)),
        str(settings["value"]),
        [int(settings["percent"])],
        HadAt(had_at) if had_at else question.group,
    )
    return {key: _number(values[0]) for key, values in found.items()}


def measured_on(question: Question, settings: Settings) -> str | None:
    """Return on which records a quantile is measured: with `credited` those of which that moment lies in the period."""
    parts = [str(settings.get("when", ""))]
    if had_at := settings.get("credited"):
        since, until = question.instant(question.first), question.instant(question.after)
        parts += [question.when]
        parts += [f"{had_at} >= '{since.isoformat()}'"] if since else []
        parts += [f"{had_at} < '{until.isoformat()}'"] if until else []
    else:
        parts += [question.condition or ""]
    return " and ".join(f"({part})" for part in parts if part) or None


def reached(question: Question, settings: Settings) -> dict[object, Number]:
    """Count the period's records that ever entered one of the stages, or a later one of them."""
    stages = [str(one) for one in settings["stages"]]
    group = question.group or "id == null"
    found = question.analysis.reached_by(question.cohort, stages, group)
    return {key if question.group else None: line[0] for key, line in found.items()}


def other(question: Question, settings: Settings) -> dict[object, Number]:
    """Add up rows of another object, by a group of its own that means the same, or by who is credited with them."""
    if at := settings.get("credited"):
        return _credited(question, settings, str(at))
    spread = settings.get("spread")
    condition = condition_of_other(question, settings)
    named = ("group",) * bool(question.group) + ("below",) * bool(question.below)
    groups = [str(settings[name]) for name in named if name in settings]
    days = [str(spread["from"]), str(spread["to"])] if spread else []
    lines = question.reads.aggregate(
        question.ctx,
        question.model,
        str(settings["object"]),
        Query(filter=condition),
        group=[*groups, *days],
        measures={"x": str(settings["measure"])},
    )
    found: dict[object, Number] = {}
    for line in lines:
        keys = (*(line[group] for group in groups), None)
        key = keys[:2] if question.below else keys[0]
        value = _number(line["x"])
        if spread and value is not None:
            period = (question.first, question.after)
            value = part_in_period(Decimal(value), (line[days[0]], line[days[1]]), period)
        found[key] = (found.get(key) or 0) + (value or 0)
    return found


def _credited(question: Question, settings: Settings, at: str) -> dict[object, Number]:
    """Add up rows of another object by whoever had each when it was closed, or at its moment `at`."""
    rows = Analysis(question.reads, question.ctx, question.model, str(settings["object"]))
    query = Query(filter=condition_of_other(question, settings))
    lines = rows.credited(query, at, {"x": str(settings["measure"])})
    return {line["owner"]: _number(line["x"]) for line in lines if line["owner"] is not None}


def condition_of_other(question: Question, settings: Settings) -> str | None:
    """Return which rows of the other object count."""
    parts = [f"({settings['when']})"] if settings.get("when") else []
    first = question.first.isoformat() if question.first else ""
    after = question.after.isoformat() if question.after else ""
    if spread := settings.get("spread"):
        parts += [f"{spread['to']} >= '{first}'"] if first else []
        parts += [f"{spread['from']} < '{after}'"] if after else []
    elif date := settings.get("date"):
        parts += [f"{date} >= '{first}'"] if first else []
        parts += [f"{date} < '{after}'"] if after else []
    return " and ".join(parts) or None


def part_in_period(
    value: Decimal,
    days: tuple[object, object],
    period: tuple[datetime.date | None, datetime.date | None],
) -> Decimal:
    """Return the part of a sum over days (first, last) that lies in a period (first, day after), to the cent."""
    (starts, ends), (begin, after) = days, period
    if not isinstance(starts, datetime.date) or not isinstance(ends, datetime.date):
        return value
    first = max(starts, begin) if begin else starts
    last = min(ends, after - datetime.timedelta(days=1)) if after else ends
    whole, part = (ends - starts).days + 1, (last - first).days + 1
    if whole < 1:
        return value
    return (value * max(0, part) / whole).quantize(CENT, ROUND_HALF_UP)


def _number(value: object) -> Number:
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
