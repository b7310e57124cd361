"""The records behind one number of a dashboard, as a filter for a list of them."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.reads.figures import condition_in
from fieldstone.reads.happenings import GIVEN, MOST_IDS
from fieldstone.reads.query import Query
from fieldstone.reports.asking import Asker, label_from
from fieldstone.reports.borne import costs_behind
from fieldstone.reports.fairness import COLUMNS
from fieldstone.reports.sources import condition_of_other, measured_on
from fieldstone.reports.trees import Tree

Settings = Mapping[str, Any]
MOST: Final = MOST_IDS
FATES: Final = {
    "on": "on",
    "lost": "gone",
}  # figures of a stage where records stay -> what became of them
BY_MONTH: Final = ("columns", "months")
IN_PARTS: Final = Label(
    "Each cost is spread evenly over the leads of its channel or campaign in the period; this number is the part of these leads.",
    "每笔费用按其渠道或活动的本期线索平均分摊；该数字为这些线索承担的部分。",
)
MONTH: Final = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Behind:
    """Records of one object that meet a condition; `figure` says which number they make."""

    object_name: str
    condition: str | None
    chart: Label
    figure: Label
    ids: tuple[str, ...] | None = None  # what history knows: these records and no others
    period: tuple[datetime.date | None, datetime.date | None] = (None, None)
    note: Label | None = None  # what readers should know of the list
    parts: tuple[Behind, ...] = ()  # of a number made of several figures: what each was measured on
    code: str = ""  # of such a figure

    @property
    def cut(self) -> bool:
        """Tell whether there may be more than are listed."""
        return self.ids is not None and len(self.ids) == MOST


def behind(asker: Asker, body: Settings, chart: str, figure: str, key: str | None) -> Behind:
    """Return the records behind a figure of a chart ("" for the key figures) in a line. Raises RefusedError (404)."""
    settings: Settings = body.get("charts", {}).get(chart, {}) if chart else body
    if not settings or (chart and "kind" not in settings):
        raise _nothing("chart", chart)
    own = replace(asker, day=str(settings["date"])) if chart and "date" in settings else asker
    label = label_from(settings.get("label"), chart)
    kind = str(settings.get("kind", "")) if chart else ""
    if kind in ("funnel", "stuck", "cohorts"):
        return _of_path(own, settings, kind, figure, key, label)
    if kind == "fairness":
        return _of_fairness(own, settings, figure, key, label)
    if kind == "survival":
        return _until(own, settings, figure, label)
    if kind in BY_MONTH:
        return _of_figure(own.of_month(_month(key)), settings, figure, None, label)
    if kind == "histogram":
        return _of_bin(own, settings, key, label)
    return _of_figure(own, settings, figure, key, label)


def _of_fairness(
    asker: Asker, settings: Settings, figure: str, key: str | None, label: Label
) -> Behind:
    """Return what somebody was given, could not be given ("out"), or what what is due to them is counted over."""
    said = next((one.label for one in COLUMNS if one.code == figure), None)
    if said is None:
        raise _nothing("figure", figure)
    if figure == "weight":
        return Behind("user", f"id == {json.dumps(key)}", label, said)
    if figure in ("given", "share"):
        own = {**settings, "group": "owner"}
        return _of_event(asker, own, {"kind": GIVEN}, key, (label, said))
    question = asker.question("owner", str(settings.get("when", "")))
    event, free = question.happening({"kind": GIVEN}), figure != "out"
    ids = asker.analysis.passed_over(question.anybody, event, key or "", free=free)
    return Behind(asker.object_name, None, label, said, tuple(ids))


def _until(asker: Asker, settings: Settings, figure: str, label: Label) -> Behind:
    """Return the records that came to the end, those of "after_30" within so many days."""
    start, end = str(settings["start"]), str(settings["end"])
    days = figure.removeprefix("after_")
    parts = [f"{end} != null"]
    parts += [f"round(days_between({start}, {end})) <= {days}"] if days.isdecimal() else []
    condition = _all(settings, " and ".join(parts))
    return Behind(asker.object_name, asker.condition(condition), label, label)


def _of_bin(asker: Asker, settings: Settings, key: str | None, label: Label) -> Behind:
    """Return the records of one bar of a histogram: "10-19", or "90-" for what lies further out."""
    first, _, last = (key or "").partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        raise _nothing("bar", key or "")
    value = f"round({settings['value']})"
    parts = [f"{value} >= {first}"] if int(first) else [f"{value} != null"]
    parts += [f"{value} <= {last}"] if last else []
    condition = asker.condition(_all(settings, " and ".join(parts)))
    return Behind(asker.object_name, condition, label, label)


def _of_figure(
    asker: Asker, settings: Settings, figure: str, key: str | None, label: Label
) -> Behind:
    figures: Mapping[str, Settings] = settings.get("figures", {})
    one = figures.get(figure)
    if one is None:
        raise _nothing("figure", figure)
    said = label_from(one.get("label"), figure)
    for ratio in ("share", "each", "return"):
        if ratio in one:
            found = _of_figure(asker, settings, str(one[ratio]["of"]), key, label)
            return replace(found, figure=said)
    opening = next((name for name in OPENED_BY if name in one), "")
    if opening:
        return OPENED_BY[opening](asker, settings, one[opening], key, (label, said))
    if "credited" in one.get("quantile", {}):
        return _measured_on(asker, settings, one["quantile"], key, (label, said))
    parts = [str(settings.get("when", "")), _line(asker, settings, settings, key)]
    parts += [condition_in(str(one["measure"]))] if "measure" in one else []
    parts += [str(one["quantile"].get("when", ""))] if "quantile" in one else []
    condition = " and ".join(f"({part})" for part in parts if part)
    if "reached" in one:
        return _reached(asker, condition, one["reached"]["stages"], label, said)
    return Behind(asker.object_name, asker.condition(condition), label, said)


def _measured_on(
    asker: Asker, settings: Settings, quantile: Settings, key: str | None, said: tuple[Label, Label]
) -> Behind:
    """Return what somebody's median is measured on: the records that were theirs at that moment."""
    question = asker.question("owner", str(settings.get("when", "")))
    parts = (measured_on(question, quantile), f"{quantile['value']} != null")
    query = Query(filter=" and ".join(f"({part})" for part in parts if part))
    at = str(quantile["credited"])
    ids = asker.analysis.credited_ids(query, at, key or "", then=True)
    return Behind(asker.object_name, None, *said, tuple(ids))


