"""Draws the charts that are tables: groups with their figures, bars that lie, the branches of a tree, months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from babel.dates import format_skeleton

from fieldstone.fieldtypes.date import DateType
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.expanding import field_at, target_of
from fieldstone.reports.borne import name_of_rest
from fieldstone.reports.results import Chart, Line
from fieldstone.web.asking import Asked
from fieldstone.web.pages import drawn_charts
from fieldstone.web.pages.path_charts import Pen
from fieldstone.web.pages.reason_words import REASONS, ended_because
from fieldstone.web.pages.values import Look

Drawn = dict[str, Any]


@dataclass(frozen=True)
class Tables:
    """The tables of one dashboard; `listed` gives the list of the records of a group in the period."""

    asked: Asked
    spec: ObjectType
    pen: Pen
    listed: Callable[[str, str], str]

    def bars(self, chart: Chart) -> Drawn:
        """Return a bar for each group by its first figure, a second figure beside it."""
        first, *others = chart.columns
        largest = max(float(line.values[first.code] or 0) for line in chart.lines)
        names, rows = self._names(chart), []
        for line in chart.lines:
            label, href = self._named(chart, line, names)
            value = self._cell(chart, line, first.code)
            rows.append(
                {
                    "label": label,
                    "href": href,
                    "bar": drawn_charts.bar(float(line.values[first.code] or 0), largest),
                    "spoken": f"{label} {value['text']}",
                    "value": value,
                    "sub": self._cell(chart, line, others[0].code) if others else None,
                }
            )
        words = [c.label.text(self.pen.language) for c in chart.columns]
        return {"data": rows, "heads": [self._head(chart), words[0], words[-1]]}

    def table(self, chart: Chart) -> Drawn:
        """Return a row for each group."""
        names = self._names(chart)
        rows = []
        for line in chart.lines:
            label, href = self._named(chart, line, names)
            rows.append([{"text": label, "href": href}, *self._cells(chart, line)])
        return self._drawn(chart, self._head(chart), rows)

    def months(self, chart: Chart) -> Drawn:
        """Return a row for each month, the latest first."""
        rows = []
        for line in reversed(chart.lines):
            month = DateType().parse(f"{line.key}-01")
            name = format_skeleton("yMMM", month, locale=locale_of(self.pen.language))
            rows.append([{"text": str(name)}, *self._cells(chart, line)])
        return self._drawn(chart, self.pen.speech.t("Month"), rows)

    def tree(self, chart: Chart, *, empty: bool = False) -> Drawn:
        """Return a row for each branch, those without any figure only if `empty`."""
        names = self._branch_names(chart)
        rows = []
        for line in chart.lines:
            branch = line.branch
            if branch is None or not (empty or any(line.values.values())):
                continue
            first: Drawn = {"text": names(line), "depth": branch.depth, "key": line.key}
            if branch.record and branch.object_name:
                first["href"] = f"/o/{branch.object_name}/{branch.record}"
                first["icon"] = self.asked.model.objects[branch.object_name].icon
                first |= {"object": branch.object_name, "record": branch.record}
            rows.append([first | {"part": branch.below}, *self._cells(chart, line)])
        return self._drawn(chart, self._head(chart), rows)

    def _drawn(self, chart: Chart, head: str, rows: list[list[Drawn]]) -> Drawn:
        heads: list[Drawn] = [{"label": head}]
        heads += [
            {"label": c.label.text(self.pen.language), "number": True, "code": c.code}
            for c in chart.columns
        ]
        return {"data": {"columns": heads, "rows": rows}, "kind": "table"}

    def _cells(self, chart: Chart, line: Line) -> list[Drawn]:
        return [self._cell(chart, line, column.code) for column in chart.columns]

    def _cell(self, chart: Chart, line: Line, code: str) -> Drawn:
        column = next(one for one in chart.columns if one.code == code)
        value = line.values[code]
        text = self.pen.number(value, column.format)
        return {"text": text, "href": self.pen.behind(chart, code, line.key) if value else ""}

    def _names(self, chart: Chart) -> Mapping[str, str]:
        """Return what the groups of a chart are called."""
        _, field = self._grouped(chart)
        target = chart.names or (target_of(field) if field else "")
        if not target:
            return {}
        return self._titles(
            [
                (target, str(line.key))
                for line in chart.lines
                if line.key and name_of_rest(line.key, self.spec) is None
            ]
        )

    def _grouped(self, chart: Chart) -> tuple[ObjectType, Field | None]:
        """Return the field that the chart groups by and the object that it belongs to."""
        return field_at(self.asked.model, self.spec.code, chart.group) or (self.spec, None)

    def _titles(self, wanted: list[tuple[str, str]]) -> Mapping[str, str]:
        asked = self.asked
        found = asked.site.reads.titles(asked.ctx, asked.model, wanted)
        return {id: title for (_, id), title in found.items()}

    def _branch_names(self, chart: Chart) -> Callable[[Line], str]:
        branches = [line.branch for line in chart.lines if line.branch]
        titles = self._titles([(b.object_name, b.record) for b in branches if b.object_name])
        field = self.spec.fields[chart.group]
        target = self.asked.model.objects[target_of(field)]
        top = target.fields.get(chart.top)
        t, look = self.pen.speech.t, Look(self.asked)

        def name(line: Line) -> str:
            branch = line.branch
            if branch is None or not branch.record:
                return t("Without a value")
            if branch.object_name:
                return titles.get(branch.record) or t("Not visible")
            return str(look.value(target, top, branch.record)["text"]) if top else branch.record

        return name

    def _named(self, chart: Chart, line: Line, names: Mapping[str, str]) -> tuple[str, str]:
        """Return what a group is called, and the list of its records."""
        (spec, field), t = self._grouped(chart), self.pen.speech.t
        if rest := name_of_rest(line.key, self.spec):
            return rest.text(self.pen.language), ""
        own = field is not None and chart.group in self.spec.fields
        if line.key is None:
            return t("Without a value"), self.listed(f"{chart.group}:empty", "") if own else ""
        if chart.names:
            return names.get(str(line.key)) or t("Not visible"), f"/o/{chart.names}/{line.key}"
        if field is None:
            href = self.pen.behind(chart, chart.columns[0].code, line.key)
            return ended_because(self.asked, self.spec.code, str(line.key), REASONS), href
        if own:
            href = self.listed(f"{chart.group}:in:{line.key}", chart.day) if chart.day else ""
        else:  # a field of what the records lead to
            href = self.pen.behind(chart, chart.columns[0].code, line.key)
        if target_of(field):
            return names.get(str(line.key)) or t("Not visible"), href
        return str(Look(self.asked).value(spec, field, line.key)["text"]), href

    def _head(self, chart: Chart) -> str:
        """Return what the groups of a chart are."""
        if chart.names:
            return self.asked.model.objects[chart.names].label.text(self.pen.language)
        _, group = self._grouped(chart)
        return group.label.text(self.pen.language) if group else ""
