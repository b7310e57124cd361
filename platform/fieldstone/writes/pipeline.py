"""The door itself: a batch of changes in, one transaction, a batch of outcomes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import structlog

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Context, Outcome
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.errors import ClashError
from fieldstone.writes.replay import Idempotency, recalled, remembered
from fieldstone.writes.unit import Unit

log = structlog.get_logger()
# A clash with a concurrent writer is seen as a problem at the second look; more would hide a bug.
ATTEMPTS = 3


class Writes:
    """The door for writing. `after_commit` wakes a worker once something was committed."""

    def __init__(self, storage: Storage, after_commit: Callable[[], None] = lambda: None) -> None:
        """Write to `storage`."""
        self._storage = storage
        self._after_commit = after_commit

    @contextmanager
    def unit(self, ctx: Context, model: Model) -> Iterator[Unit]:
        """Open one transaction in which several batches may be submitted; an exception undoes all of it."""
        with self._storage.transaction(self._storage.use(model), ctx) as transaction:
            unit = Unit(ctx, model, transaction)
            yield unit
        if unit.wrote and not ctx.dry_run:
            self._after_commit()

    def submit(
        self,
        ctx: Context,
        model: Model,
        changes: Sequence[Change],
        *,
        atomic: bool = False,
        idempotency: Idempotency | None = None,
    ) -> tuple[Outcome, ...]:
        """Write `changes` in one transaction; outcomes keep their order.

        A refused change does not stop the others, unless `atomic`: then RefusedError is raised with every
        problem and nothing is written. With `idempotency` a repeated request gets its first outcomes.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._submit(ctx, model, changes, atomic=atomic, idempotency=idempotency)
            except ClashError as clash:
                log.info("write clashed", attempt=attempt, code=clash.problems[0].code)
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _submit(
        self,
        ctx: Context,
        model: Model,
        changes: Sequence[Change],
        *,
        atomic: bool,
        idempotency: Idempotency | None,
    ) -> tuple[Outcome, ...]:
        with self.unit(ctx, model) as unit:
            if idempotency is not None:
                before = recalled(unit.transaction, ctx, model, idempotency)
                if before is not None:
                    return before
            outcomes: list[Outcome] = []
            for _, group in groupby(changes, key=lambda change: change.object_name):
                outcomes += unit.submit(tuple(group))
            _settle_refusals(unit, outcomes, atomic=atomic)
            if idempotency is not None and not any(outcome.refused for outcome in outcomes):
                remembered(unit.transaction, ctx, model, idempotency, changes, outcomes)
            return tuple(outcomes)


def _settle_refusals(unit: Unit, outcomes: Sequence[Outcome], *, atomic: bool) -> None:
    refused = [outcome for outcome in outcomes if outcome.refused]
    if refused and atomic:
        problems = [
            Problem(p.code, f"{place}.{p.path}" if len(outcomes) > 1 else p.path, p.message, p.cure)
            for place, outcome in enumerate(outcomes)
            for p in outcome.problems
        ]
        raise RefusedError(problems, status=refused[0].status)
    if len(refused) == len(outcomes):
        # Nothing stands: turns of a rotation and numbers taken on the way are given back.
        unit.abandon()
