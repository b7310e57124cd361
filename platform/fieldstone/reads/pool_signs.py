"""What stands beside a record in a pool: since when it lies there, why it came back, and when it moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldstone.base.label import Label
from fieldstone.reads.sight import Sight
from fieldstone.rules.contract import PastOwner
from fieldstone.rules.pool_body import AGED, Pool
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.timers import Timers

RETURNED = "returned"


@dataclass(frozen=True)
class Sign:
    """What is told of one record. `why` is the reason of the last return, None when it never had an owner."""

    since: datetime | None
    why: Label | None
    leaves_at: datetime | None
    leaves_for: Label | None


def signs_of(sight: Sight, object_name: str, pool: str, ids: Sequence[str]) -> Mapping[str, Sign]:
    """Return the signs of records that lie in a pool; the words people added to a reason are not told here."""
    reader = sight.reader
    facts = FactsReader(reader.connection, reader.tables, reader.ctx)
    since, past = facts.pooled_since(ids), facts.past_owners(ids)
    due = Timers(reader.connection, reader.dialect).due_of(pool, AGED, ids)
    rule = sight.model.rules.get(pool)
    body = rule.body if rule is not None and isinstance(rule.body, Pool) else None
    return {
        one: Sign(
            since.get(one),
            _why(body, next(iter(past.get(one, ())), None)),
            due.get(one),
            body.dead_label if body is not None else None,
        )
        for one in ids
    }


def _why(body: Pool | None, last: PastOwner | None) -> Label | None:
    if last is None:
        return None
    code = last.reason.partition(":")[2].strip().partition(":")[0]
    if last.reason.startswith(RETURNED) and body is not None:
        return dict(body.reasons).get(code, _WAYS["return"])
    return _WAYS.get(last.way, _WAYS["recall"])


_WAYS = {
    "return": Label("given back", "主动退回"),
    "recall": Label("recalled", "系统回收"),
    "reject": Label("rejected", "被驳回"),
    "transfer": Label("handed on", "转交"),
}
