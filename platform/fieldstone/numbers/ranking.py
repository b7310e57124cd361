"""The records behind the figures, and the points, of a ranking list."""

from __future__ import annotations

from typing import Final

from fieldstone.access.access import access_to
from fieldstone.actions import ranking
from fieldstone.actions.ranking import Office
from fieldstone.actions.ranking_records import records_of
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.numbers.contract import Asked, Number, hidden_among, nothing
from fieldstone.reports.behind import Behind
from fieldstone.rules.contract import Rule
from fieldstone.rules.ranking_program import Metric, RankingProgram
from fieldstone.storage.rankings import Edition, Line

POINTS, PREVIEW, UPPER = "points", "preview", "upper"
POINTS_SAID: Final = Label("Points", "分数")
FROZEN: Final = Label(
    "The list was frozen when it was published; these are the records as they stand now.",
    "榜单发布后即冻结；此处为相关记录的当前状态。",
)
LONGEST_NUMBER: Final = 9


def of_ranking(asked: Asked, code: str, number: Number) -> Behind:
    """Return what a figure of `key`, a person, was measured on; its points are made of all figures.

    `period` is the number of an edition, "preview", or "" for the latest; `chart` "upper" asks for the upper part of a
    rate alone. Raises RefusedError (404) for what is not on the list.
    """
    site = asked.site
    office = Office(site.storage, site.reads, asked.model, asked.ctx)
    seen = ranking.programs_seen(office)
    if code not in seen:
        raise nothing("program", code, did_you_mean(code[:40], seen))
    rule = seen[code]
    metrics = rule.body.metrics if isinstance(rule.body, RankingProgram) else ()
    shown = edition_of(office, rule, number.period)
    line = next((one for one in shown.lines if one.person == number.key), None) if shown else None
    if shown is None or line is None:
        raise nothing("person", number.key or "", "Open the list again.")
    note = None if is_preview(office, rule, number.period) else FROZEN
    if number.figure == POINTS:
        parts = tuple(_measured(office, one, shown, line, note) for one in metrics)
        return Behind(
            rule.object_name, None, Label(line.name), POINTS_SAID, (), note=note, parts=parts
        )
    metric = next((one for one in metrics if one.code == number.figure), None)
    if metric is None:
        known = [POINTS, *(one.code for one in metrics)]
        raise nothing("figure", number.figure, did_you_mean(number.figure[:40], known))
    return _measured(office, metric, shown, line, note, upper=number.chart == UPPER)


def edition_of(office: Office, rule: Rule, period: str) -> Edition | None:
    """Return the edition of a number, the next list for "preview", and the latest for anything else."""
    if is_preview(office, rule, period):
        return ranking.preview(office, rule)
    named = period.isascii() and period.isdecimal() and len(period) <= LONGEST_NUMBER
    return ranking.edition(office, rule, int(period) if named else None)


def is_preview(office: Office, rule: Rule, period: str) -> bool:
    """Tell whether the next list is meant, and may be seen."""
    return period == PREVIEW and ranking.may_publish(office, rule)


def _measured(
    office: Office,
    metric: Metric,
    shown: Edition,
    line: Line,
    note: Label | None,
    *,
    upper: bool = False,
) -> Behind:
    readable = access_to(office.model, office.ctx.actor, metric.object_name).may_read
    ids, count = records_of(office, metric, shown, line.person, upper=upper)
    ids = ids if readable else []
    if len(ids) < count:
        hidden = hidden_among(count, len(ids))
        note = hidden if note is None else Label(f"{hidden.en} {note.en}", f"{hidden.zh}{note.zh}")
    said = (Label(line.name), metric.label)
    return Behind(metric.object_name, None, *said, tuple(ids), note=note, code=metric.code)
