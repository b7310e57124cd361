"""How actions ask the write door for one change, and turn a refusal into an exception with all reasons."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.actions.contract import Call
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome


def updated(
    call: Call,
    values: Mapping[str, object],
    *,
    version: int | None = None,
    reason: str = "",
) -> Outcome:
    """Update the call's record as its actor. Raises RefusedError with every reason."""
    change = Change(
        call.object_name,
        Operation.UPDATE,
        values,
        call.record_id,
        expected_version=version,
        reason=reason,
    )
    (outcome,) = call.writes.submit(call.ctx, call.model, [change])
    return standing(outcome)


def standing(outcome: Outcome) -> Outcome:
    """Return an outcome that was written. Raises RefusedError for one that was refused."""
    if outcome.refused:
        raise RefusedError(outcome.problems, outcome.status)
    return outcome
