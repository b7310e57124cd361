"""Draws the charts over the way that records go: where they get stuck, months compared, the share that ended by age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.english import agreeing
from fieldstone.reports.paths import MILESTONES
from fieldstone.reports.results import Chart, Number
from fieldstone.web.i18n import Speech
from fieldstone.web.pages.drawn_charts import HISTOGRAM_FOOT, HISTOGRAM_TOP, HISTOGRAM_WIDTH

Drawn = dict[str, Any]
SHADES: Final = 5
TICKS: Final = (0, 0.5, 1)
TOPS: Final = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
FIRST_ROOM: Final = 0.05
"""A curve that stays low is drawn against at least so much of the whole."""


@dataclass(frozen=True)
class Pen:
    """What drawing needs of the page: its words, how it writes numbers, names of stages, links to records."""

    speech: Speech
    language: str
    number: Callable[[Number, str], str]
    stage: Callable[[str], str]
    behind: Callable[[Chart, str, object], str]
    names: tuple[str, str] = ("", "")  # what one record is called, and several

    def called(self, count: Number) -> str:
        """Return what so many records are called, within a sentence."""
        one, many = self.names
        return many if self.language == "zh" else agreeing(int(count or 0), one, many).lower()


def stuck(pen: Pen, chart: Chart) -> Drawn:
    """Return a table of the stages; shares and days say where records stay."""
    heads: list[Drawn] = [{"label": pen.speech.t("Stage")}]
    heads += [{"label": c.label.text(pen.language), "number": True} for c in chart.columns]
    worst = max((line.values["half"] or 0 for line in chart.lines), default=0)
    rows = []
    for line in chart.lines:
        cells: list[Drawn] = [{"text": pen.stage(str(line.key))}]
        for column in chart.columns:
            value = line.values[column.code]
            cell: Drawn = {"text": pen.number(value, column.format)}
            if value:
                cell["href"] = pen.behind(chart, column.code, line.key)
            if column.code == "half" and value and value == worst:
                cell["tone"] = "amber"
            cells.append(cell)
        rows.append(cells)
    return {"data": {"columns": heads, "rows": rows}, "kind": "table"}


def cohorts(pen: Pen, chart: Chart) -> Drawn:
    """Return a table of months; the darker a cell, the greater the share."""
    heads: list[Drawn] = [{"label": pen.speech.t("Month")}]
    heads += [{"label": c.label.text(pen.language), "number": True} for c in chart.columns]
    rows = []
    for line in reversed(chart.lines):
        cells: list[Drawn] = [{"text": str(line.key)}]
        for column in chart.columns:
            value = line.values[column.code]
            cell: Drawn = {"text": pen.number(value, column.format)}
            if value:
                cell["href"] = pen.behind(chart, column.code, line.key)
            if column.format == "percent" and value:
                cell["shade"] = min(SHADES, 1 + int(Decimal(value) * SHADES))
            cells.append(cell)
        rows.append(cells)
    return {"data": {"columns": heads, "rows": rows}, "kind": "table"}


@dataclass(frozen=True)
class Axes:
    """Where an age and a share lie in the picture: `oldest` days wide, `top` high."""

    oldest: int
    top: float

    def x(self, day: float) -> float:
        """Return the place of an age."""
        return round(HISTOGRAM_WIDTH * day / self.oldest, 1)

    def y(self, share: float) -> float:
        """Return the height of a share."""
        span = HISTOGRAM_FOOT - HISTOGRAM_TOP
        return round(HISTOGRAM_FOOT - span * share / self.top, 1)


def survival(pen: Pen, chart: Chart) -> Drawn:
    """Return a step curve of the share that came to the end by age, with what it is after some days."""
    t, marks = pen.speech.t, chart.marks
    shares = [(int(str(line.key)), float(line.values["share"] or 0)) for line in chart.lines]
    highest = max([FIRST_ROOM, *(share for _, share in shares)])
    top = next(one for one in TOPS if one >= min(highest, 1.0))
    axes = Axes(max(int(marks["oldest"] or 1), 1), top)
    path = f"M0 {HISTOGRAM_FOOT}"
    path += "".join(f"H{axes.x(day)}V{axes.y(share)}" for day, share in shares)
    path += f"H{HISTOGRAM_WIDTH}"
    total, ended = int(marks["total"] or 0), int(marks["ended"] or 0)
    heights = [(axes.y(top * part), Decimal(str(top * part))) for part in TICKS]
    return {
        "data": {
            "label": t(
                "{ended} of {total}; the others count for as long as they are known",
                ended=ended,
                total=total,
            ),
            "line": path,
            "area": f"{path}V{HISTOGRAM_FOOT}H0Z",
            "grid": [{"y": y, "text": pen.number(share, "percent")} for y, share in heights],
            "marks": [
                _mark(pen, chart, axes, day, highest) for day in MILESTONES if day <= axes.oldest
            ],
            "ticks": [
                {"x": 0, "text": "0", "anchor": "start"},
                {"x": HISTOGRAM_WIDTH - 2, "text": t("{n} d", n=axes.oldest), "anchor": "end"},
            ],
        },
        "sub": t("{n} of {most}", n=ended, most=total),
        "sub_href": pen.behind(chart, "ended", ""),
    }


def _mark(pen: Pen, chart: Chart, axes: Axes, day: int, highest: float) -> Drawn:
    """Return what the share is after some days; low on the rise its words stand below the curve."""
    share = chart.marks[f"after_{day}"]
    return {
        "x": axes.x(day),
        "y": axes.y(float(share or 0)),
        "text": pen.number(share, "percent"),
        "day": pen.speech.t("{n} d", n=day),
        "href": pen.behind(chart, f"after_{day}", ""),
        "below": float(share or 0) < highest - FIRST_ROOM,
    }
