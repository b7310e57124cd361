"""The board of an object: a column per stage, cards to drag, and what each drop would do, said before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict

from fieldstone.base.cached import cached_property
from fieldstone.model.objects import ObjectType, Pipeline, Stage
from fieldstone.reads.query import COUNTED_IN_COLUMN, BoardColumn, Query
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.earlier_codes import arranged_by
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import compact, counted, usual_text, usual_time
from fieldstone.web.pages.arranging import arrangement_of, with_trail
from fieldstone.web.pages.cards import Cards
from fieldstone.web.pages.list import Listing, filter_step, named_alone, unknown_view
from fieldstone.web.pages.moves import moves_of, verbs_of
from fieldstone.web.pages.subjects import not_there, object_of

PAGE = Blueprint("board", __name__)
CARDS: Final = 20
NEWEST: Final = (("created_at", True),)
Column = dict[str, Any]


@dataclass(frozen=True)
class Board:
    """One board as its reader arranged it."""

    listing: Listing
    pipeline: Pipeline
    opened: frozenset[str]

    @property
    def asked(self) -> Asked:
        """Return the request."""
        return self.listing.asked

    @property
    def spec(self) -> ObjectType:
        """Return the object."""
        return self.listing.spec

    @cached_property
    def cards(self) -> Cards:
        """Return how cards are drawn."""
        declared = self.listing.chosen.declared
        way = with_trail("", self.listing.arranged.trail)
        return Cards(self.asked, self.spec, declared, self.pipeline, way)

    def query(self, **more: Any) -> Query:
        """Return the question behind the board: the filters, within one pipeline."""
        query = self.listing.query(fields=self.cards.codes, limit=CARDS, titles=True, **more)
        if not query.sort and "created_at" in self.listing.access.readable_anywhere():
            query = replace(query, sort=NEWEST)  # the order of the index that columns have
        pipelines = self.spec.pipelines
        if pipelines is None or not pipelines.pipeline_field or len(pipelines.pipelines) == 1:
            return query
        within = f"{pipelines.pipeline_field} == '{self.pipeline.code}'"
        return replace(query, filter=f"({query.filter}) and {within}" if query.filter else within)

    def columns(self) -> list[Column]:
        """Return all columns, each with its first cards."""
        asked, late = self.asked, self.late()
        found = asked.site.reads.board(
            asked.ctx,
            asked.model,
            self.spec.code,
            self.spec.stage_field,
            self.query(),
            self.cards.sum_code
            if self.cards.sum_code in self.listing.access.readable_anywhere()
            else "",
        )
        return [
            self._column(self.pipeline.stages[one.option], one, late)
            for one in found
            if one.option is not None and one.option in self.pipeline.stages
        ]

    def _column(self, stage: Stage, found: BoardColumn, late: Mapping[str, str]) -> Column:
        return {
            **self.head(stage, found, late),
            "cards": [self.cards.card(record) for record in found.page.rows],
            "left": max(0, found.count - len(found.page.rows)),
            "more_url": self.more_url(stage, found.page.next_cursor),
            "add_url": self._add_url(stage),
        }

    def head(self, stage: Stage, found: BoardColumn, late: Mapping[str, str]) -> Column:
        """Return what stands at the top of a column."""
        language = self.asked.language
        head: Column = {
            "id": stage.code,
            "name": stage.label.text(language),
            "tone": stage.color,
            "count": f"{found.count:,}{'+' if found.more else ''}",
            "late": late.get(stage.code, ""),
            "closed": stage.kind != "open",
            "open_url": self.url(opened=[*self.opened, stage.code]),
        }
        if self.cards.sum_code:
            head["sum"] = compact(self.spec.fields[self.cards.sum_code], found.sum, language)
        if stage.kind == "open" and stage.within:
            usual = usual_text(self.listing.speech, stage.within)
            head["typical"] = self.listing.speech.t("within {time}", time=usual) if usual else ""
        return head

    def late(self) -> dict[str, str]:
        """Return by stage how many records stay longer than is usual there."""
        timed = {
            stage.code: usual
            for stage in self.pipeline.stages.values()
            if stage.kind == "open" and (usual := usual_time(stage.within))
        }
        if not timed or "stage_entered_at" not in self.listing.access.readable_anywhere():
            return {}
        asked, up_to = self.asked, COUNTED_IN_COLUMN
        query = replace(self.query(), count_up_to=up_to + 1)
        found = {}
        for code, usual in timed.items():
            later = self._later(code, usual)
            within = f"({query.filter}) and {later}" if query.filter else later
            number = asked.site.reads.count(
                asked.ctx, asked.model, self.spec.code, replace(query, filter=within)
            )
            found[code] = counted(number, up_to) if number else ""
        return found

    def _later(self, stage: str, usual: timedelta) -> str:
        before = (self.asked.ctx.now - usual).isoformat()
        return f"{self.spec.stage_field} == '{stage}' and stage_entered_at < '{before}'"

    def url(self, opened: Sequence[str] | None = None) -> str:
        """Return the address of this board, with these closed columns open."""
        shown = sorted(self.opened if opened is None else set(opened))
        more = [("open", code) for code in shown]
        kept = [pair for pair in self.listing.arranged.also if pair[0] != "open"]
        return self.listing.arranged.url(also=(*more, *kept))

    def column_query(self, stage: Stage, **more: Any) -> Query:
        """Return the question behind one column."""
        return self.query(column=(self.spec.stage_field, stage.code), **more)

    def more_url(self, stage: Stage, cursor: str | None) -> str:
        """Return where the next cards of a column come from, "" at its end."""
        if not cursor:
            return ""
        more = [("stage", stage.code), ("after", cursor)]
        return self.listing.arranged.url(f"{self.listing.arranged.path}/cards", more)

    def _add_url(self, stage: Stage) -> str:
        first = stage is self.pipeline.first
        return f"/o/{self.spec.code}/new" if first and self.listing.access.may_create else ""

    def context(self) -> dict[str, Any]:
        """Return everything pages/board.html takes."""
        columns = self.columns()
        rails = [c for c in columns if c["closed"] and c["id"] not in self.opened]
        return {
            **self.listing.frame(),
            "views": self.views(),
            "columns": [column for column in columns if column not in rails],
            "rails": rails,
            "moves": moves_of(self.asked, self.spec, self.pipeline),
            "verbs": verbs_of(self.asked, self.spec),
        }

    def views(self) -> list[dict[str, Any]]:
        """Return the views; an object with several pipelines has a board for each."""
        entries = self.listing.frame()["views"]
        pipelines = self.spec.pipelines
        if pipelines is None or len(pipelines.pipelines) == 1:
            return list(entries)
        first = next(iter(pipelines.pipelines.values()))
        declared = [
            {
                "label": f"{entry['label']} · {one.label.text(self.asked.language)}",
                "href": entry["href"] + ("" if one is first else f"&pipeline={one.code}"),
                "current": entry["current"] and one is self.pipeline,
            }
            for entry in entries
            for one in pipelines.pipelines.values()
            if "saved" not in entry
        ]
        return [*declared, *(entry for entry in entries if "saved" in entry)]


def board_of(asked: Asked, object_name: str, given: MultiDict[str, str]) -> Board:
    """Return the board that a query string asks for. Raises RefusedError (404) for an object without stages."""
    spec = object_of(asked, object_name)
    if spec.pipelines is None:
        raise not_there()
    pipelines = spec.pipelines.pipelines
    pipeline = pipelines.get(given.get("pipeline", "")) or next(iter(pipelines.values()))
    arranged = replace(arrangement_of(f"/o/{object_name}/board", given), deleted=False)
    return Board(
        Listing(asked, spec, arranged, "board"), pipeline, frozenset(given.getlist("open"))
    )


@PAGE.get("/o/<object_name>/board")
def board_page(object_name: str) -> Any:
    """Show the board, or a step of its filter menu."""
    asked = the_call()
    board = board_of(asked, object_name, request.args)
    if (step := filter_step(board.listing)) is not None:
        return step
    if (whole := named_alone(board.listing)) is not None:
        return redirect(whole.url(), 303)
    if (unknown := unknown_view(board.listing)) is not None:
        return unknown
    response = drawing.page(asked, "board", board.context())
    if drawing.wanted_block() == "main":
        response.headers["HX-Push-Url"] = board.url()
    return response


@PAGE.get("/o/<object_name>/board/cards")
def more_cards(object_name: str) -> Response:
    """Answer the next cards of one column."""
    asked = the_call()
    board = board_of(asked, object_name, request.args)
    stage = board.pipeline.stages.get(request.args.get("stage", ""))
    if stage is None:
        raise not_there()
    query = board.column_query(stage, cursor=request.args.get("after", ""))
    page = asked.site.reads.list(asked.ctx, asked.model, object_name, query)
    column = {
        "id": stage.code,
        "cards": [board.cards.card(record) for record in page.rows],
        "more_url": board.more_url(stage, page.next_cursor),
        "left": 0,
    }
    return drawing.fragment(asked, "cards", {"column": column})


def moved(asked: Asked, object_name: str, record_id: str, stages: Sequence[str]) -> dict[str, Any]:
    """Return the context of pages/moved.html: the card as it is now, and the heads of these columns.

    The counts are those of the board that the reader looks at, which htmx names with HX-Current-URL.
    Raises RefusedError (404) when the record is not to be seen any more.
    """
    there = dict_of(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    words = arranged_by(asked, object_of(asked, object_name), there.items(multi=True))
    board = board_of(asked, object_name, MultiDict(words))
    reads, field = asked.site.reads, board.spec.stage_field
    query = Query(fields=board.cards.codes, titles=True)
    record = reads.get(asked.ctx, asked.model, object_name, record_id, query)
    if record is None:
        raise not_there()
    summed = board.cards.sum_code
    shown = reads.board(
        asked.ctx, asked.model, object_name, field, replace(board.query(), limit=1), summed
    )
    found, late = {column.option: column for column in shown}, board.late()
    heads = [
        board.head(board.pipeline.stages[code], found[code], late)
        for code in dict.fromkeys(stages)
        if code in board.pipeline.stages and code in found
    ]
    card = board.cards.card(record)
    return {"card": card, "stage": record.values.get(field), "heads": heads}


def dict_of(url: str) -> MultiDict[str, str]:
    """Return the query of an address."""
    return MultiDict(parse_qsl(urlsplit(url).query))
