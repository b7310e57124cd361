"""What a step may lean on while one batch of drafts of one object is in flight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fieldstone.access.access import Access
from fieldstone.base.cached import cached_property
from fieldstone.changes.nouns import Context, Draft
from fieldstone.expressions.expression import Env
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage.transaction import Transaction
from fieldstone.writes.plan import ObjectPlan

IN_STEP: Final = ("owner", "pool", "last_activity_at")
"""What carries instants with it, beside the stage (writes/ownership.py)."""
Batch = tuple[Draft, ...]


@dataclass(frozen=True)
class Work:
    """The batch's surroundings: who, which model, which object, which transaction."""

    ctx: Context
    model: Model
    plan: ObjectPlan
    transaction: Transaction
    access: Access
    env: Env

    @property
    def zone(self) -> str:
        """Return the actor's time zone, in which dates of numbers and defaults are meant."""
        return self.ctx.actor.zone

    @cached_property
    def paths(self) -> frozenset[str]:
        """Return the looked-up values that expressions and the actor's scopes read."""
        return self.plan.paths | {path for path in self.access.reads if "." in path}

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """Return the fields through which `paths` look."""
        return tuple(sorted({path.partition(".")[0] for path in self.paths}))

    @cached_property
    def unsettling(self) -> frozenset[str]:
        """Return the fields whose change moves others: look-ups, formulas, and since when somebody has a record."""
        moving = {*IN_STEP, self.spec.stage_field}
        return frozenset({*self.roots, *self.plan.formula_inputs, *moving})

    @cached_property
    def spec(self) -> ObjectType:
        """Return the object being written."""
        return self.plan.spec


Step = Callable[[Batch, Work], Batch]


def each_answerable(batch: Batch, judge: Callable[[Draft], Draft]) -> Batch:
    """Apply `judge` also to drafts refused for single values, so that all their problems come back at once."""
    return tuple(draft if draft.status and draft.problems else judge(draft) for draft in batch)


def each_standing(batch: Batch, judge: Callable[[Draft], Draft]) -> Batch:
    """Apply `judge` to the drafts that are not refused, keeping places."""
    return tuple(draft if draft.problems else judge(draft) for draft in batch)
