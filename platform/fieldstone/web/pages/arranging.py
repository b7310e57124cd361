"""How somebody arranged a list or a board: view, filters, order, columns. The address holds all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import Sort, sort_from
from fieldstone.web.pages.filters import Filter, read_filter

MOST_FILTERS: Final = 20
MOST_COLUMNS: Final = 40
LONGEST_SEARCH: Final = 200

Trail = tuple[tuple[str, str], ...]


def with_trail(url: str, trail: Trail) -> str:
    """Return the address of a record with the way that led to it."""
    link = "&" if "?" in url else "?"
    return f"{url}{link}{urlencode(trail, safe=':~,')}" if trail else url


@dataclass(frozen=True)
class Arrangement:
    """What the address of a list says. `path` is the address without its query.

    `also` is what a calendar adds (which month or week it shows, and how; no view keeps that), or a board (its pipeline
    and the closed columns that stand open).
    """

    path: str
    view: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    q: str = ""
    deleted: bool = False
    also: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """Return what the address shows: list, board or calendar."""
        last = self.path.rpartition("/")[2]
        return last if last in ("board", "calendar") and self.path.count("/") > 2 else "list"  # noqa: PLR2004 - /o/OBJECT

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the query as names and values, in one order, so that equal lists have equal addresses."""
        found = [("view", self.view)] if self.view else []
        found += [("f", one.text) for one in self.filters]
        found += [("sort", self.sort)] if self.sort else []
        found += [("columns", code) for code in self.columns]
        found += [("q", self.q)] if self.q else []
        found += [("deleted", "1")] if self.deleted else []
        return [*found, *self.also]

    def url(self, path: str = "", more: Sequence[tuple[str, str]] = (), **changes: Any) -> str:
        """Return the address of this arrangement, with changes, perhaps at another path."""
        changed = replace(self, **changes) if changes else self
        query = urlencode([*changed.pairs, *more], safe=":~,")
        return (path or self.path) + (f"?{query}" if query else "")

    @property
    def trail(self) -> Trail:
        """Return what the address of a record carries, so that its page knows the list one came from."""
        return (("in", self.kind), *self.pairs)

    def keep(self, *without: str) -> list[tuple[str, str]]:
        """Return what a form sends along, without what the form itself sets."""
        return [(name, value) for name, value in self.pairs if name not in without]

    def without(self, at: int) -> Arrangement:
        """Return the arrangement without one of its filters."""
        return replace(self, filters=(*self.filters[:at], *self.filters[at + 1 :]))

    def adding(self, new: Filter, at: int | None = None) -> Arrangement:
        """Return the arrangement with a further filter, or with another one in place of `at`."""
        filters = list(self.filters)
        if at is not None and 0 <= at < len(filters):
            filters[at] = new
        else:
            filters.append(new)
        return replace(self, filters=tuple(filters[:MOST_FILTERS]))

    def condition(self, spec: ObjectType, today: date) -> str | None:
        """Return all filters as one expression. Raises RefusedError (400)."""
        parts = [f"({one.expression(spec, today)})" for one in self.filters]
        return " and ".join(parts) or None

    @property
    def order(self) -> Sort:
        """Return the chosen order, () when none was chosen."""
        return sort_from(self.sort)

    @property
    def body(self) -> dict[str, object]:
        """Return what a saved view keeps."""
        kept: dict[str, object] = {"view": self.view, "filters": [f.text for f in self.filters]}
        kept |= {"sort": self.sort, "columns": list(self.columns), "q": self.q}
        if self.kind == "board":
            kept |= {"kind": "board", "also": [list(pair) for pair in self.also]}
        return kept


def board_extras(given: MultiDict[str, str]) -> Trail:
    """Return what the address of a board says besides views, filters and order."""
    opened = [("open", code[:60]) for code in given.getlist("open")[:MOST_COLUMNS]]
    pipeline = given.get("pipeline", "")[:60]
    return (*opened, *((("pipeline", pipeline),) if pipeline else ()))


def arrangement_of(path: str, given: MultiDict[str, str]) -> Arrangement:
    """Return the arrangement that a query string asks for."""
    arranged = Arrangement(
        path,
        given.get("view", "")[:60],
        tuple(read_filter(text) for text in given.getlist("f")[:MOST_FILTERS]),
        given.get("sort", "")[:200],
        tuple(dict.fromkeys(given.getlist("columns")[:MOST_COLUMNS])),
        given.get("q", "").strip()[:LONGEST_SEARCH],
        "deleted" in given,
    )
    return replace(arranged, also=board_extras(given)) if arranged.kind == "board" else arranged
