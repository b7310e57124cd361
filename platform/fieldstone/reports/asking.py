"""Asks the read door for the figures of a dashboard: one statement for each group of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.base.errors import RefusedError
from fieldstone.base.label import Label, label_of
from fieldstone.base.periods import period
from fieldstone.changes.nouns import Context
from fieldstone.model.objects import Stage
from fieldstone.model.site_model import Model
from fieldstone.reads.analysis import Analysis
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.reports.every_source import SOURCES
from fieldstone.reports.results import Column, Number
from fieldstone.reports.shapes import ALL
from fieldstone.reports.sources import Question, Settings

MOST_MONTHS: Final = 24
ONE_DAY: Final = datetime.timedelta(days=1)
LONGEST_MONTH: Final = datetime.timedelta(days=31)
TENTH: Final = Decimal("0.0001")


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

    def months(self) -> list[str]:
        """Return the months of the period until now ("2026-03"), the latest ones where it is long or has no beginning."""
        today = self.ctx.now.astimezone(ZoneInfo(self.ctx.actor.zone)).date()
        at = min(self.after - ONE_DAY, today) if self.after else today
        found: list[str] = []
        while len(found) < MOST_MONTHS and (self.first is None or at >= self.first):
            found.append(f"{at:%Y-%m}")
            at = at.replace(day=1) - ONE_DAY
        return found[::-1]

    def of_month(self, month: str) -> Asker:
        """Return the same question over what a month has of the period."""
        first = datetime.date.fromisoformat(f"{month}-01")
        after = (first + LONGEST_MONTH).replace(day=1)
        return replace(
            self,
            first=max(first, self.first) if self.first else first,
            after=min(after, self.after) if self.after else after,
        )

    @property
    def last_moment(self) -> datetime.datetime:
        """Return the end of the period, or now where it has not ended."""
        end = self.question().instant(self.after)
        return self.ctx.now if end is None else min(end, self.ctx.now)

    @property
    def analysis(self) -> Analysis:
        """Return the door for histories and spreads of the object."""
        return Analysis(self.reads, self.ctx, self.model, self.object_name)

    def open_stages(self) -> list[str]:
        """Return the codes of the stages on the way, in their order."""
        return [stage.code for stage in self._stages() if stage.kind == "open"]

    def won_stages(self) -> list[str]:
        """Return the codes of the stages at the end of a success."""
        return [stage.code for stage in self._stages() if stage.kind == "won"]

    def lost_stages(self) -> list[str]:
        """Return the codes of the stages of those that were lost."""
        return [stage.code for stage in self._stages() if stage.kind == "lost"]

    def stage_label(self, code: str) -> Label:
        """Return what people call a stage."""
        return next((one.label for one in self._stages() if one.code == code), label_of(code))

    def _stages(self) -> list[Stage]:
        pipelines = self.model.objects[self.object_name].pipelines
        if pipelines is None:
            return []
        first = next(iter(pipelines.pipelines.values()))
        return [stage for stage in first.stages.values() if not stage.archived]

    def question(self, group: str = "", when: str = "", below: str = "") -> Question:
        """Return what further figures need to know."""
        return Question(
            self.reads,
            self.ctx,
            self.model,
            self.object_name,
            self.first,
            self.after,
            self.condition(when),
            when,
            group,
            below,
            self.day,
        )

    def lines(
        self, group: Sequence[str], figures: Mapping[str, Settings], when: str = ""
    ) -> list[dict[str, object]]:
        """Return one dict per group with its figures; those the actor may not see are left out."""
        found = self.counted(group, figures, when)
        return [{**line, **self.finished(line, figures)} for line in found]

    def counted(
        self, group: Sequence[str], figures: Mapping[str, Settings], when: str = ""
    ) -> list[dict[str, object]]:
        """Return the same without the figures that are made of others: what is left can be added up."""
        further = {code: one for code, one in figures.items() if not SOURCES.keys().isdisjoint(one)}
        plain = {code: one for code, one in figures.items() if "measure" in one}
        found = self._own(group, plain, when) if plain or not further or not group else []
        if not further:
            return found
        # A group that only another object knows counts none of the chart's own records.
        seen = {code for line in found for code in line}
        none = {code: 0 for code, one in plain.items() if code in seen and _adds_up(one)}
        return [{**none, **line} for line in self._joined(found, group, further, when)]

    def _joined(
        self,
        own: list[dict[str, object]],
        groups: Sequence[str],
        further: Mapping[str, Settings],
        when: str,
    ) -> list[dict[str, object]]:
        """Add figures of other sources to the groups; a group that only they know gets a line of its own."""
        group, below = (*groups, "", "")[:2]
        by_key: dict[object, dict[str, object]] = {
            (line.get(group), line.get(below)) if below else line.get(group): line for line in own
        }
        question = self.question(group, when, below)
        for code, settings in further.items():
            source = next(name for name in SOURCES if name in settings)
            try:
                found = SOURCES[source](question, settings[source])
            except RefusedError:
                continue  # it is made of what this person may not see
            nothing = None if source == "quantile" else 0
            for line in by_key.values():
                line[code] = nothing
            for key, value in found.items():
                parts = key if isinstance(key, tuple) else (key,)
                line = by_key.setdefault(key, dict(zip(groups, parts, strict=False)))
                line[code] = value
        return list(by_key.values())

    def _own(
        self, group: Sequence[str], figures: Mapping[str, Settings], when: str
    ) -> list[dict[str, object]]:
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
        return [dict(line) for line in found]

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
                done[code] = value
            elif "share" not in settings and "each" not in settings and code in line:
                done[code] = None
        for code, settings in figures.items():
            ratio = settings.get("share") or settings.get("each") or settings.get("return")
            if ratio and ratio["of"] in done and ratio["in"] in done:
                found = quotient(done[ratio["of"]], done[ratio["in"]])
                done[code] = found - 1 if "return" in settings and found is not None else found
        return done


def _adds_up(figure: Settings) -> bool:
    return str(figure["measure"]).strip().startswith(("count", "sum"))


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
    return str(
        figure.get("format") or ("percent" if "share" in figure or "return" in figure else "number")
    )
