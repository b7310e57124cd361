"""Asks the read door for the figures of a dashboard: one statement for each group of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.errors import RefusedError
from fieldstone.base.label import Label, label_of
from fieldstone.base.periods import period
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.reports.results import Column, Number
from fieldstone.reports.shapes import ALL

DAYS_OF_A_MONTH: Final = Decimal("30.4375")  # of the Gregorian year, 365.25 / 12
TENTH: Final = Decimal("0.0001")
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Asker:
    """One dashboard being asked: by whom, over which object, in which stretch of days."""

    reads: Reads
    ctx: Context
    model: Model
    object_name: str
    day: str
    first: datetime.date | None
    after: datetime.date | None

    def condition(self, when: str = "") -> str | None:
        """Return the period, and a further condition, as one expression."""
        parts = [f"({when})"] if when else []
        if self.first is not None:
            parts.append(f"{self.day} >= '{self.first.isoformat()}'")
        if self.after is not None:
            parts.append(f"{self.day} < '{self.after.isoformat()}'")
        return " and ".join(parts) or None

    def before(self) -> Asker | None:
        """Return the same question over the stretch of equal length before; None for all time."""
        if self.first is None or self.after is None:
            return None
        length = self.after - self.first
        return replace(self, first=self.first - length, after=self.first)

    @property
    def months(self) -> Decimal:
        """Return how many months the period has had until now."""
        today = self.ctx.now.date()
        if self.first is None or self.after is None:
            return Decimal(1)
        days = (min(self.after, today + datetime.timedelta(days=1)) - self.first).days
        return max(Decimal(1), Decimal(days) / DAYS_OF_A_MONTH)

    def lines(
        self, group: Sequence[str], figures: Mapping[str, Settings], when: str = ""
    ) -> list[dict[str, object]]:
        """Return one dict per group with its figures; those the actor may not see are left out."""
        measures = {code: str(one["measure"]) for code, one in figures.items() if "measure" in one}
        query = Query(filter=self.condition(when))
        allowed = self._allowed(query, measures)
        found = self.reads.aggregate(
            self.ctx,
            self.model,
            self.object_name,
            query,
            group=group,
            measures=allowed or {"count": "count()"},
        )
        return [{**line, **self.finished(line, figures)} for line in found]

    def _allowed(self, query: Query, measures: Mapping[str, str]) -> dict[str, str]:
        """Return the measures that name only what the actor may see."""
        try:
            self._try(query, measures)
        except RefusedError:
            return {code: text for code, text in measures.items() if self._stands(query, text)}
        return dict(measures)

    def _stands(self, query: Query, text: str) -> bool:
        try:
            self._try(query, {"x": text})
        except RefusedError:
            return False
        return True

    def _try(self, query: Query, measures: Mapping[str, str]) -> None:
        """Ask without looking at rows: names are settled before the statement runs."""
        nothing = replace(query, filter="id == ''")
        self.reads.aggregate(
            self.ctx, self.model, self.object_name, nothing, measures=measures or {"n": "count()"}
        )

    def finished(
        self, line: Mapping[str, object], figures: Mapping[str, Settings]
    ) -> dict[str, Number]:
        """Return the figures of one line, those made of others included."""
        done: dict[str, Number] = {}
        for code, settings in figures.items():
            value = line.get(code)
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                done[code] = value * self.months if settings.get("per_month") else value
            elif "measure" in settings and code in line:
                done[code] = None
        for code, settings in figures.items():
            ratio = settings.get("share") or settings.get("each")
            if ratio and ratio["of"] in done and ratio["in"] in done:
                done[code] = quotient(done[ratio["of"]], done[ratio["in"]])
        return done


def quotient(upper: Number, lower: Number) -> Number:
    """Return upper / lower to four decimals, None where nothing can be divided."""
    if upper is None or not lower:
        return None
    return (Decimal(upper) / Decimal(lower)).quantize(TENTH)


def span_of(name: str, today: datetime.date) -> tuple[datetime.date | None, datetime.date | None]:
    """Return the first day of a period and the first day after it, None for all time."""
    return (None, None) if name == ALL else period(name, today)


def label_from(raw: object, code: str) -> Label:
    """Return a label as YAML writes it."""
    if isinstance(raw, str):
        return Label(raw)
    if isinstance(raw, Mapping):
        return Label(str(raw.get("en", "")), str(raw.get("zh", "")))
    return label_of(code)


def columns_of(figures: Mapping[str, Settings], there: Mapping[str, object]) -> tuple[Column, ...]:
    """Return the columns that are shown, of those whose figures came back."""
    return tuple(
        Column(code, label_from(one.get("label"), code), format_of(one))
        for code, one in figures.items()
        if code in there and not one.get("hidden")
    )


def format_of(figure: Settings) -> str:
    """Return how a figure is written: shares are percent unless they say otherwise."""
    return str(figure.get("format") or ("percent" if "share" in figure else "number"))
