"""The reading door of a site: what pages, REST, reports, actions and exports call.

Every call names a context; what comes back is what its actor may see, and nothing tells them of the rest.
Raises RefusedError with status 400 for malformed questions and 404 for objects the actor does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fieldstone.access.viewer import Viewer
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.aggregates import aggregates
from fieldstone.reads.boards import columns_of_board
from fieldstone.reads.claiming import Claiming, claiming_of
from fieldstone.reads.expanding import Titles, titles_of
from fieldstone.reads.frame import may_read
from fieldstone.reads.listing import page_of, record_of, told_page_of, told_record_of, total_of
from fieldstone.reads.places import Beside, Place, beside_of, place_of
from fieldstone.reads.pools import Inside, inside_of, into_pool, pools_of
from fieldstone.reads.query import (
    EVERYTHING,
    BoardColumn,
    Choice,
    Hit,
    Page,
    Query,
    Record,
)
from fieldstone.reads.record_door import RecordReads
from fieldstone.reads.searching import choices, found_anywhere
from fieldstone.reads.sight import Sight
from fieldstone.reads.stage_figures import reached
from fieldstone.reads.told import NO_NAMES, Told, ToldPage
from fieldstone.storage.reader import Reader

# Inside the class `list` is the method.
Lines = list[dict[str, object]]
Hits = list[Hit]
Choices = list[Choice]
Board = list[BoardColumn]
Counts = list[int]
COUNT: Final[Mapping[str, str]] = {"count": "count()"}


class Reads(RecordReads):
    """The door for reading."""

    def get(
        self, ctx: Context, model: Model, object_name: str, id: str, query: Query = EVERYTHING
    ) -> Record | None:
        """Return one record; `query` says which fields, what to expand and whether to look into the bin."""
        with self.sight(ctx, model, single=True) as sight:
            inside, query = into_pool(sight, object_name, query, id)
            return record_of(inside, object_name, id, query)

    def told(
        self,
        ctx: Context,
        model: Model,
        object_name: str,
        id: str,
        query: Query = EVERYTHING,
        earlier: Mapping[str, str] = NO_NAMES,
    ) -> Told | None:
        """Return one record as JSON; values stand under their `earlier` codes (to present ones), too."""
        with self.sight(ctx, model, single=True) as sight:
            inside, query = into_pool(sight, object_name, query, id)
            return told_record_of(inside, object_name, id, query, earlier)

    def told_page(
        self,
        ctx: Context,
        model: Model,
        object_name: str,
        query: Query = EVERYTHING,
        earlier: Mapping[str, str] = NO_NAMES,
    ) -> ToldPage:
        """Return one page of records as JSON; values stand under their `earlier` codes, too."""
        with self.sight(ctx, model, single=True) as sight:
            inside, query = into_pool(sight, object_name, query)
            return told_page_of(inside, object_name, query, earlier)

    def within(
        self, transaction: Reader, ctx: Context, model: Model, object_name: str, id: str
    ) -> Record | None:
        """Return one record as it stands in a transaction that is open, None when it is not there for the actor."""
        sight = Sight(ctx, model, transaction.tables, transaction, kept=self._kept)
        return record_of(sight, object_name, id, EVERYTHING)

    def list(self, ctx: Context, model: Model, object_name: str, query: Query = EVERYTHING) -> Page:
        """Return one page of records."""
        with self.sight(ctx, model, single=True) as sight:
            inside, query = into_pool(sight, object_name, query)
            return page_of(inside, object_name, query)

    def every(
        self, ctx: Context, model: Model, object_name: str, query: Query = EVERYTHING
    ) -> Iterator[Record]:
        """Yield all records of a query, page by page, for a file that leaves the house.

        Raises RefusedError (403) when the actor may not export the object.
        """
        with self.sight(ctx, model) as sight:
            if not may_read(sight.viewer, object_name).may_export:
                raise RefusedError([_no_export(model, object_name)], 403)
        cursor: str | None = ""
        while cursor is not None:
            page = self.list(ctx, model, object_name, replace(query, cursor=cursor))
            yield from page.rows
            cursor = page.next_cursor

    def beside(
        self, ctx: Context, model: Model, object_name: str, id: str, query: Query
    ) -> Beside | None:
        """Return a record's neighbours in the list of a query, None when it is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return beside_of(sight, object_name, id, query)

    def place(
        self, ctx: Context, model: Model, object_name: str, id: str, query: Query
    ) -> Place | None:
        """Return where a record stands in the list of a query, None when it is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return place_of(sight, object_name, id, query)

    def count(self, ctx: Context, model: Model, object_name: str, query: Query = EVERYTHING) -> int:
        """Return how many records the query finds."""
        with self.sight(ctx, model) as sight:
            inside, query = into_pool(sight, object_name, query)
            return total_of(inside, object_name, query)

    def aggregate(
        self,
        ctx: Context,
        model: Model,
        object_name: str,
        query: Query = EVERYTHING,
        *,
        group: Sequence[str] = (),
        measures: Mapping[str, str] = COUNT,
    ) -> Lines:
        """Return one dict per group: group values under their texts, figures under their names.

        The rows are those of `query` (filter, extra, q, pool, deleted). A group is an expression such as "channel",
        "channel.kind" or "month(created_at)"; a measure is "count()", "count(condition)", "sum(value)" or
        "sum(value, condition)", with avg, min and max alike.
        """
        with self.sight(ctx, model) as sight:
            inside, query = into_pool(sight, object_name, query)
            return aggregates(inside, object_name, query, group, measures)

    def reached(
        self, ctx: Context, model: Model, object_name: str, query: Query, stages: Sequence[str]
    ) -> Counts:
        """Return how many records of the query ever reached each of `stages`, or a later one of them."""
        with self.sight(ctx, model) as sight:
            return reached(sight, object_name, query, stages)

    def search(
        self,
        ctx: Context,
        model: Model,
        text: str,
        objects: Sequence[str] | None = None,
        limit: int = 20,
    ) -> Hits:
        """Return records of all objects that hold the text."""
        with self.sight(ctx, model) as sight:
            return found_anywhere(sight, text, objects, limit)

    def options(
        self, ctx: Context, model: Model, object_name: str, text: str = "", limit: int = 20
    ) -> Choices:
        """Return records that a lookup to this object may be set to."""
        with self.sight(ctx, model) as sight:
            return choices(sight, object_name, text, limit)

    def titles(self, ctx: Context, model: Model, references: Iterable[tuple[str, str]]) -> Titles:
        """Return what records are called, by (object, id); one query per object."""
        with self.sight(ctx, model) as sight:
            return titles_of(sight, references)

    def board(
        self,
        ctx: Context,
        model: Model,
        object_name: str,
        by: str,
        query: Query = EVERYTHING,
        add_up: str = "",
    ) -> Board:
        """Return a column per option of the select field `by`; `query.limit` cards in each.

        `add_up` names the number field whose sum stands above a column.
        """
        with self.sight(ctx, model) as sight:
            return columns_of_board(sight, object_name, by, query, add_up)

    def pool(
        self, ctx: Context, model: Model, pool: str, object_name: str, query: Query = EVERYTHING
    ) -> Page:
        """Return what lies in a public pool, as the actor may see it before claiming."""
        return self.list(ctx, model, object_name, replace(query, pool=pool))

    def pools(self, ctx: Context, model: Model, object_name: str) -> tuple[str, ...]:
        """Return the pools of an object that the actor may look into."""
        with self.sight(ctx, model) as sight:
            return tuple(pools_of(sight, object_name))

    def inside(self, ctx: Context, model: Model, pool: str, object_name: str) -> Inside:
        """Return how the actor looks into a pool. Raises RefusedError (404) when it is not there for them."""
        with self.sight(ctx, model) as sight:
            return inside_of(sight, object_name, pool)

    def administers(self, ctx: Context, model: Model) -> bool:
        """Tell whether a role of the actor is an administrator's."""
        return ctx.actor.is_system or Viewer(model, ctx.actor).administers

    def claiming(
        self, ctx: Context, model: Model, pool: str, object_name: str, ids: Sequence[str] = ()
    ) -> Claiming:
        """Return what the actor may still claim from a pool, and why not these records."""
        with self.sight(ctx, model) as sight:
            return claiming_of(sight, pool, object_name, ids)


def _no_export(model: Model, object_name: str) -> Problem:
    things = model.objects[object_name].plural.en.lower()
    return Problem(
        "forbidden",
        object_name,
        f"Your roles do not let you export {things}.",
        f"Ask an administrator for a role that may export {things}.",
    )
