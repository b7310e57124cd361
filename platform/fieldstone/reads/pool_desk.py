"""What those who look after a pool ask of it; everybody else gets 403, and 404 for a pool that is not theirs at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.reads.assigned import seen_among
from fieldstone.reads.door import Reads
from fieldstone.reads.holdings import held, holdings_together
from fieldstone.reads.pool_accounts import Account, Counted, charged, together
from fieldstone.reads.pool_people import Standing, people_of, stranded, stranded_ids
from fieldstone.reads.pool_signs import Sign, signs_of
from fieldstone.reads.pool_traffic import Traffic, records_of_traffic, traffic_of
from fieldstone.reads.pools import groups_of, inside_of
from fieldstone.reads.sight import Sight
from fieldstone.rules.claim_quota import POOL, Allowance
from fieldstone.rules.holding_books import Holding


@dataclass(frozen=True)
class Together:
    """The quotas that are shared, each with its account, and what groups hold in sum."""

    quotas: tuple[tuple[str, Allowance], ...]
    holdings: tuple[Holding, ...]


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

    def behind(self, days: int, number: tuple[str, str]) -> Counted:
        """Return the records behind a number of the traffic. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            ids = records_of_traffic(sight, self.object_name, self.pool, days, number)
            return Counted(len(ids), tuple(seen_among(sight, self.object_name, ids)))

    def charged(self, account: Account) -> Counted | None:
        """Return what was charged to an account of the claim rule, None for one that is not there.

        Raises RefusedError: 403 for an account of others where one does not look after the pool, 404.
        """
        with self.reads.sight(self.ctx, self.model) as sight:
            self._may_ask(sight, account.subject)
            return charged(sight, self.object_name, self.pool, account)

    def together(self) -> Together:
        """Return how groups, and all who take from the pool, stand with their limits. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            return Together(
                together(sight, self.object_name, self.pool),
                tuple(holdings_together(sight, self.object_name)),
            )

    def people(self) -> tuple[Standing, ...]:
        """Return the members with their limits. Raises RefusedError: 403, 404."""
        with self.reads.sight(self.ctx, self.model) as sight:
            self._looks_after(sight)
            return people_of(sight, self.object_name, self.pool)

    def held_by(self, subject: str, rule: str) -> tuple[str, int] | None:
        """Return, as a condition and how many, what a member, or a group in sum, holds of what a limit counts.

        None for a limit that is not there.

        Raises RefusedError: 403 for others where one does not look after the pool, 404.
        """
        with self.reads.sight(self.ctx, self.model) as sight:
            self._may_ask(sight, subject)
            return held(sight, self.object_name, subject, rule)

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

    def _may_ask(self, sight: Sight, subject: str) -> None:
        """Let everybody ask for themselves and for what counts for them together with others."""
        mine = (self.ctx.actor.id, f"{POOL}:{self.pool}", *groups_of(sight))
        if subject in mine:
            inside_of(sight, self.object_name, self.pool)
        else:
            self._looks_after(sight)

    def _looks_after(self, sight: Sight) -> None:
        if not inside_of(sight, self.object_name, self.pool).administers:
            text = "Only those who look after this pool see that."
            raise RefusedError([Problem("forbidden", "pool", text, "Ask who looks after it.")], 403)