def _of_event(
    asker: Asker, settings: Settings, event: Settings, key: str | None, said: tuple[Label, Label]
) -> Behind:
    """Return the records to which it happened, at the owner or pool of that moment."""
    group = str(settings.get("group", ""))
    question = asker.question(group, str(settings.get("when", "")))
    at = (group, key) if group else ("", None)
    ids = asker.analysis.whom(question.anybody, question.happening(event), at)
    return Behind(asker.object_name, None, *said, tuple(ids))


def _of_other(
    asker: Asker, settings: Settings, other: Settings, key: str | None, said: tuple[Label, Label]
) -> Behind:
    """Return the rows of another object that make up a figure."""
    if at := other.get("credited"):
        rows = replace(asker.analysis, object_name=str(other["object"]))
        query = Query(filter=condition_of_other(asker.question(), other))
        ids = rows.credited_ids(query, str(at), key or "", then=False)
        return Behind(str(other["object"]), None, *said, tuple(ids))
    here = other if settings.get("group") else {}
    parts = [condition_of_other(asker.question(), other), _line(asker, settings, here, key)]
    condition = " and ".join(f"({part})" for part in parts if part)
    period = (asker.first, asker.after)
    return Behind(str(other["object"]), condition or None, *said, period=period)


def _borne(
    asker: Asker, settings: Settings, costs: Settings, key: str | None, said: tuple[Label, Label]
) -> Behind:
    """Return the costs of which a line bears a part."""
    question = asker.question(str(settings.get("group", "")), str(settings.get("when", "")))
    condition, period = costs_behind(question, costs, key), (asker.first, asker.after)
    return Behind(str(costs["object"]), condition, *said, period=period, note=IN_PARTS)


OPENED_BY: Final[
    Mapping[str, Callable[[Asker, Settings, Settings, str | None, tuple[Label, Label]], Behind]]
] = {"event": _of_event, "other": _of_other, "borne": _borne}


def _of_path(
    asker: Asker,
    settings: Settings,
    kind: str,
    figure: str,
    key: str | None,
    label: Label,
) -> Behind:
    """Return the records behind a stage of a funnel, a stage's line, or a month's."""
    when, stages = str(settings.get("when", "")), [*asker.open_stages(), *asker.won_stages()]
    if kind == "cohorts":
        month, when = asker.of_month(_month(key)), str(settings.get("when", ""))
        if figure == "new" or figure not in stages:
            return Behind(asker.object_name, month.condition(when), label, label)
        return _reached(month, when, stages[stages.index(figure) :], label, label)
    if key not in stages:
        raise _nothing("stage", key or "")
    said = asker.stage_label(str(key))
    field = asker.model.objects[asker.object_name].stage_field
    if settings.get("count") in ("now", "as_of") or figure in ("here", "longest"):
        here = _all(settings, f"{field} == {json.dumps(key)}")
        if settings.get("count") == "as_of":
            return Behind(asker.object_name, here, label, said)
        return Behind(asker.object_name, asker.condition(here), label, said)
    if figure in FATES:
        query = Query(filter=asker.condition(when))
        ways = (stages, asker.lost_stages())
        ids = asker.analysis.by_fate(query, ways, (str(key), FATES[figure]))
        return Behind(asker.object_name, None, label, said, tuple(ids))
    later = stages[stages.index(str(key)) :] if kind == "funnel" else [str(key)]
    return _reached(asker, when, later, label, said)


def _reached(
    asker: Asker, condition: str, stages: Sequence[str], label: Label, said: Label
) -> Behind:
    query = Query(filter=asker.condition(condition))
    ids = asker.analysis.that_reached(query, stages, MOST)
    return Behind(asker.object_name, None, label, said, tuple(ids))


def _line(asker: Asker, settings: Settings, named: Settings, key: str | None) -> str:
    """Return which rows a line of a chart holds, by the groups as the rows' object names them."""
    group = str(named.get("group", ""))
    if settings.get("kind") == "tree" and group:
        return Tree(asker, settings).condition(group, str(named.get("below", "")), key)
    return _is(group, key)


def _month(key: str | None) -> str:
    if not MONTH.fullmatch(key or ""):
        raise _nothing("month", key or "")
    return str(key)


def _all(settings: Settings, condition: str) -> str:
    when = str(settings.get("when", ""))
    return f"({when}) and ({condition})" if when else condition


def _is(group: str, key: str | None) -> str:
    if not group:
        return ""
    return (
        f"{group} == null" if key is None else f"{group} == {json.dumps(key, ensure_ascii=False)}"
    )


def _nothing(what: str, name: str) -> RefusedError:
    text = f"There is no {what} {name[:40]!r} on this dashboard."
    return RefusedError([Problem("not_found", what, text, "Open the number again.")], 404)
