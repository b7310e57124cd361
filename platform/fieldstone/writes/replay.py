"""A repeated request gets the answer of its first time: idempotency keys, kept with what they wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Context, Decision, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage.idempotency import Remembered
from fieldstone.storage.transaction import Transaction


@dataclass(frozen=True)
class Idempotency:
    """The key that a client gave its request, and a hash of everything that the request asked."""

    key: str
    request_hash: str


def recalled(
    transaction: Transaction, ctx: Context, model: Model, idempotency: Idempotency
) -> tuple[Outcome, ...] | None:
    """Return the outcomes kept under the key, None for a new one; refuse a key used for another request."""
    kept = of_this_request(transaction, ctx.actor.id, idempotency)
    return None if kept is None else tuple(_read(one, model) for one in kept.outcome)


def of_this_request(
    transaction: Transaction, principal: str, idempotency: Idempotency
) -> Remembered | None:
    """Return what is kept under the key, None for a new one; refuse a key used for another request."""
    kept = transaction.recall(principal, idempotency.key)
    if kept is not None and kept.request_hash != idempotency.request_hash:
        raise RefusedError(
            [
                Problem(
                    "key_reused",
                    "Idempotency-Key",
                    "This key was used for a different request.",
                    "Use a new key for each new request, the same key only to repeat one.",
                )
            ],
            status=422,
        )
    return kept


def remembered(
    transaction: Transaction,
    ctx: Context,
    model: Model,
    idempotency: Idempotency,
    changes: Sequence[Change],
    outcomes: Sequence[Outcome],
) -> None:
    """Keep the outcomes under the key, in the same transaction as what they wrote."""
    written = [
        _written(outcome, model.objects[change.object_name])
        for change, outcome in zip(changes, outcomes, strict=True)
    ]
    transaction.remember(ctx.actor.id, idempotency.key, idempotency.request_hash, written)


def _written(outcome: Outcome, spec: ObjectType) -> dict[str, object]:
    record = {
        code: spec.fields[code].type.dump(value) if code in spec.fields else value
        for code, value in outcome.record.items()
        if (value is not None and code in spec.fields) or code in ("id", "version")
    }
    return {
        "object": spec.code,
        "record_id": outcome.record_id,
        "version": outcome.version,
        "status": outcome.status,
        "record": {k: v for k, v in record.items() if not _secret(spec, k)},
        "warnings": [asdict(problem) for problem in outcome.warnings],
        "decisions": [
            {
                "rule": decision.rule,
                "kind": decision.kind,
                "version": decision.version,
                "because": asdict(decision.because),
            }
            for decision in outcome.decisions
        ],
    }


def _secret(spec: ObjectType, code: str) -> bool:
    return code in spec.fields and spec.fields[code].type.name == "secret"


def _read(kept: Mapping[str, Any], model: Model) -> Outcome:
    spec = model.objects[kept["object"]]
    record = {
        code: spec.fields[code].type.parse(value) if code in spec.fields else value
        for code, value in kept["record"].items()
        if code in spec.fields or code in ("id", "version")
    }
    return Outcome(
        kept["record_id"],
        (),
        tuple(
            Decision(one["rule"], one["kind"], one["version"], Label(**one["because"]))
            for one in kept["decisions"]
        ),
        tuple(Problem(**one) for one in kept["warnings"]),
        kept["version"],
        record,
        kept["status"],
        replayed=True,
    )
