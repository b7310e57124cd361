"""Dashboards: key figures and charts, every mark a way to the list behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Blueprint, Response, request

from fieldstone.base.cached import cached_property
from fieldstone.base.periods import Period
from fieldstone.fieldtypes.date import DateType
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.model.objects import Field, ObjectType, Stage
from fieldstone.reads.expanding import target_of
from fieldstone.reports.dashboards import Asked as AskedReports
from fieldstone.reports.dashboards import dashboard, dashboards_for
from fieldstone.reports.results import Chart, Dashboard, Figure, Line, Number
from fieldstone.reports.shapes import ALL, PERIODS
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing, drawn_charts, path_charts
from fieldstone.web.pages.amounts import compact
from fieldstone.web.pages.path_charts import Pen
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look

PAGE = Blueprint("dashboards", __name__)
Drawn = dict[str, Any]
NAMES: Final = {
    Period.THIS_MONTH: "This month",
    Period.LAST_30: "Last 30 days",
    Period.THIS_QUARTER: "This quarter",
    Period.LAST_90: "Last 90 days",
    Period.THIS_YEAR: "This year",
    Period.LAST_365: "Last 12 months",
    ALL: "All time",
}
PATHS: Final = {
    "stuck": path_charts.stuck,
    "cohorts": path_charts.cohorts,
    "survival": path_charts.survival,
}
REASONS: Final = {
    "assigned": "Given to somebody else",
    "claimed": "Claimed from a pool",
    "returned": "Given back",
    "no_follow_up": "Not followed up in time",
    "not_converted": "Not converted in time",
    "deadline": "Deadline passed",
    "judged_worthless": "Judged worthless",
    "cooled_down": "Cooled down",
    "left": "Owner left",
}
LONG_HOURS: Final = 48
HOURS_OF_A_DAY: Final = 24
FEW: Final = 100
SEGMENTS: Final = ("won", "commit", "best", "cost")
SMALLEST_STEP: Final = Decimal("0.05")  # percentage points; less reads as 0.0
LATE_MARK: Final = 0.6  # of the width: a mark behind it has its words on its left


@dataclass(frozen=True)
class Board:
    """One dashboard for one reader."""

    asked: Asked
    found: Dashboard

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def spec(self) -> ObjectType:
        """Return the object that the figures count."""
        return self.asked.model.objects[self.found.object_name]

    @cached_property
    def money(self) -> Field | None:
        """Return a field of money: amounts are written in its currency."""
        fields = self.spec.fields.values()
        return next((one for one in fields if one.type.name == "currency"), None)

    def context(self) -> Drawn:
        """Return what pages/dashboard.html needs."""
        return {
            "title": self.found.label.text(self.asked.language),
            "icon_name": self.found.icon,
            "others": [
                {
                    "label": one.label.text(self.asked.language),
                    "href": f"/dashboards/{one.code}",
                    "current": one.code == self.found.code,
                }
                for one in dashboards_for(self.asked.model, self.asked.ctx.actor)
            ],
            "filters": [self._period()],
            "kpis": [self._figure(one) for one in self.found.figures],
            "cards": [self._card(one) for one in self.found.charts],
        }

    def _period(self) -> Drawn:
        t, here = self.speech.t, self.found.period
        choices = [
            {
                "label": t(NAMES[one]),
                "href": f"/dashboards/{self.found.code}?period={one}",
                "current": one == here,
            }
            for one in PERIODS
        ]
        return {
            "label": t("Created") if self.found.day == "created_at" else t("Period"),
            "icon": "calendar",
            "value": t(NAMES[here]),
            "choices": choices,
        }

    def list_url(self, *filters: str, day: str = "") -> str:
        """Return the list of what a mark counts: the period and further filters."""
        by = day or self.found.day
        in_period = [f"{by}:{self.found.period}"] if self.found.period != ALL else []
        declared = [
            one for one in self.spec.views.values() if one.kind == "list" and not one.filter
        ]
        view = [("view", declared[0].code)] if declared else []
        pairs = [*view, *(("f", one) for one in (*in_period, *filters))]
        return f"/o/{self.spec.code}?{urlencode(pairs, safe=':~')}"

    def number(self, value: Number, form: str, *, short: bool = True) -> str:
        """Return a figure as people read it."""
        if value is None:
            return "—"
        language = self.asked.language
        if form == "percent":
            return f"{Decimal(value) * 100:.1f}%".replace(".0%", "%")
        if form == "money" and self.money is not None:
            return compact(self.money, value, language) or "0"
        if form == "days":
            return self.speech.t("{n} d", n=int(value))
        if form in ("long_days", "hours"):
            return self._length(Decimal(value), form)
        digits = "#,##0.#" if isinstance(value, Decimal) else "#,##0"
        return str(format_decimal(value, digits, locale=locale_of(language)))

    def _length(self, value: Decimal, form: str) -> str:
        """Return a length of time: hours up to two days, days beyond, one decimal where it says something."""
        hours = form == "hours" and value < LONG_HOURS
        number = value if hours or form == "long_days" else value / HOURS_OF_A_DAY
        digits = "#,##0.#" if number < FEW else "#,##0"
        text = format_decimal(number, digits, locale=locale_of(self.asked.language))
        return self.speech.t("{n} h" if hours else "{n} d", n=text)

    def behind(self, chart: str, figure: str, key: object = "", *, keyed: bool = False) -> str:
        """Return the address of the records behind a number; a line without a key is that of missing values."""
        pairs = [("chart", chart), ("figure", figure), ("period", self.found.period)]
        pairs += [("key", str(key))] if keyed and key is not None else []
        return f"/dashboards/{self.found.code}/records?{urlencode(pairs)}"

    def _figure(self, one: Figure) -> Drawn:
        listed = self.list_url(one.list_filter) if one.list_filter else ""
        drawn: Drawn = {
            "label": one.label.text(self.asked.language),
            "value": self.number(one.value, one.format),
            "href": listed or self.behind("", one.code),
            "spark": drawn_charts.spark([float(v or 0) for v in one.spark]),
        }
        if one.value is None or not one.before:
            return drawn
        up = one.value > one.before
        if one.format == "percent":
            points = abs(Decimal(one.value) - Decimal(one.before)) * 100
            if points < SMALLEST_STEP:
                return drawn
            text = self.speech.t("{n} points", n=f"{points:.1f}")
        else:
            share = abs(Decimal(one.value) - Decimal(one.before)) / abs(Decimal(one.before))
            text = f"{share * 100:.0f}%"
        drawn |= {"change": text, "up": up}
        return drawn | ({"good": up == (one.good == "up")} if one.good else {})

    def _card(self, chart: Chart) -> Drawn:
        drawn: Drawn = {
            "title": chart.label.text(self.asked.language),
            "sub": chart.note.text(self.asked.language) if chart.note else "",
            "wide": chart.wide,
            "kind": chart.kind,
            "link": self.list_url(day=chart.day) if chart.day else "",
            "basis": chart.basis.text(self.asked.language) if chart.basis else "",
            "data": None,
        }
        if not any(value for line in chart.lines for value in line.values.values()):
            return drawn
        if chart.kind in PATHS:
            return drawn | PATHS[chart.kind](self._pen(), chart)
        draw = {
            "funnel": self._funnel,
            "histogram": self._histogram,
            "columns": self._columns,
            "bars": self._bars,
            "table": self._table,
            "fairness": self._table,
        }[chart.kind]
        return drawn | draw(chart) | ({"kind": "table"} if chart.kind == "fairness" else {})

    def _pen(self) -> Pen:
        stages, language = self._stages(), self.asked.language
        return Pen(
            self.speech,
            language,
            self.number,
            lambda code: stages[code].label.text(language),
            lambda chart, figure, key: self.behind(chart.code, figure, key, keyed=True),
        )

    def _funnel(self, chart: Chart) -> Drawn:
        counts = [int(line.values["count"] or 0) for line in chart.lines]
        stages, shapes = self._stages(), drawn_charts.funnel(counts)
        if chart.marks.get("snapshot"):  # who stands in one stage did not come from the one before
            for shape in shapes:
                shape.pop("join", None)
                shape.pop("pct", None)
        steps = []
        for line, count, shape in zip(chart.lines, counts, shapes, strict=True):
            stage = stages[str(line.key)]
            href = self.behind(chart.code, "count", stage.code, keyed=True)
            named = {"name": stage.label.text(self.asked.language), "tone": stage.color}
            steps.append({**shape, **named, "n": self.number(count, "number"), "href": href})
        return {"data": steps}

    def _stages(self) -> Mapping[str, Stage]:
        pipelines = self.spec.pipelines
        return next(iter(pipelines.pipelines.values())).stages if pipelines else {}

    def _histogram(self, chart: Chart) -> Drawn:
        t, marks = self.speech.t, chart.marks
        width, bins = int(marks["width"] or 1), len(chart.lines)
        bars = drawn_charts.histogram([int(line.values["count"] or 0) for line in chart.lines])
        for n, (shape, line) in enumerate(zip(bars, chart.lines, strict=True)):
            first = int(str(line.key))
            last = t("{n} d and more", n=first) if n == bins - 1 else ""
            shape["label"] = last or t("{first} to {last} d", first=first, last=first + width - 1)
        shown = []
        for key, y, text in (("half", 18, "half by {n} d"), ("most", 36, "90% by {n} d")):
            value = int(marks[key] or 0)
            x = drawn_charts.histogram_place(value, width, bins)
            end = x > drawn_charts.HISTOGRAM_WIDTH * LATE_MARK
            shown.append({"x": x, "y": y, "text": t(text, n=value), "end": end})
        right = drawn_charts.HISTOGRAM_WIDTH - 2
        ticks = [
            {"x": 0, "text": "0", "anchor": "start"},
            {"x": right, "text": t("{n} d", n=width * bins), "anchor": "end"},
        ]
        total = self.number(marks["total"], "number")
        plural = self.spec.plural.text(self.asked.language)
        what = plural if self.asked.language == "zh" else plural.lower()
        label = t("Half of them within {n} days", n=int(marks["half"] or 0))
        data = {"label": label, "bars": bars, "marks": shown, "ticks": ticks}
        return {"data": data, "sub": t("{n} {what}", n=total, what=what)}

    def _columns(self, chart: Chart) -> Drawn:
        form = chart.columns[0].format
        kinds = SEGMENTS[: len(chart.columns)]
        stacks = [[float(line.values[c.code] or 0) for c in chart.columns] for line in chart.lines]
        shapes, highest = drawn_charts.columns(stacks, kinds)
        for shape, line in zip(shapes, chart.lines, strict=True):
            texts = [
                f"{c.label.text(self.asked.language)} {self.number(line.values[c.code], c.format)}"
                for c in chart.columns
            ]
            shape["label"] = self._month(str(line.key)) if shape["labelled"] else ""
            shape["note"] = ", ".join(texts)
        lines = [
            {"y": y, "text": self._grid_text(value, form)}
            for y, value in drawn_charts.grid(highest)
        ]
        legend = [
            {"kind": kind, "label": c.label.text(self.asked.language)}
            for kind, c in zip(kinds, chart.columns, strict=True)
        ]
        label = chart.label.text(self.asked.language)
        data = {"label": label, "lines": lines, "columns": shapes, "legend": legend}
        return {"data": data if len(legend) > 1 else {**data, "legend": []}}

    def _grid_text(self, value: float, form: str) -> str:
        return self.number(Decimal(str(value)), form) if value else ""

    def _month(self, key: str) -> str:
        day = DateType().parse(f"{key}-01")
        return str(format_date(day, "LLL", locale=locale_of(self.asked.language)))

    def _names(self, chart: Chart) -> Mapping[str, str]:
        """Return what the groups of a chart are called."""
        field = self.spec.fields.get(chart.group)
        target = chart.names or (target_of(field) if field else "")
        if not target:
            return {}
        wanted = [(target, str(line.key)) for line in chart.lines if line.key]
        asked = self.asked
        found = asked.site.reads.titles(asked.ctx, asked.model, wanted)
        return {id: title for (_, id), title in found.items()}

    def _named(self, chart: Chart, line: Line, names: Mapping[str, str]) -> tuple[str, str]:
        """Return what a group is called, and the list of its records."""
        field = self.spec.fields.get(chart.group)
        if line.key is None:
            empty = self.list_url(f"{chart.group}:empty") if field else ""
            return self.speech.t("Without a value"), empty
        if chart.names:
            href = f"/o/{chart.names}/{line.key}"
            return names.get(str(line.key)) or self.speech.t("Not visible"), href
        if field is None:
            href = self.behind(chart.code, chart.columns[0].code, line.key, keyed=True)
            return self._reason(str(line.key)), href
        href = self.list_url(f"{chart.group}:in:{line.key}", day=chart.day) if chart.day else ""
        if target_of(field):
            return names.get(str(line.key)) or self.speech.t("Not visible"), href
        return str(Look(self.asked).value(self.spec, field, line.key)["text"]), href

    def _head(self, chart: Chart) -> str:
        """Return what the groups of a chart are."""
        if chart.names:
            return self.asked.model.objects[chart.names].label.text(self.asked.language)
        group = self.spec.fields.get(chart.group)
        return group.label.text(self.asked.language) if group else ""

    def _reason(self, word: str) -> str:
        """Return why a span of ownership ended, in words where there are some."""
        return self.speech.t(REASONS[word]) if word in REASONS else word

    def _bars(self, chart: Chart) -> Drawn:
        first, *others = chart.columns
        largest = max(float(line.values[first.code] or 0) for line in chart.lines)
        names, rows = self._names(chart), []
        for line in chart.lines:
            label, href = self._named(chart, line, names)
            value = self.number(line.values[first.code], first.format)
            sub = self.number(line.values[others[0].code], others[0].format) if others else ""
            rows.append(
                {
                    "label": label,
                    "href": href,
                    "bar": drawn_charts.bar(float(line.values[first.code] or 0), largest),
                    "spoken": f"{label} {value}",
                    "value": value,
                    "sub": sub,
                }
            )
        head = self._head(chart)
        words = [c.label.text(self.asked.language) for c in chart.columns]
        return {"data": rows, "heads": [head, words[0], words[-1]]}

    def _table(self, chart: Chart) -> Drawn:
        names, language = self._names(chart), self.asked.language
        heads: list[Drawn] = [{"label": self._head(chart)}]
        heads += [{"label": c.label.text(language), "number": True} for c in chart.columns]
        rows = []
        for line in chart.lines:
            label, href = self._named(chart, line, names)
            cells = [
                {
                    "text": self.number(line.values[c.code], c.format),
                    "href": self.behind(chart.code, c.code, line.key, keyed=True)
                    if line.values[c.code] and not chart.names
                    else "",
                }
                for c in chart.columns
            ]
            rows.append([{"text": label, "href": href}, *cells])
        return {"data": {"columns": heads, "rows": rows}}


@PAGE.get("/dashboards")
def first_dashboard() -> Response:
    """Lead to the first dashboard this person has."""
    asked = the_call()
    found = dashboards_for(asked.model, asked.ctx.actor)
    if not found:
        raise not_there()
    return drawing.go(asked, f"/dashboards/{found[0].code}")


@PAGE.get("/dashboards/<code>")
def show_dashboard(code: str) -> Response:
    """Show a dashboard in a period."""
    asked = the_call()
    reports = AskedReports(asked.site.reads, asked.ctx, asked.model)
    found = dashboard(reports, code, request.args.get("period", ""))
    return drawing.page(asked, "dashboard", Board(asked, found).context())
