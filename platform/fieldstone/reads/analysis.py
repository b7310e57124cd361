"""The part of the reading door that reports ask: histories counted, values spread, all within what the actor may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads import happenings, spreads, stage_figures
from fieldstone.reads.aggregates import aggregates
from fieldstone.reads.credits import HadAt, ids_credited
from fieldstone.reads.door import Reads
from fieldstone.reads.happenings import Dealt, Happening
from fieldstone.reads.query import Query
from fieldstone.reads.stage_figures import Stay


@dataclass(frozen=True)
class Analysis:
    """Questions about one object, in one actor's name. Each raises RefusedError as its module says."""

    reads: Reads
    ctx: Context
    model: Model
    object_name: str

    def happened(self, query: Query, event: Happening, group: str = "") -> dict[object, int]:
        """Return how many records something happened to, by who had them at that moment."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return happenings.happened(sight, self.object_name, query, event, group)

    def credited(
        self, query: Query, at: str, measures: Mapping[str, str]
    ) -> list[dict[str, object]]:
        """Return the figures by "owner": who had each record at its date or moment `at`, or when it was closed."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return aggregates(sight, self.object_name, query, (), measures, at)

    def grouped(
        self, query: Query, group: Sequence[str], measures: Mapping[str, str], at: str = ""
    ) -> list[dict[str, object]]:
        """Return the figures by groups, at most as many as the query's limit; with `at` first by "owner", as above."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return aggregates(sight, self.object_name, query, group, measures, at)

    def dealt(self, query: Query, event: Happening) -> tuple[Counter[Dealt], Counter[str]]:
        """Return how assignment chose: whom among whom, how often; and how often each could not be chosen."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return happenings.dealt(sight, self.object_name, query, event)

    def passed_over(self, query: Query, event: Happening, person: str, *, free: bool) -> list[str]:
        """Return the ids of the records that somebody could have got, or could not."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return happenings.passed_over(sight, self.object_name, query, event, person, free=free)

    def whom(self, query: Query, event: Happening, at: tuple[str, object]) -> list[str]:
        """Return the ids of the records behind one such number."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return happenings.whom_it_happened_to(sight, self.object_name, query, event, at)

    def quantiles(
        self, query: Query, value: str, percents: Sequence[int], group: str | HadAt = ""
    ) -> dict[object, tuple[object, ...]]:
        """Return the values below which these percents of each group lie."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return spreads.quantiles(sight, self.object_name, query, value, percents, group)

    def credited_ids(self, query: Query, at: str, person: str, *, then: bool) -> list[str]:
        """Return the ids of the records that are credited to a person."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return ids_credited(sight, self.object_name, query, at, person, then=then)

    def standing_at(self, query: Query, stages: Sequence[str], at: datetime) -> list[int]:
        """Return how many records stood in each stage at a moment."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.standing_at(sight, self.object_name, query, stages, at)

    def reached_by(
        self, query: Query, stages: Sequence[str], group: str
    ) -> dict[object, list[int]]:
        """Return how many records of each group ever reached each stage, or a later one."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.reached_by(sight, self.object_name, query, stages, group)

    def that_reached(self, query: Query, stages: Sequence[str], limit: int) -> list[str]:
        """Return the ids of records that ever entered one of the stages."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.ids_that_reached(sight, self.object_name, query, stages, limit)

    def stays(self, query: Query, stages: Sequence[str], lost: Sequence[str]) -> list[Stay]:
        """Return how records fared in each stage."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.stays(sight, self.object_name, query, stages, lost)

    def by_fate(
        self,
        query: Query,
        stages: tuple[Sequence[str], Sequence[str]],
        one: tuple[str, str],
    ) -> list[str]:
        """Return the ids of records that went on from a stage, or were lost from it."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.ids_by_fate(sight, self.object_name, query, stages, one)

    def lengths_of_stay(self, query: Query, percents: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return, by stage, how many seconds these percents of the ended visits took at most."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.lengths_of_stay(sight, self.object_name, query, percents)

    def waiting_since(self, query: Query) -> dict[str, tuple[datetime, datetime]]:
        """Return, by stage, since when those in it wait: the longest, and half of them."""
        with self.reads.sight(self.ctx, self.model) as sight:
            return stage_figures.waiting_since(sight, self.object_name, query)
