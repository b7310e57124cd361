"""The charts of a dashboard as lines of numbers, one function for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from fieldstone.base.label import Label
from fieldstone.model.objects import Stage
from fieldstone.reads.query import Query
from fieldstone.reports import paths
from fieldstone.reports.asking import MOST_MONTHS, Asker, columns_of, label_from
from fieldstone.reports.basis import basis_of, counts_events
from fieldstone.reports.borne import cut_off
from fieldstone.reports.every_source import SOURCES
from fieldstone.reports.fairness import fairness
from fieldstone.reports.results import Chart, Column, Line, Number
from fieldstone.reports.sources import Settings
from fieldstone.reports.trees import Tree

MOST_GROUPS: Final = 12
BINS: Final = 12
COUNT: Final = Column("count", Label("Count", "数量"))


def chart_of(asker: Asker, code: str, settings: Settings) -> Chart | None:
    """Return one chart, None where the actor may not see what it is made of. Raises RefusedError."""
    return MADE[str(settings["kind"])](asker, code, settings)


def _chart(
    asker: Asker,
    code: str,
    settings: Settings,
    columns: tuple[Column, ...],
    lines: list[Line],
    marks: Mapping[str, Number] | None = None,
) -> Chart:
    return Chart(
        code,
        label_from(settings.get("label"), code),
        str(settings["kind"]),
        int(settings.get("wide", 6)),
        asker.object_name,
        str(settings.get("group", "")),
        columns,
        tuple(lines),
        label_from(settings["note"], code) if "note" in settings else None,
        marks or {},
        "" if counts_events(settings) else asker.day,
        basis_of(asker.model.objects[asker.object_name], asker.day, asker.ctx.actor.zone, settings),
        str(settings.get("names", "")),
        str(settings.get("top", "")),
    )


def _stages(asker: Asker) -> list[Stage]:
    """Return the stages on the way to a sale, without those that end without one."""
    pipelines = asker.model.objects[asker.object_name].pipelines
    if pipelines is None:
        return []
    first = next(iter(pipelines.pipelines.values()))
    return [one for one in first.stages.values() if one.kind != "lost" and not one.archived]


def _funnel(asker: Asker, code: str, settings: Settings) -> Chart | None:
    """Count records by stage: how far those of the period ever came, or where they are now."""
    stages = _stages(asker)
    if not stages:
        return None
    if settings.get("count") == "as_of":  # what is won stands no longer in the way
        stages = [stage for stage in stages if stage.kind == "open"]
    codes = [stage.code for stage in stages]
    when = str(settings.get("when", ""))
    query = Query(filter=asker.condition(when))
    if settings.get("count") == "as_of":
        counts = asker.analysis.standing_at(Query(filter=when or None), codes, asker.last_moment)
    elif settings.get("count", "reached") == "reached":
        counts = asker.reads.reached(asker.ctx, asker.model, asker.object_name, query, codes)
    else:
        field = asker.model.objects[asker.object_name].stage_field
        found = asker.lines(
            [field], {"count": {"measure": "count()"}}, str(settings.get("when", ""))
        )
        by_stage = {line[field]: line["count"] for line in found}
        counts = [int(str(by_stage.get(one, 0))) for one in codes]
    lines = [Line(one, {"count": n}) for one, n in zip(codes, counts, strict=True)]
    marks: dict[str, Number] = {"snapshot": 1} if settings.get("count") in ("now", "as_of") else {}
    return _chart(asker, code, settings, (COUNT,), lines, marks)


def _groups(asker: Asker, code: str, settings: Settings) -> Chart | None:
    """Compare groups by several figures, the largest first."""
    group, figures = str(settings["group"]), settings.get("figures", {})
    found = asker.lines([group], figures, str(settings.get("when", "")))
    columns = columns_of(figures, found[0] if found else {})
    if found and not columns:
        return None
    _sort(asker, group, found, columns[0].code if columns else "")
    most = int(settings.get("most", MOST_GROUPS))
    lines = [
        Line(line[group], {one.code: _number(line.get(one.code)) for one in columns})
        for line in cut_off(found, most, group, figures)
    ]
    return _chart(asker, code, settings, columns, lines)


def _sort(asker: Asker, group: str, found: list[dict[str, object]], figure: str) -> None:
    """Put stages in their own order, other groups by their first figure."""
    if group == asker.model.objects[asker.object_name].stage_field:
        places = {stage.code: n for n, stage in enumerate(_stages(asker))}
        found.sort(key=lambda line: places.get(str(line[group]), len(places)))
    else:
        found.sort(key=lambda line: -Decimal(str(line.get(figure) or 0)))


def _number(value: object) -> Number:
    return value if isinstance(value, int | Decimal) else None


def _months(asker: Asker, code: str, settings: Settings) -> Chart | None:
    """Follow figures from month to month; months without a row count nothing."""
    day, figures = asker.day, settings.get("figures", {})
    if any(not SOURCES.keys().isdisjoint(one) for one in figures.values()):
        return _month_table(asker, code, settings)
    year, month = f"year({day})", f"month({day})"
    when = " and ".join(p for p in (f"{day} != null", str(settings.get("when", ""))) if p)
    found = asker.lines([year, month], figures, when)
    columns = columns_of(figures, found[0] if found else {})
    if found and not columns:
        return None
    known = {(int(str(line[year])), int(str(line[month]))): line for line in found}
    if not known:
        return _chart(asker, code, settings, columns, [])
    lines, at = [], min(known)
    while at <= max(known):
        line = known.get(at, {})
        values = {one.code: _number(line.get(one.code)) or 0 for one in columns}
        lines.append(Line(f"{at[0]:04d}-{at[1]:02d}", values))
        at = (at[0] + at[1] // 12, at[1] % 12 + 1)
    return _chart(asker, code, settings, columns, lines[-MOST_MONTHS:])


def _month_table(asker: Asker, code: str, settings: Settings) -> Chart | None:
    """Tell any figures month by month, each of what its month has of the period."""
    figures, when = settings.get("figures", {}), str(settings.get("when", ""))
    found = [(one, asker.of_month(one).lines([], figures, when)[0]) for one in asker.months()]
    columns = columns_of(figures, found[0][1] if found else {})
    if found and not columns:
        return None
    lines = [
        Line(month, {one.code: _number(line.get(one.code)) for one in columns})
        for month, line in found
    ]
    return _chart(asker, code, settings, columns, lines)


def _tree(asker: Asker, code: str, settings: Settings) -> Chart:
    """Add figures up along the tree that the groups' records form."""
    lines = Tree(asker, settings).lines()
    columns = columns_of(settings.get("figures", {}), lines[0].values if lines else {})
    return _chart(asker, code, settings, columns, lines if columns else [])


