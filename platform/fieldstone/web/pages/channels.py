"""The tree of channels: what each cost in a period, by its campaigns, and what came of it; costs are added and changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from babel.dates import format_interval
from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.reads.query import HIGHEST_LIMIT, Query, Record
from fieldstone.reports.behind import Behind
from fieldstone.reports.dashboards import Asked as AskedReports
from fieldstone.reports.dashboards import dashboard, dashboards_for, records_behind
from fieldstone.reports.results import Chart
from fieldstone.reports.sources import part_in_period
from fieldstone.reports.trees import PART, TOP
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.dashboards import Board
from fieldstone.web.pages.entries import MARKETING, Entry
from fieldstone.web.pages.subjects import not_there, today_of
from fieldstone.web.pages.values import Look

PAGE = Blueprint("channels", __name__)
Drawn = dict[str, Any]
REPORT: Final = "sources"
CHART: Final = "channels"
COST: Final = "cost"
COSTS: Final = "channel_cost"
CHANNEL: Final = "channel"
LONGEST_MONTH: Final = timedelta(days=31)
SHOWN: Final = ("name", "channel", "campaign", "model", "total")
FIGURES: Final = (
    "leads", "sales", "converted", "won", "cost", "per_lead", "per_sales", "per_won", "revenue", "roi"
)  # fmt: skip


def may(asked: Asked) -> bool:
    """Tell whether this site has channels with costs, and the reader may see both."""
    if asked.actor is None or not {CHANNEL, COSTS} <= asked.model.objects.keys():
        return False
    report = next((r for r in dashboards_for(asked.model, asked.actor) if r.code == REPORT), None)
    charts = report.body.get("charts") if report else None
    declared = charts.get(CHART) if isinstance(charts, dict) else None
    return (
        isinstance(declared, dict)
        and declared.get("kind") == "tree"
        and all(access_to(asked.model, asked.actor, one).may_read for one in (CHANNEL, COSTS))
    )


ENTRIES: Final = (Entry("Channels and costs", "list-tree", "/channels", MARKETING, 5, may),)


@PAGE.get("/channels")
def tree() -> Response:
    """Show the tree in a period."""
    asked = the_call()
    if not may(asked):
        raise not_there()
    return drawing.page(asked, "channels", _context(asked))


@PAGE.get("/channels/costs")
def costs() -> Response:
    """Show the costs of one line of the tree, `key`, in a period: as a dialog, or as a page."""
    asked = the_call()
    if not may(asked):
        raise not_there()
    key, period = request.args.get("key"), request.args.get("period", "")
    reports = AskedReports(asked.site.reads, asked.ctx, asked.model)
    found = records_behind(reports, REPORT, period, CHART, (COST, key))
    return drawing.page(asked, "channel_costs", _costs(asked, found, key, period))


def _context(asked: Asked) -> Drawn:
    reports = AskedReports(asked.site.reads, asked.ctx, asked.model)
    found = dashboard(reports, REPORT, request.args.get("period", ""), charts=(CHART,))
    board = Board(asked, found)
    period, basis = found.period, found.charts[0].basis if found.charts else None
    drawn = board.tables.tree(_with_figures(found.charts), empty=True) if found.charts else {}
    may_add, may_found = (
        access_to(asked.model, asked.ctx.actor, one).may_create for one in (COSTS, CHANNEL)
    )
    table = drawn.get("data", {})
    for row in table.get("rows", ()):
        _with_ways(asked, table["columns"], row, period, may_add=may_add, may_found=may_found)
    return {
        "kpis": board.figures,
        "period": board.period("/channels"),
        "table": table,
        "basis": basis.text(asked.language) if basis else "",
        "add_url": _new_cost(asked, "") if may_add else "",
        "channel_url": f"/o/{CHANNEL}/new" if may_found else "",
        "list_url": f"/o/{CHANNEL}",
        "costs_url": f"/o/{COSTS}",
        "report_url": f"/dashboards/{REPORT}?{urlencode({'period': period})}",
    }


def _with_figures(charts: Sequence[Chart]) -> Chart:
    """Return the tree with what it costs and brings; the dashboard tells more."""
    found = charts[0]
    chosen = tuple(one for one in found.columns if one.code in FIGURES)
    return replace(found, columns=chosen or found.columns)


def _with_ways(
    asked: Asked,
    columns: list[Drawn],
    row: list[Drawn],
    period: str,
    *,
    may_add: bool,
    may_found: bool,
) -> None:
    """Let a line lead to its costs, to a new cost and to a new channel below it."""
    first, key = row[0], row[0]["key"]
    place = next(n for n, one in enumerate(columns) if one.get("code") == COST)
    query = urlencode({"period": period} | ({"key": key} if key is not None else {}))
    row[place] |= {"href": f"/channels/costs?{query}", "dialog": True}
    ways, t = [], speech(asked.language).t
    if may_add and key and not str(key).startswith(TOP):
        ways.append((t("Add a cost"), "circle-plus", _new_cost(asked, str(key))))
    if may_found and key and not first["part"]:
        below = urlencode({"kind": str(key).removeprefix(TOP)})
        if not str(key).startswith(TOP):
            below = urlencode({"parent": key})
        ways.append((t("New channel below"), "folder-plus", f"/o/{CHANNEL}/new?{below}"))
    first["ways"] = [{"label": label, "icon": icon, "href": href} for label, icon, href in ways]


def _at(key: str) -> str:
    """Return the channel and the campaign of a line as a form takes them."""
    channel, _, campaign = key.partition(PART)
    return urlencode(
        {name: one for name, one in (("channel", channel), ("campaign", campaign)) if one}
    )


def _new_cost(asked: Asked, key: str) -> str:
    """Return the form for a cost of this month."""
    first = today_of(asked).replace(day=1)
    last = (first + LONGEST_MONTH).replace(day=1) - timedelta(days=1)
    days = urlencode({"starts_on": first, "ends_on": last})
    return f"/o/{COSTS}/new?{'&'.join(part for part in (_at(key), days) if part)}"


def _costs(asked: Asked, found: Behind, key: str | None, period: str) -> Drawn:
    spec, t = asked.model.objects[COSTS], speech(asked.language).t
    fields = tuple(one for one in (*SHOWN, "starts_on", "ends_on") if one in spec.fields)
    query = Query(
        filter=found.condition,
        fields=fields,
        sort=(("starts_on", True),),
        limit=HIGHEST_LIMIT,
        titles=True,
    )
    rows = asked.site.reads.list(asked.ctx, asked.model, COSTS, query).rows
    access = access_to(asked.model, asked.ctx.actor, COSTS)
    node = "" if key is None or key.startswith(TOP) else key
    return {
        "title": t("Costs of {what}", what=_name(asked, key)),
        "rows": [_cost(asked, one, found, may_edit=bool(access.rights.update)) for one in rows],
        "add_url": _new_cost(asked, node) if access.may_create else "",
        "page_url": f"/channels/costs?{request.query_string.decode()}",
        "back": f"/channels?{urlencode({'period': period})}",
    }


def _name(asked: Asked, key: str | None) -> str:
    """Return what a line of the tree is called."""
    if key is None:
        return speech(asked.language).t("no channel")
    if key.startswith(TOP):
        spec = asked.model.objects[CHANNEL]
        value = key.removeprefix(TOP)
        return str(Look(asked).value(spec, spec.fields["kind"], value)["text"])
    channel, _, campaign = key.partition(PART)
    wanted = ("campaign", campaign) if campaign else (CHANNEL, channel)
    titles = asked.site.reads.titles(asked.ctx, asked.model, [wanted])
    return titles.get(wanted) or speech(asked.language).t("Not visible")


def _cost(asked: Asked, record: Record, found: Behind, *, may_edit: bool) -> Drawn:
    """Return one cost, and what of it lies in the period where that is not all of it."""
    look, values = Look(asked), record.values
    starts, ends = values.get("starts_on"), values.get("ends_on")
    days = ""
    if isinstance(starts, date) and isinstance(ends, date):
        days = str(format_interval(starts, ends, "yMMMd", locale=locale_of(asked.language)))
    cells = {code: look.cell(record, code)["text"] for code in SHOWN if code in values}
    url, total, part = f"/o/{COSTS}/{record.id}", values.get("total"), ""
    if isinstance(total, Decimal):
        inside = part_in_period(total, (starts, ends), found.period)
        money = asked.model.objects[COSTS].fields["total"]
        if inside != total:
            part = look.text(money, inside)
    return {
        **cells,
        "days": days,
        "part": part,
        "href": url,
        "edit_url": f"{url}/edit" if may_edit else "",
    }
