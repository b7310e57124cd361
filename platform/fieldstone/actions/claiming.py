"""Claiming records from a pool, one or several: one transaction decides, a failed claim spends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.rules.claim import claim_rule, waits
from fieldstone.rules.claim_body import (
    Claim,
    Till,
    finish_refusal,
    quota_refusal,
    record_refusal,
    till_of,
)
from fieldstone.rules.claim_quota import NET, VIEWS
from fieldstone.rules.contract import Rule
from fieldstone.storage.claim_ledger import Charge
from fieldstone.storage.transaction import Transaction
from fieldstone.writes.pipeline import Writes
from fieldstone.writes.unit import Unit

CONFLICT: Final = 409
CLAIM: Final = "claim"
MOST_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Wish:
    """Somebody wants records out of one pool; `atomic`: all of them or none."""

    ctx: Context
    model: Model
    object_name: str
    pool: str
    ids: Sequence[str]
    reads: Reads
    writes: Writes
    atomic: bool = False

    @property
    def person(self) -> str:
        """Return who wants them."""
        return self.ctx.actor.id

    @property
    def spec(self) -> ObjectType:
        """Return the object."""
        return self.model.objects[self.object_name]


@dataclass(frozen=True)
class Claimed:
    """What became of the wish for one record: the outcome, or why not."""

    record_id: str
    outcome: Outcome | None = None
    problems: tuple[Problem, ...] = ()
    status: int = 200


@dataclass
class _Counter:
    """One claim transaction: what the pool shows the person, the locked rows, and the person's accounts."""

    wish: Wish
    unit: Unit
    shown: frozenset[str]
    till: Till | None = None
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    refused: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def tx(self) -> Transaction:
        return self.unit.transaction


def claim_all(wish: Wish) -> tuple[Claimed, ...]:
    """Return what became of each wish, in their order; what could be given is given, unless the wish is atomic.

    Locks in one order, the person, their accounts and then the records, so that claims, holding limits and quotas are
    exact under a race. Raises RefusedError: 403, 404 for a pool that is not there, 422 for too many at once, and with
    `atomic` the first reason's status when one of them cannot be given.
    """
    admit_claims(wish.ctx, wish.model, wish.object_name)
    _not_too_many(wish)
    ids = list(dict.fromkeys(wish.ids))
    shown = _shown(wish, ids)
    with wish.writes.unit(wish.ctx, wish.model) as unit:
        counter = _Counter(wish, unit, shown)
        _open(counter, [one for one in ids if is_id(one)])
        claimed = tuple(_one(counter, record_id) for record_id in ids)
        _charge(counter, [one.record_id for one in claimed if one.outcome is not None])
        refused = [one for one in claimed if one.problems]
        if refused and wish.atomic:
            raise RefusedError(
                [
                    Problem(p.code, f"{ids.index(one.record_id)}.{p.path}", p.message, p.cure)
                    for one in refused
                    for p in one.problems
                ],
                refused[0].status,
            )
    return claimed


def admit_claims(ctx: Context, model: Model, object_name: str) -> None:
    """Raise RefusedError (403) for those whose roles claim nothing."""
    if not access_to(model, ctx.actor, object_name).may_claim:
        text = "Your roles do not let you claim from public pools."
        raise RefusedError(
            [Problem("forbidden", "claim", text, "Ask a manager to assign it.")], 403
        )


def _not_too_many(wish: Wish) -> None:
    rule = claim_rule(wish.model.rules_of(wish.object_name), wish.pool)
    body = rule.body if rule is not None else None
    most = (body.batch_max if isinstance(body, Claim) else 0) or MOST_AT_ONCE
    if len(wish.ids) > most:
        text = f"At most {most} may be claimed at once, not {len(wish.ids)}."
        raise RefusedError([Problem("batch_max", "ids", text, "Choose fewer.")])


def _shown(wish: Wish, ids: Sequence[str]) -> frozenset[str]:
    """Return which of the records the pool shows this person. Raises RefusedError (404) for an unknown pool."""
    named, shown = [one for one in ids if is_id(one)], set[str]()
    for start in range(0, max(1, len(named)), HIGHEST_LIMIT):
        part = tuple(named[start : start + HIGHEST_LIMIT])
        query = Query(pool=wish.pool, ids=part, limit=HIGHEST_LIMIT, fields=("id",))
        page = wish.reads.list(wish.ctx, wish.model, wish.object_name, query)
        shown.update(record.id for record in page.rows)
    return frozenset(shown)