def _histogram(asker: Asker, code: str, settings: Settings) -> Chart | None:
    """Show how a number is spread, with the value below which half and nine tenths lie."""
    value = f"round({settings['value']})"
    when = str(settings.get("when", ""))
    found = asker.lines([value], {"count": {"measure": "count()"}}, when)
    counts = sorted(
        (int(str(line[value])), int(str(line["count"])))
        for line in found
        if line[value] is not None
    )
    counts = [(max(0, at), n) for at, n in counts]
    total = sum(n for _, n in counts)
    if not total:
        return _chart(asker, code, settings, (COUNT,), [])
    half, most = _below(counts, total, Decimal("0.5")), _below(counts, total, Decimal("0.9"))
    # What lies far out would squeeze all the rest into one bar; it stands in the last one.
    width = max(1, -(-max(1, most * 5 // 4) // BINS))
    bins = [0] * BINS
    for at, n in counts:
        bins[min(at // width, BINS - 1)] += n
    lines = [Line(place * width, {"count": n}) for place, n in enumerate(bins)]
    marks: dict[str, Number] = {"half": half, "most": most, "total": total, "width": width}
    return _chart(asker, code, settings, (COUNT,), lines, marks)


def _below(counts: list[tuple[int, int]], total: int, share: Decimal) -> int:
    """Return the least value that at least this share of the records does not exceed."""
    passed = 0
    for at, n in counts:
        passed += n
        if passed >= total * share:
            return at
    return counts[-1][0]


def _path(made: Callable[[Asker, Settings], paths.Drawn]) -> Callable[..., Chart | None]:
    """Return a chart over the way that records go, None for objects without stages."""

    def drawn(asker: Asker, code: str, settings: Settings) -> Chart | None:
        if not asker.open_stages():
            return None
        columns, lines, marks = made(asker, settings)
        return _chart(asker, code, settings, columns, lines, marks)

    return drawn


def _fairness(asker: Asker, code: str, settings: Settings) -> Chart:
    """Compare what rules gave to each person with the weights."""
    columns, lines = fairness(asker, settings)
    events = {**settings, "group": "owner", "figures": {"given": {"event": {"kind": "given"}}}}
    return _chart(asker, code, events, columns, lines)


MADE: Final[Mapping[str, Callable[[Asker, str, Settings], Chart | None]]] = {
    "funnel": _funnel,
    "histogram": _histogram,
    "columns": _months,
    "bars": _groups,
    "table": _groups,
    "stuck": _path(paths.stuck),
    "cohorts": _path(paths.cohorts),
    "survival": _path(paths.survival),
    "fairness": _fairness,
    "months": _month_table,
    "tree": _tree,
}
