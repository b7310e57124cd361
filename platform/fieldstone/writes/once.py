"""A door for one request that may be repeated: whatever it writes under its key is written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fieldstone.base.errors import FieldstoneError
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.idempotency import amend
from fieldstone.writes.pipeline import Writes
from fieldstone.writes.replay import Idempotency, of_this_request
from fieldstone.writes.unit import Unit


class RepeatedError(FieldstoneError):
    """What is asked was done before; `answer` is what `Once.answered` was told then ({}: nobody came to tell)."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__("this was done before")
        self.answer = answer


class Once(Writes):
    """The door for writing, for an action under an Idempotency-Key.

    The key is kept in the first transaction that writes. A second request waits for the first one's end, and then
    raises RepeatedError before it does anything.
    """

    def __init__(
        self,
        storage: Storage,
        after_commit: Callable[[], None],
        principal: str,
        idempotency: Idempotency,
    ) -> None:
        """Write for `principal`, whose key it is."""
        super().__init__(storage, after_commit)
        self._principal = principal
        self._idempotency = idempotency
        self._kept = False

    @contextmanager
    def unit(self, ctx: Context, model: Model) -> Iterator[Unit]:
        """Open one transaction; the first that writes keeps the key."""
        keeps = False
        with super().unit(ctx, model) as unit:
            if not self._kept:
                before = of_this_request(unit.transaction, self._principal, self._idempotency)
                if before is not None:
                    raise RepeatedError(before.outcome or {})
            yield unit
            keeps = unit.wrote and not self._kept
            if keeps:
                key, asked = self._idempotency.key, self._idempotency.request_hash
                unit.transaction.remember(self._principal, key, asked, {})
        # Only now it is committed: one that clashed is tried again, and keeps the key then.
        self._kept |= keeps

    def answered(self, answer: Mapping[str, Any]) -> None:
        """Keep what the request was answered, for whoever repeats it."""
        if self._kept:
            with self._storage.connection() as connection:
                amend(connection, (self._principal, self._idempotency.key), answer)
