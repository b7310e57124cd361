"""What those who look after a pool ask of it; everybody else gets 403, and 404 for a pool that is not theirs at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.assigned import held_by
from fieldstone.reads.door import Reads
from fieldstone.reads.pool_people import Standing, people_of, stranded, stranded_ids
from fieldstone.reads.pool_signs import Sign, signs_of
from fieldstone.reads.pool_traffic import Traffic, records_of_traffic, traffic_of
from fieldstone.reads.pools import inside_of
from fieldstone.reads.sight import Sight


@dataclass(frozen=True)
class PoolDesk:
    """One pool of one object, asked by one person."""

    reads: Reads
    ctx: Context
    model: Model
    object_name: str
    pool: str

    def signs(self, ids: Sequence[str]) -> Mapping[str, Sign]:
        """Return what stands beside records that the person sees in the pool."""
        with self.reads.sight(self.ctx, self.model) as sight:
            inside_of(sight, self.object_name, self.pool)
            return signs_of(sight, self.object_name, self.pool, ids)

    def traffic(self, days: int) -> Traffic:
        """Return what went in and out in the last days. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            return traffic_of(sight, self.object_name, self.pool, days)

    def behind(self, days: int, number: tuple[str, str]) -> list[str]:
        """Return the ids of the records behind a number of the traffic. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            return records_of_traffic(sight, self.object_name, self.pool, days, number)

    def people(self) -> tuple[Standing, ...]:
        """Return the members with their limits. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            return people_of(sight, self.object_name, self.pool)

    def held_by(self, person: str) -> str:
        """Return, as a condition, what a member holds of what their limit counts. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            return held_by(sight, self.object_name, person)

    def stranded(self) -> Mapping[str, int]:
        """Return how many records lie in pools that are gone; nothing for who is no administrator."""
        if not self.reads.administers(self.ctx, self.model):
            return {}
        with self.reads.sight(self.ctx, self.model) as sight:
            return stranded(sight, self.object_name)

    def lying(self, limit: int) -> Sequence[str]:
        """Return the ids of records in the pool, also in one that is gone. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            if not self.reads.administers(self.ctx, self.model):
                self._looks_after(sight)
            return stranded_ids(sight, self.object_name, self.pool, limit)

    def _looks_after(self, sight: Sight) -> None:
        if not inside_of(sight, self.object_name, self.pool).administers:
            text = "Only those who look after this pool see that."
            raise RefusedError([Problem("forbidden", "pool", text, "Ask who looks after it.")], 403)
