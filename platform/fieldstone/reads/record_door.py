"""What the reading door knows of records beside their values: history, reasons, merges, scores, what may be done with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.converting import Asked, Converting, conversions_of, converting_of, may_check
from fieldstone.reads.deadlines import Running, running_of
from fieldstone.reads.drafting import Drafted, Items, drafted_of
from fieldstone.reads.explaining import Why, explained
from fieldstone.reads.history import History, history_of
from fieldstone.reads.kept import Kept
from fieldstone.reads.leaving import LeavingPlan, plan_for
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
from fieldstone.reads.points import Life, points_of
from fieldstone.reads.scores import Score, scores_of
from fieldstone.reads.sight import Sight
from fieldstone.reads.standing import Standing, standing_of
from fieldstone.rules.contract import Found
from fieldstone.storage.database import Storage
from fieldstone.storage.merges import Merged
from fieldstone.storage.suspects import SuspectedPair


class RecordReads:
    """The part of the reading door that answers about one record, or what is to be decided about some."""

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
