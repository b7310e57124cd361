"""The list or board that somebody came from to a record: the way back to it, where the record stands, and what is next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, request

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import COUNTED_IN_PLACE, Query, Record
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import counted
from fieldstone.web.pages.arranging import Trail, with_trail
from fieldstone.web.pages.board import board_of
from fieldstone.web.pages.list import listing_of
from fieldstone.web.pages.subjects import not_there, object_of

PAGE = Blueprint("trail", __name__)
IN = "in"
KINDS = ("list", "board")


@dataclass(frozen=True)
class Came:
    """Where the reader of a record's page came from: the question, its name and its address."""

    asked: Asked
    spec: ObjectType
    query: Query
    view: str
    back_url: str
    trail: Trail

    @cached_property
    def way(self) -> str:
        """Return what the addresses of the list's records carry."""
        return with_trail("", self.trail)

    def crumbs(self) -> list[dict[str, str]]:
        """Return the links back: to all records, and to the list as it was."""
        plural = self.spec.plural.text(self.asked.language)
        whole = {"label": plural, "href": f"/o/{self.spec.code}"}
        return [whole, {"label": self.view, "href": self.back_url}] if self.view else [whole]

    def place_url(self, record_id: str) -> str:
        """Return where it is told how a record stands in the list: counting may take longer than the page."""
        return f"/o/{self.spec.code}/{record_id}/place{self.way}"

    def place(self, record_id: str) -> dict[str, str]:
        """Return "12 of 86" as the reader says it, and the ways to the neighbours; nothing for a list that is no more.

        Raises RefusedError (404) for a record that is not there.
        """
        asked, t, code = self.asked, speech(self.asked.language).t, self.spec.code
        try:
            beside = asked.site.reads.beside(asked.ctx, asked.model, code, record_id, self.query)
            found = asked.site.reads.place(asked.ctx, asked.model, code, record_id, self.query)
        except RefusedError:  # a filter or an order by a field that was taken away since
            return {}
        if beside is None or found is None:
            raise not_there()
        total = counted(found.total, COUNTED_IN_PLACE)
        text = t("No longer among the {total}", total=total)
        if found.at is not None:
            text = t("{n} of {total}", n=counted(found.at, COUNTED_IN_PLACE), total=total)
        return {
            "text": text,
            "previous_url": self._url(beside.previous),
            "next_url": self._url(beside.following),
        }

    def _url(self, record_id: str | None) -> str:
        return f"/o/{self.spec.code}/{record_id}{self.way}" if record_id else ""


def came_from(asked: Asked, code: str, record: Record | None = None) -> Came | None:
    """Return the list or board that the present address carries, None without one."""
    kind = request.args.get(IN, "")
    spec = object_of(asked, code)
    if kind not in KINDS or (kind == "board" and spec.pipelines is None):
        return None
    trail = tuple((name, v) for name, v in request.args.items(multi=True) if name in CARRIED)
    try:
        if kind == "board":
            board = board_of(asked, code, request.args)
            stage = board.pipeline.stages.get(
                str(record.values.get(spec.stage_field)) if record else ""
            )
            query = board.column_query(stage) if stage else board.query()
            listing, back = board.listing, board.url()
        else:
            listing = listing_of(code)
            query, back = listing.query(), listing.arranged.url()
    except RefusedError:
        return None
    chosen = listing.chosen
    view = chosen.saved.label if chosen.saved else ""
    if not view and chosen.declared:
        view = chosen.declared.label.text(asked.language)
    return Came(asked, spec, replace(query, fields=(), titles=False), view, back, trail)


CARRIED = frozenset({IN, "view", "f", "sort", "columns", "q", "deleted", "open", "pipeline"})


@PAGE.get("/o/<code>/<record_id>/place")
def place(code: str, record_id: str) -> Response:
    """Answer where a record stands in the list that the address carries."""
    asked = the_call()
    spec = object_of(asked, code)
    query = Query(fields=(spec.stage_field,) if spec.stage_field else ())
    record = asked.site.reads.get(asked.ctx, asked.model, code, record_id, query)
    came = came_from(asked, code, record)
    if came is None:
        raise not_there()
    return drawing.fragment(asked, "place", {"place": came.place(record_id)})
