"""Dashboards: key figures and charts, every mark a way to the list behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from babel.numbers import format_decimal
from flask import Blueprint, Response, request

from fieldstone.base.cached import cached_property
from fieldstone.base.periods import Period
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.model.objects import ObjectType, Stage
from fieldstone.reports.dashboards import Asked as AskedReports
from fieldstone.reports.dashboards import dashboard, dashboards_for
from fieldstone.reports.results import Chart, Dashboard, Figure, Number
from fieldstone.reports.shapes import ALL, PERIODS
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import bar_charts, drawing, drawn_charts, path_charts
from fieldstone.web.pages.amounts import shortened
from fieldstone.web.pages.path_charts import Pen
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.table_charts import Tables

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
DRAWN: Final = {
    "stuck": path_charts.stuck,
    "cohorts": path_charts.cohorts,
    "survival": path_charts.survival,
    "histogram": bar_charts.histogram,
    "columns": bar_charts.columns,
}
LONG_HOURS: Final = 48
HOURS_OF_A_DAY: Final = 24
FEW: Final = 100
SMALLEST_STEP: Final = Decimal("0.05")  # percentage points; less reads as 0.0
SMALLEST_SHARE: Final = Decimal("0.005")  # less reads as 0%


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
    def currency(self) -> str:
        """Return the currency that amounts are written in: that of the object's first amount, else the site's."""
        types = (getattr(one.type, "returns", one.type) for one in self.spec.fields.values())
        found = (str(getattr(one, "currency", "")) for one in types)
        return next((one for one in found if one), self.asked.site.settings.currency)

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
            "filters": [self.period()],
            "kpis": self.figures,
            "cards": [self._card(one) for one in self.found.charts],
        }

    def period(self, address: str = "") -> Drawn:
        """Return the choice of periods, for a page at `address` or for the dashboard's own."""
        t, here = self.speech.t, self.found.period
        address = address or f"/dashboards/{self.found.code}"
        choices = [
            {"label": t(NAMES[one]), "href": f"{address}?period={one}", "current": one == here}
            for one in PERIODS
        ]
        return {
            "label": t("Created") if self.found.day == "created_at" else t("Period"),
            "icon": "calendar",
            "value": t(NAMES[here]),
            "choices": choices,
        }

    @property
    def tables(self) -> Tables:
        """Return what draws its tables."""
        return Tables(
            self.asked, self.spec, self._pen(), lambda one, day: self.list_url(one, day=day)
        )

    @property
    def figures(self) -> list[Drawn]:
        """Return the drawn key figures."""
        return [self._figure(one) for one in self.found.figures]

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
        if form == "money":
            return shortened(value, self.currency, language)
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
            if share < SMALLEST_SHARE:
                return drawn
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
        pen = self._pen()
        if chart.kind in DRAWN:
            return drawn | DRAWN[chart.kind](pen, chart)
        if chart.kind == "funnel":
            return drawn | self._funnel(chart)
        tables = self.tables
        draw = {"bars": tables.bars, "tree": tables.tree, "months": tables.months}
        return drawn | draw.get(chart.kind, tables.table)(chart)

    def _pen(self) -> Pen:
        stages, language = self._stages(), self.asked.language
        return Pen(
            self.speech,
            language,
            self.number,
            lambda code: stages[code].label.text(language),
            lambda chart, figure, key: self.behind(chart.code, figure, key, keyed=True),
            (self.spec.label.text(language), self.spec.plural.text(language)),
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
