"""Opening a record that lies in a pool: it shows more than the list, and each look is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fieldstone.actions.claiming import CONFLICT, Wish
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.reads.pools import OPEN_FOR
from fieldstone.reads.query import Query, Record
from fieldstone.rules.claim import claim_rule
from fieldstone.rules.claim_body import quota_refusal, till_of
from fieldstone.rules.claim_quota import VIEWS
from fieldstone.storage.claim_ledger import Charge

VIEWED: Final = frozenset({VIEWS})


@dataclass(frozen=True)
class Opened:
    """A record of a pool as it shows once opened, and how many more may be opened (None: no limit)."""

    record: Record
    left: int | None


def opened(wish: Wish) -> Opened:
    """Return the one record of the wish as its pool shows it when opened; the look is charged once a day.

    Looks are counted gross, whatever is claimed or returned later. Raises RefusedError: 404 for what the pool does not
    show this person, 409 when the looks of the period are used up.
    """
    (record_id,) = wish.ids
    query = Query(pool=wish.pool, titles=True)
    if wish.reads.get(wish.ctx, wish.model, wish.object_name, record_id, query) is None:
        raise _missing(wish)
    inside = wish.reads.inside(wish.ctx, wish.model, wish.pool, wish.object_name)
    if inside.opens:
        _look(wish, record_id, charged=inside.charged)
    record = wish.reads.get(wish.ctx, wish.model, wish.object_name, record_id, query)
    if record is None:
        raise _missing(wish)
    claiming = wish.reads.claiming(wish.ctx, wish.model, wish.pool, wish.object_name)
    return Opened(record, claiming.views_left)


def _look(wish: Wish, record_id: str, *, charged: bool) -> None:
    with wish.writes.unit(wish.ctx, wish.model) as unit:
        tx = unit.transaction
        rule = claim_rule(wish.model.rules_of(wish.object_name), wish.pool)
        till = till_of(rule, wish.pool, wish.person, tx) if rule is not None else None
        if tx.claims.seen(wish.person, [record_id], tx.now - OPEN_FOR):
            return
        if till is not None and charged:
            full = till.used_up(VIEWED)
            if full is not None:
                raise RefusedError([quota_refusal(till, full, tx)], CONFLICT)
            rule_code, subjects = till.rule.code, sorted(till.subjects.get(VIEWS, ()))
            tx.claims.charge(
                [
                    Charge(rule_code, VIEWS, subject, tx.now, wish.object_name, record_id)
                    for subject in subjects
                ]
            )
        tx.claims.look(wish.person, wish.object_name, record_id, wish.pool, tx.now)


def _missing(wish: Wish) -> RefusedError:
    text = f"There is no such {wish.spec.label.en.lower()} in this pool."
    return RefusedError([Problem("not_found", "id", text, "Look at the pool again.")], 404)
