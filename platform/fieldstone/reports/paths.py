"""Charts over the way that records go: where they get stuck, how months of them compare, how long they take."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from fieldstone.base.label import Label
from fieldstone.reads.query import Query
from fieldstone.reports.asking import Asker, quotient
from fieldstone.reports.results import Column, Line, Number
from fieldstone.reports.sources import Settings
from fieldstone.reports.survival import day_of_share, kaplan_meier, share_after

Drawn = tuple[tuple[Column, ...], list[Line], dict[str, Number]]
OLDEST_DAY: Final = 999
DAY: Final = 86_400
MILESTONES: Final = (30, 90, 180)
HALF: Final = Decimal("0.5")
SHARE: Final = Column("share", Label("Converted so far", "累计转化"), "percent")


def stuck(asker: Asker, settings: Settings) -> Drawn:
    """Tell for each stage how many came, went on, were lost, are there, how long visits take and who waits longest."""
    stages, lost = [*asker.open_stages(), *asker.won_stages()], asker.lost_stages()
    query = Query(filter=asker.condition(str(settings.get("when", ""))))
    analysis = asker.analysis
    lengths = analysis.lengths_of_stay(query, (50, 90))
    waiting = analysis.waiting_since(query)
    lines = []
    won = set(asker.won_stages())
    for stay in analysis.stays(query, stages, lost):
        if stay.stage in won:
            continue
        half, most = lengths.get(stay.stage, (None, None))
        longest = waiting.get(stay.stage)
        values: dict[str, Number] = {
            "entered": stay.entered,
            "on": quotient(stay.moved_on, stay.entered),
            "lost": quotient(stay.lost, stay.entered),
            "here": stay.here,
            "half": _days(half),
            "most": _days(most),
            "longest": None if longest is None else (asker.ctx.now - longest[0]).days,
        }
        lines.append(Line(stay.stage, values))
    return STUCK, lines, {}


STUCK: Final = (
    Column("entered", Label("Entered", "进入")),
    Column("on", Label("Went on", "推进"), "percent"),
    Column("lost", Label("Lost from here", "在此流失"), "percent"),
    Column("here", Label("In it now", "当前停留")),
    Column("half", Label("Half within", "一半停留不超过"), "long_days"),
    Column("most", Label("90% within", "九成停留不超过"), "long_days"),
    Column("longest", Label("Waiting longest", "最长停留"), "long_days"),
)


def _days(seconds: int | None) -> Number:
    return None if seconds is None else (Decimal(seconds) / DAY).quantize(Decimal("0.1"))


def cohorts(asker: Asker, settings: Settings) -> Drawn:
    """Compare months of new records by the share of each that ever reached each stage."""
    stages, day = [*asker.open_stages(), *asker.won_stages()], asker.day
    query = Query(filter=asker.condition(str(settings.get("when", ""))))
    found = asker.analysis.reached_by(query, stages, f"year({day}) * 100 + month({day})")
    columns = (
        Column("new", Label("New", "新增")),
        *(Column(code, asker.stage_label(code), "percent") for code in stages[1:]),
    )
    lines = []
    for key, counts in sorted((int(str(key)), line) for key, line in found.items() if key):
        values: dict[str, Number] = {"new": counts[0]}
        values |= {
            code: quotient(n, counts[0]) for code, n in zip(stages[1:], counts[1:], strict=True)
        }
        lines.append(Line(f"{key // 100:04d}-{key % 100:02d}", values))
    return columns, lines, {}


def survival(asker: Asker, settings: Settings) -> Drawn:
    """Follow the share of records that came to an end, by age; open and lost ones count for as long as they are known."""
    start, end = str(settings["start"]), str(settings["end"])
    when = str(settings.get("when", ""))
    ended = _by_age(asker, f"days_between({start}, {end})", _both(when, f"{end} != null"))
    known = _by_age(asker, f"days_since({start})", _both(when, f"{end} == null"))
    steps = kaplan_meier(ended, known)
    marks: dict[str, Number] = {
        "total": sum(ended.values()) + sum(known.values()),
        "ended": sum(ended.values()),
        "half": day_of_share(steps, HALF),
        "oldest": max([*ended, *known, 0]),
    }
    marks |= {f"after_{day}": share_after(steps, day) for day in MILESTONES}
    return (SHARE,), [Line(step.day, {"share": step.share}) for step in steps], marks


def _by_age(asker: Asker, age: str, when: str) -> dict[int, int]:
    key = f"if_({age} > {OLDEST_DAY}, {OLDEST_DAY}, round({age}))"
    found = asker.lines([key], {"count": {"measure": "count()"}}, when)
    counts: dict[int, int] = {}
    for line in found:
        if line[key] is not None:
            day = max(0, int(str(line[key])))
            counts[day] = counts.get(day, 0) + int(str(line["count"]))
    return counts


def _both(one: str, other: str) -> str:
    return f"({one}) and {other}" if one else other