def _open(counter: _Counter, ids: Sequence[str]) -> None:
    """Lock the person, the accounts and the records, and find out what speaks against each."""
    wish, tx = counter.wish, counter.tx
    rules = wish.model.rules_of(wish.object_name)
    tx.queue_up(wish.object_name, [wish.person])
    rule = claim_rule(rules, wish.pool)
    if rule is not None:
        counter.till = till_of(rule, wish.pool, wish.person, tx)
    rows = tx.rows(wish.object_name, ids, lock=True)
    refused = waits(rules, ids, wish.person, tx)
    if counter.till is not None:
        rows = tx.with_lookups(wish.object_name, rows, counter.till.body.reads)
        since = tx.pooled_since(ids) if counter.till.body.embargo else {}
        for record_id, row in rows.items():
            problem = record_refusal(counter.till, row, since.get(record_id), tx)
            if problem is not None:
                refused.setdefault(record_id, problem)
    counter.rows, counter.refused = rows, refused


def _one(counter: _Counter, record_id: str) -> Claimed:
    wish = counter.wish
    obstacle = _obstacle(counter, record_id)
    if obstacle is not None:
        return obstacle
    change = Change(
        wish.object_name,
        Operation.UPDATE,
        {"owner": wish.person, "pool": None},
        record_id,
        action=CLAIM,
        trusted=True,
        reason="claimed",
    )
    (outcome,) = counter.unit.submit([change])
    if outcome.refused:
        return Claimed(record_id, None, outcome.problems, CONFLICT)
    if counter.till is not None:
        row = {**counter.rows[record_id], "owner": wish.person, "pool": None}
        counter.till.take(row, counter.tx)
    return Claimed(record_id, outcome)


def _obstacle(counter: _Counter, record_id: str) -> Claimed | None:
    """Return why a record is not given: gone, taken, to be waited for, or the person's accounts are empty."""
    wish, row, till = counter.wish, counter.rows.get(record_id), counter.till
    if row is None or (record_id not in counter.shown and not _knew(counter, record_id, row)):
        return Claimed(record_id, None, (_missing(wish, record_id),), 404)
    if row["owner"] or row["pool"] != wish.pool:
        return Claimed(record_id, None, (_too_late(counter, row["owner"]),), CONFLICT)
    if record_id not in counter.shown:
        return Claimed(record_id, None, (_missing(wish, record_id),), 404)
    problems = [counter.refused[record_id]] if record_id in counter.refused else []
    if till is not None:
        problems += till.obstacles
        unfinished = finish_refusal(till, counter.tx)
        problems += [unfinished] if unfinished is not None else []
        full = till.used_up()
        problems += [quota_refusal(till, full, counter.tx)] if full is not None else []
    return Claimed(record_id, None, tuple(problems), CONFLICT) if problems else None


def _charge(counter: _Counter, taken: Sequence[str]) -> None:
    till, now = counter.till, counter.tx.now
    if till is None:
        return
    counter.tx.claims.charge(
        [
            Charge(till.rule.code, ledger, subject, now, counter.wish.object_name, record)
            for ledger, subjects in till.subjects.items()
            if ledger != VIEWS
            for subject in sorted(subjects)
            for record in taken
        ]
    )


def give_back(rule: Rule, record_id: str, since: datetime, tx: Transaction) -> None:
    """Give the claim of a record at an instant back to the net quotas of a rule, when it comes back in time."""
    body = rule.body
    if not isinstance(body, Claim):
        return
    free = body.return_free
    if free is None or tx.calendar(rule.calendar).after(since, free) >= tx.now:
        tx.claims.give_back(rule.code, NET, record_id, since)


def _knew(counter: _Counter, record_id: str, row: Mapping[str, Any]) -> bool:
    """Tell whether the person sees the record, or could see it while it lay in this pool."""
    wish = counter.wish
    if not row["owner"] and row["pool"] == wish.pool:
        return False  # it lies there, and the pool does not show it
    if wish.pool in counter.tx.pools_before(wish.object_name, record_id):
        return True
    return wish.reads.get(wish.ctx, wish.model, wish.object_name, record_id) is not None


def _too_late(counter: _Counter, owner: object) -> Problem:
    by = ""
    if owner == counter.wish.person:
        by = " by you"
    elif owner:
        person = counter.tx.rows("user", [str(owner)], names=("name",)).get(str(owner))
        by = f" by {person['name']}" if person else ""
    text = (
        f"This record was claimed{by} already."
        if owner
        else "This record is not in the pool any more."
    )
    return Problem("already_claimed", "owner", text, "Choose another one.")


def _missing(wish: Wish, record_id: str) -> Problem:
    text = f"There is no {wish.spec.label.en.lower()} {record_id} in a pool you may claim from."
    return Problem("not_found", "id", text, "Look at the pool again.")
