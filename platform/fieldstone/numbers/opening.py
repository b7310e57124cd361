"""Which board a number belongs to, and the pages of ids that programs and commands read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from fieldstone.base.names import did_you_mean
from fieldstone.numbers.assignment import of_assignment
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.numbers.pools import of_pool
from fieldstone.numbers.ranking import of_ranking
from fieldstone.numbers.sources import of_source
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.reports.behind import Behind
from fieldstone.reports.dashboards import Asked as AskedReports
from fieldstone.reports.dashboards import records_behind as of_dashboard

# A board is named KIND:CODE; a code alone is that of a dashboard.
BOARDS: Final[Mapping[str, Callable[[Asked, str, Number], Behind]]] = {
    "assignment": of_assignment,
    "ranking": of_ranking,
    "pool": of_pool,
    "source": of_source,
}


def records_behind(asked: Asked, board: str, number: Number) -> Behind:
    """Return the records behind a number, as far as who asks may see them. Raises RefusedError: 400, 403, 404."""
    kind, colon, code = board.partition(":")
    if not colon:
        reports = AskedReports(asked.site.reads, asked.ctx, asked.model)
        line = (number.figure, number.key)
        return of_dashboard(reports, board, number.period, number.chart, line)
    if kind not in BOARDS:
        raise nothing("board", board, did_you_mean(kind[:40], BOARDS))
    return BOARDS[kind](asked, code, number)


def ids_of(asked: Asked, found: Behind, after: str = "") -> tuple[list[str], int, str | None]:
    """Return a page of the ids, how many there are in all, and where the next page begins."""
    reads, ctx, model, name = asked.site.reads, asked.ctx, asked.model, found.object_name
    if found.parts:
        found = replace(found, ids=of_parts(found), parts=())
    if found.ids is not None:
        start = int(after) if after.isascii() and after.isdecimal() else 0
        further = start + HIGHEST_LIMIT
        ids = list(found.ids[start:further])
        return ids, len(found.ids), str(further) if further < len(found.ids) else None
    query = Query(filter=found.condition, fields=("id",), limit=HIGHEST_LIMIT, cursor=after)
    page = reads.list(ctx, model, name, query)
    total = reads.count(ctx, model, name, Query(filter=found.condition))
    return [one.id for one in page.rows], total, page.next_cursor


def of_parts(found: Behind) -> tuple[str, ...]:
    """Return the records of a number that is made of several figures, each once."""
    return tuple(dict.fromkeys(one for part in found.parts for one in part.ids or ()))


def every_id(asked: Asked, found: Behind) -> Iterator[str]:
    """Yield all ids, page by page."""
    after: str | None = ""
    while after is not None:
        ids, _, after = ids_of(asked, found, after)
        yield from ids
