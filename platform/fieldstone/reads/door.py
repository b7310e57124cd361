"""The reading door of a site: what pages, REST, reports, actions and exports call.

Every call names a context; what comes back is what its actor may see, and nothing tells them of the rest.
Raises RefusedError with status 400 for malformed questions and 404 for objects the actor does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from fieldstone.access.viewer import Viewer
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.aggregates import aggregates
from fieldstone.reads.boards import columns_of_board
from fieldstone.reads.claiming import Claiming, claiming_of
from fieldstone.reads.converting import Asked, Converting, conversions_of, converting_of, may_check
from fieldstone.reads.deadlines import Running, running_of
from fieldstone.reads.drafting import Drafted, Items, drafted_of
from fieldstone.reads.expanding import Titles, titles_of
from fieldstone.reads.explaining import Why, explained
from fieldstone.reads.frame import may_read
from fieldstone.reads.history import History, history_of
from fieldstone.reads.kept import Kept
from fieldstone.reads.leaving import LeavingPlan, plan_for
from fieldstone.reads.listing import page_of, record_of, told_page_of, told_record_of, total_of
from fieldstone.reads.merges import led_to, merges_into
from fieldstone.reads.pairs import (
    PairPage,
    PairQuery,
    masked_name,
    open_pairs,
    pair_between,
    pair_of,
    pairs_of,
)
from fieldstone.reads.places import Beside, Place, beside_of, place_of
from fieldstone.reads.points import Life, points_of
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
from fieldstone.reads.scores import Score, scores_of
from fieldstone.reads.searching import choices, found_anywhere
from fieldstone.reads.sight import Sight
from fieldstone.reads.stage_figures import reached
from fieldstone.reads.standing import Standing, standing_of
from fieldstone.reads.told import NO_NAMES, Told, ToldPage
from fieldstone.rules.contract import Found
from fieldstone.storage.database import Storage
from fieldstone.storage.merges import Merged
from fieldstone.storage.reader import Reader
from fieldstone.storage.suspects import SuspectedPair

# Inside the class `list` is the method.
Lines = list[dict[str, object]]
Hits = list[Hit]
Choices = list[Choice]
Board = list[BoardColumn]
Counts = list[int]
COUNT: Final[Mapping[str, str]] = {"count": "count()"}


class Reads:
    """The door for reading."""

    def __init__(self, storage: Storage) -> None:
        """Read from `storage`."""
        self._storage = storage
        self._kept = Kept()

    @contextmanager
    def sight(self, ctx: Context, model: Model, *, single: bool = False) -> Iterator[Sight]:
        """Open one snapshot for several reads of one request; `single`: for one record or one page alone."""
        tables = self._storage.use(model)
        with self._storage.reading(tables, ctx) as reader:
            yield Sight(ctx, model, tables, reader, kept=self._kept, single=single)

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

    def history(self, ctx: Context, model: Model, object_name: str, id: str) -> History | None:
        """Return a record's changes, stages and owners, None when it is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return history_of(sight, object_name, id)

    def explain(
        self, ctx: Context, model: Model, object_name: str, id: str
    ) -> tuple[Why, ...] | None:
        """Return why automatic decisions about a record were made, None when it is not there."""
        with self.sight(ctx, model) as sight:
            return explained(sight, object_name, id)

    def led_to(self, ctx: Context, model: Model, object_name: str, id: str) -> str | None:
        """Return the record that a merged one is part of now, None when the actor may not see it."""
        with self.sight(ctx, model) as sight:
            return led_to(sight, object_name, id)

    def merges_into(
        self, ctx: Context, model: Model, object_name: str, id: str
    ) -> Sequence[Merged]:
        """Return the standing merges into a record, newest first; none when it is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return merges_into(sight, object_name, id)

    def deadlines(
        self, ctx: Context, model: Model, object_name: str, id: str
    ) -> tuple[Running, ...] | None:
        """Return the deadlines that run for a record, None when it is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return running_of(sight, object_name, id)

    def converting(
        self, ctx: Context, model: Model, object_name: str, id: str
    ) -> Converting | None:
        """Return how a record stands to its conversion; None without a map, or when it is not there."""
        with self.sight(ctx, model) as sight:
            return converting_of(sight, object_name, id)

    def conversions(self, ctx: Context, model: Model, *, waiting: bool) -> tuple[Asked, ...]:
        """Return the conversions that wait for a check, or the last ones, as far as the actor sees their records."""
        with self.sight(ctx, model) as sight:
            return conversions_of(sight, waiting=waiting)

    def may_check(self, ctx: Context, model: Model, object_name: str) -> bool:
        """Tell whether the actor confirms conversions of an object."""
        with self.sight(ctx, model) as sight:
            return may_check(sight, object_name)

    def pairs(self, ctx: Context, model: Model, object_name: str, query: PairQuery) -> PairPage:
        """Return pairs of records that may be the same, both of which the actor may see."""
        with self.sight(ctx, model) as sight:
            return pairs_of(sight, object_name, query)

    def pair(self, ctx: Context, model: Model, id: str) -> SuspectedPair | None:
        """Return one pair, None when one of its records is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return pair_of(sight, id)

    def pair_between(
        self, ctx: Context, model: Model, one: str, other: str
    ) -> SuspectedPair | None:
        """Return the pair that two records make, None when none is suspected or one is not there for the actor."""
        with self.sight(ctx, model) as sight:
            return pair_between(sight, one, other)

    def masked_name(self, ctx: Context, model: Model, object_name: str, id: str) -> Found | None:
        """Return a live record that the actor need not see; a duplicate rule says what may be told of it."""
        with self.sight(ctx, model) as sight:
            return masked_name(sight, object_name, id)

    def open_pairs(self, ctx: Context, model: Model, id: str) -> Sequence[SuspectedPair]:
        """Return what a record may be the same as; the actor need not see the other record."""
        with self.sight(ctx, model) as sight:
            return open_pairs(sight, id)

    def leaving(
        self, ctx: Context, model: Model, person: str, chosen: Mapping[str, str] | None = None
    ) -> LeavingPlan | None:
        """Return what somebody would hand over, counted whoever may see it; None without a rule or such a person.

        Raises RefusedError: 403 for who may not switch this person off, 422 for `chosen` heirs who cannot take it.
        """
        with self.sight(ctx, model) as sight:
            return plan_for(sight, person, chosen)

    def scores(self, ctx: Context, model: Model, object_name: str, id: str) -> tuple[Score, ...]:
        """Return what a record's scores are made of; () when it is not there or has none."""
        with self.sight(ctx, model) as sight:
            return scores_of(sight, object_name, id)

    def points(self, ctx: Context, model: Model, object_name: str, id: str) -> Life:
        """Return a record's ledger, how complete it is, and the crossings of its lifecycle that lie ahead."""
        with self.sight(ctx, model) as sight:
            return points_of(sight, object_name, id)

    def standing(
        self,
        ctx: Context,
        model: Model,
        object_name: str,
        id: str | None,
        typed: Mapping[str, object] | None = None,
    ) -> Standing | None:
        """Return what the actor may do with a record (None: a new one) with `typed` values in place."""
        with self.sight(ctx, model) as sight:
            return standing_of(sight, object_name, id, typed or {})

    def drafted(
        self,
        ctx: Context,
        model: Model,
        object_name: str,
        id: str | None,
        typed: Mapping[str, object],
        items: Items,
    ) -> Drafted | None:
        """Return what line items and the totals over them come to, with `typed` values in place (id None: a new record)."""
        with self.sight(ctx, model) as sight:
            return drafted_of(sight, object_name, id, typed, items)

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
