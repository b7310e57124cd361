"""Draws the charts made of bars that stand: how values are spread, and figures month by month. Each bar leads to its records."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from babel.dates import format_date

from fieldstone.fieldtypes.date import DateType
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.reports.results import Chart, Line
from fieldstone.web.pages import drawn_charts
from fieldstone.web.pages.path_charts import Pen

Drawn = dict[str, Any]
SEGMENTS: Final = ("won", "commit", "best", "cost")
LATE_MARK: Final = 0.6  # of the width: a mark behind it has its words on its left


def histogram(pen: Pen, chart: Chart) -> Drawn:
    """Return bars of records by a number of days, with the median and the ninth tenth."""
    t, marks = pen.speech.t, chart.marks
    width, bins = int(marks["width"] or 1), len(chart.lines)
    bars = drawn_charts.histogram([int(line.values["count"] or 0) for line in chart.lines])
    for n, (shape, line) in enumerate(zip(bars, chart.lines, strict=True)):
        first = int(str(line.key))
        last = first + width - 1
        shape["label"] = t("{first} to {last} d", first=first, last=last)
        key = f"{first}-{last}"
        if n == bins - 1:
            shape["label"], key = t("{n} d and more", n=first), f"{first}-"
        if shape["n"]:
            shape["href"] = pen.behind(chart, "count", key)
    right = drawn_charts.HISTOGRAM_WIDTH - 2
    ticks = [
        {"x": 0, "text": "0", "anchor": "start"},
        {"x": right, "text": t("{n} d", n=width * bins), "anchor": "end"},
    ]
    half = int(marks["half"] or 0)
    label = pen.speech.tn("Half of them within one day", "Half of them within {n} days", half)
    what = pen.called(marks["total"])
    data = {"label": label, "bars": bars, "marks": _marks(pen, chart, width, bins), "ticks": ticks}
    total = t("{n} {what}", n=pen.number(marks["total"], "number"), what=what)
    return {"data": data, "sub": total, "sub_href": pen.behind(chart, "count", "0-")}


def _marks(pen: Pen, chart: Chart, width: int, bins: int) -> list[Drawn]:
    shown = []
    for key, y, text in (("half", 18, "half by {n} d"), ("most", 36, "90% by {n} d")):
        value = int(chart.marks[key] or 0)
        x = drawn_charts.histogram_place(value, width, bins)
        end = x > drawn_charts.HISTOGRAM_WIDTH * LATE_MARK
        href = pen.behind(chart, "count", f"0-{value}")
        shown.append(
            {"x": x, "y": y, "text": pen.speech.t(text, n=value), "end": end, "href": href}
        )
    return shown


def columns(pen: Pen, chart: Chart) -> Drawn:
    """Return stacked columns, one for each month."""
    kinds = SEGMENTS[: len(chart.columns)]
    stacks = [[float(line.values[c.code] or 0) for c in chart.columns] for line in chart.lines]
    shapes, highest = drawn_charts.columns(stacks, kinds)
    for shape, line in zip(shapes, chart.lines, strict=True):
        _told(pen, chart, shape, line)
    form = chart.columns[0].format
    lines = [
        {"y": y, "text": pen.number(Decimal(str(value)), form) if value else ""}
        for y, value in drawn_charts.grid(highest)
    ]
    legend = [
        {"kind": kind, "label": c.label.text(pen.language)}
        for kind, c in zip(kinds, chart.columns, strict=True)
    ]
    label = chart.label.text(pen.language)
    data = {"label": label, "lines": lines, "columns": shapes}
    return {"data": {**data, "legend": legend if len(legend) > 1 else []}}


def _told(pen: Pen, chart: Chart, shape: Drawn, line: Line) -> None:
    """Give a column its words, and each part of it the records behind it."""
    month = DateType().parse(f"{line.key}-01")
    name = str(format_date(month, "LLL", locale=locale_of(pen.language)))
    texts = {
        c.code: f"{c.label.text(pen.language)} {pen.number(line.values[c.code], c.format)}"
        for c in chart.columns
    }
    shape["label"] = name if shape["labelled"] else ""
    shape["note"] = f"{name}: {', '.join(texts.values())}"
    drawn = [c.code for c in chart.columns if line.values[c.code]]
    for part, code in zip(shape["segments"], drawn, strict=False):
        part["note"] = f"{name}: {texts[code]}"
        part["href"] = pen.behind(chart, code, line.key)
