"""The records behind one number of a dashboard."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import Page, Query
from fieldstone.reports.behind import Behind
from fieldstone.reports.dashboards import Asked as AskedReports
from fieldstone.reports.dashboards import records_behind
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.arranging import Arrangement
from fieldstone.web.pages.subjects import heading
from fieldstone.web.pages.table import PARENT, Table

PAGE = Blueprint("dashboard_records", __name__)
Drawn = dict[str, Any]
ROWS: Final = 50
MOST_COLUMNS: Final = 8


@PAGE.get("/dashboards/<code>/records")
def records(code: str) -> Response:
    """Show the records behind a number: `chart`, `figure`, `key` of the line, `period`; `after` is where to go on."""
    asked, given = the_call(), request.args
    reports = AskedReports(asked.site.reads, asked.ctx, asked.model)
    key = given.get("key")
    found = records_behind(
        reports,
        code,
        given.get("period", ""),
        given.get("chart", ""),
        (given.get("figure", ""), key),
    )
    return listed(
        asked, found, f"/dashboards/{code}?{urlencode({'period': given.get('period', '')})}"
    )


def listed(asked: Asked, found: Behind, back: str) -> Response:
    """Show the records behind a number; `after` of the request is where to go on."""
    spec = asked.model.objects[found.object_name]
    page, further, total = _page(asked, found, spec, request.args.get("after", ""))
    more_url = _url(after=further) if further else ""
    more = {"back": back, "total": total, "more_url": more_url, "cut": found.cut}
    return drawing.page(asked, "dashboard_records", _context(asked, found, spec, page) | more)


def _page(asked: Asked, found: Behind, spec: ObjectType, after: str) -> tuple[Page, str, int]:
    """Return a page of the records, where the next one begins, and how many there are."""
    query = Query(
        filter=found.condition, fields=_columns(asked, spec), limit=ROWS, titles=True, cursor=after
    )
    reads, ctx, model = asked.site.reads, asked.ctx, asked.model
    if found.ids is None:
        page = reads.list(ctx, model, spec.code, query)
        total = reads.count(ctx, model, spec.code, Query(filter=found.condition))
        return page, page.next_cursor or "", total
    start = int(after) if after.isdecimal() and after.isascii() else 0
    ids = found.ids[start : start + ROWS]
    by_ids = Query(ids=tuple(ids), fields=query.fields, limit=ROWS, titles=True)
    further = str(start + ROWS) if start + ROWS < len(found.ids) else ""
    return reads.list(ctx, model, spec.code, by_ids), further, len(found.ids)


def _columns(asked: Asked, spec: ObjectType) -> tuple[str, ...]:
    """Return the columns of the object's first list that the reader may see, or its title alone."""
    known = access_to(asked.model, asked.ctx.actor, spec.code).shown_anywhere()
    if spec.parent:
        own = (code for code, field in spec.fields.items() if not field.system and code in known)
        return (PARENT, *own)[:MOST_COLUMNS]
    lists = [view for view in spec.views.values() if view.kind == "list" and view.columns]
    named = lists[0].columns if lists else (spec.title,)
    every = next((view.columns for view in lists if not view.filter), named)
    return tuple(one for one in every if one in known)[:MOST_COLUMNS] or (spec.title,)


def _context(asked: Asked, found: Behind, spec: ObjectType, page: Page) -> Drawn:
    language = asked.language
    seen = [code for code in _columns(asked, spec) if _shown(page, code)]
    table = Table(asked, spec, seen)
    columns = [
        {name: value for name, value in column.items() if name != "sort_url"}
        for column in table.columns(Arrangement(spec.code), ())
    ]
    chart, figure = found.chart.text(language), found.figure.text(language)
    return {
        "object": heading(asked, spec),
        "title": figure if figure == chart or not chart else f"{chart} · {figure}",
        "columns": columns,
        "rows": table.rows(page.rows),
        "note": found.note.text(language) if found.note else "",
        "parts": [_part(asked, one, found) for one in found.parts],
    }


def _shown(page: Page, code: str) -> bool:
    return not page.rows or any(code in record.values for record in page.rows)


def _part(asked: Asked, one: Behind, shown: Behind) -> Drawn:
    """Return one of the figures that a number is made of."""
    return {
        "label": one.figure.text(asked.language),
        "n": len(one.ids or ()),
        "href": _url(of=one.code, after=""),
        "current": one.code == shown.code,
    }


def _url(**other: str) -> str:
    """Return the address of this list with other values in it."""
    given = {**request.args.to_dict(), "after": "", **other}
    return f"{request.path}?{urlencode({name: value for name, value in given.items() if value})}"
