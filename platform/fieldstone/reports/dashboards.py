"""A declared dashboard becomes reads within the asker's access, and their answers its figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.base.periods import Period
from fieldstone.changes.nouns import Actor, Context
from fieldstone.model.site_model import Model, Report
from fieldstone.reads.door import Reads
from fieldstone.reports.asking import Asker, format_of, label_from, span_of
from fieldstone.reports.basis import counts_events
from fieldstone.reports.behind import Behind, behind
from fieldstone.reports.charts import chart_of
from fieldstone.reports.every_source import SOURCES
from fieldstone.reports.results import Chart, Dashboard, Figure, Line, Number
from fieldstone.reports.shapes import PERIODS
from fieldstone.reports.sources import Settings

NOT_FOUND = 404


@dataclass(frozen=True)
class Asked:
    """Who asks for dashboards, of which model."""

    reads: Reads
    ctx: Context
    model: Model


def dashboards_for(model: Model, actor: Actor) -> list[Report]:
    """Return the dashboards over objects that this person may read."""
    return [
        one
        for one in model.reports.values()
        if one.kind == "dashboard"
        and one.body.get("object") in model.objects
        and access_to(model, actor, str(one.body["object"])).may_read
    ]


def dashboard(
    asked: Asked, code: str, period: str = "", charts: Collection[str] | None = None
) -> Dashboard:
    """Return the figures of a dashboard in a period, by default its own; only some `charts` where they are named.

    Raises RefusedError: 404 for a dashboard that is not there for this person, 400 for an unknown period.
    """
    report, name = _found(asked, code, period)
    body = report.body
    asker = _asker(asked, report, name)
    return Dashboard(
        code,
        report.label,
        str(body.get("icon", "chart-no-axes-column")),
        asker.object_name,
        "" if counts_events(body) else asker.day,
        name,
        asker.first,
        asker.after,
        _figures(asker, _mapping(body.get("figures"))),
        _charts(
            asker,
            {
                name: one
                for name, one in _mapping(body.get("charts")).items()
                if charts is None or name in charts
            },
        ),
    )


def records_behind(
    asked: Asked, code: str, period: str, chart: str, number: tuple[str, str | None]
) -> Behind:
    """Return the records behind a number (figure, key of its line) of a dashboard. Raises RefusedError: 404, 400."""
    report, name = _found(asked, code, period)
    return behind(_asker(asked, report, name), report.body, chart, *number)


def _found(asked: Asked, code: str, period: str) -> tuple[Report, str]:
    """Return a dashboard that this person has, and the period asked for."""
    known = {one.code: one for one in dashboards_for(asked.model, asked.ctx.actor)}
    report = known.get(code)
    if report is None:
        text = f"There is no dashboard {code[:40]!r}."
        problem = Problem("not_found", "report", text, did_you_mean(code[:40], known))
        raise RefusedError([problem], NOT_FOUND)
    name = period or str(report.body.get("period", Period.THIS_QUARTER))
    if name not in PERIODS:
        cure = did_you_mean(name[:40], [str(one) for one in PERIODS])
        text = f"There is no period {name[:40]!r}."
        raise RefusedError([Problem("bad_period", "period", text, cure)], 400)
    return report, name


def _asker(asked: Asked, report: Report, name: str) -> Asker:
    today = asked.ctx.now.astimezone(ZoneInfo(asked.ctx.actor.zone)).date()
    first, after = span_of(name, today)
    object_name, day = str(report.body["object"]), str(report.body["date"])
    return Asker(asked.reads, asked.ctx, asked.model, object_name, day, first, after)


def _mapping(value: object) -> Mapping[str, Settings]:
    return value if isinstance(value, Mapping) else {}


def _figures(asker: Asker, declared: Mapping[str, Settings]) -> tuple[Figure, ...]:
    if not declared:
        return ()
    (now,) = asker.lines([], declared)
    earlier = asker.before()
    before = earlier.lines([], declared)[0] if earlier else {}
    plain = {code: one for code, one in declared.items() if SOURCES.keys().isdisjoint(one)}
    chart = chart_of(asker, "spark", {"kind": "columns", "figures": plain})
    by_month = chart.lines if chart else ()
    return tuple(
        Figure(
            code,
            label_from(one.get("label"), code),
            now.get(code),  # type: ignore[arg-type]
            before.get(code) if one.get("compare", True) else None,  # type: ignore[arg-type]
            format_of(one),
            str(one.get("good", "")),
            str(one.get("list", "")),
            _by_month(by_month, code),
        )
        for code, one in declared.items()
        if code in now and not one.get("hidden")
    )


def _by_month(lines: Sequence[Line], code: str) -> tuple[Number, ...]:
    """Return a figure month by month, () for one that is not known so."""
    values = tuple(line.values.get(code) for line in lines)
    return values if any(values) else ()


def _charts(asker: Asker, declared: Mapping[str, Settings]) -> tuple[Chart, ...]:
    found: list[Chart] = []
    for code, one in declared.items():
        own = replace(asker, day=str(one["date"])) if "date" in one else asker
        try:
            chart = chart_of(own, code, one)
        except RefusedError:
            continue  # it is made of fields that this person may not see
        if chart is not None:
            found.append(chart)
    return tuple(found)
