"""What was claimed, kept and looked at, one row each: a quota is what the rows of its period add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, func, insert, select

from fieldstone.base.ids import new_id
from fieldstone.storage.counters import fs_counter, fs_grant
from fieldstone.storage.platform_tables import (
    PLATFORM,
    among,
    instant,
    listed,
    text,
    upserting,
)

ACCOUNT: Final = "ever"

fs_pool_view: Final = Table(
    "fs_pool_view",
    PLATFORM,
    text("id", key=True),
    text("person", null=False),
    text("object", null=False),
    text("record", null=False),
    text("pool", null=False),
    instant("at", null=False),
    Index("ix_fs_pool_view_person", "person", "record", "at"),
)


@dataclass(frozen=True)
class Charge:
    """One entry of an account: of a rule's ledger, for a record of an object where it is about one."""

    rule: str
    ledger: str
    subject: str
    at: datetime
    object_name: str | None = None
    record: str | None = None
    count: int = 1  # a negative one gives back


class ClaimLedger:
    """The accounts of claim rules within one connection."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        """Read and write through `connection`."""
        self._connection = connection
        self._dialect = dialect

    def hold(self, rule: str, subjects: Sequence[str]) -> None:
        """Lock accounts until the transaction ends, in their order; who comes second counts what the first took."""
        for subject in sorted(subjects):
            bound = {"rule": rule, "subject": subject, "period": ACCOUNT, "used": 0}
            self._connection.execute(_holding(self._dialect), bound)

    def spent(self, rule: str, ledger: str, subject: str, since: datetime) -> int:
        """Return what an account was charged since an instant; returns count against it."""
        asked = select(func.coalesce(func.sum(fs_grant.c.count), 0)).where(
            *_of(rule, ledger, subject), fs_grant.c.at >= since
        )
        return max(0, int(self._connection.execute(asked).scalar_one()))

    def first(self, rule: str, ledger: str, subject: str, since: datetime) -> datetime | None:
        """Return when the earliest charge since an instant was made."""
        asked = select(func.min(fs_grant.c.at)).where(
            *_of(rule, ledger, subject), fs_grant.c.at >= since, fs_grant.c.count > 0
        )
        found: datetime | None = self._connection.execute(asked).scalar()
        return found

    def last(self, rule: str, ledger: str, subject: str) -> datetime | None:
        """Return when the latest charge was made."""
        asked = select(func.max(fs_grant.c.at)).where(
            *_of(rule, ledger, subject), fs_grant.c.count > 0
        )
        found: datetime | None = self._connection.execute(asked).scalar()
        return found

    def records(self, rule: str, ledger: str, subject: str, since: datetime) -> list[str]:
        """Return the records for which an account was charged since an instant, the latest first, each once.

        What was given back since is none of them.
        """
        grant = fs_grant.c
        asked = (
            select(grant.record)
            .where(*_of(rule, ledger, subject), grant.at >= since, grant.record.is_not(None))
            .group_by(grant.record)
            .having(func.sum(grant.count) > 0)
            .order_by(func.max(grant.at).desc(), grant.record)
        )
        return [str(record) for (record,) in self._connection.execute(asked)]

    def charge(self, charges: Sequence[Charge]) -> None:
        """Write one row for each charge."""
        rows = [
            {
                "id": new_id(),
                "rule": one.rule,
                "period": one.ledger,
                "subject": one.subject,
                "count": one.count,
                "at": one.at,
                "object": one.object_name,
                "record": one.record,
            }
            for one in charges
        ]
        if rows:
            self._connection.execute(_CHARGE, rows)

    def give_back(self, rule: str, ledger: str, record: str, at: datetime) -> None:
        """Give back to every account what it was charged for a record at this very instant, and has not got back yet."""
        grant, total = fs_grant.c, func.sum(fs_grant.c.count)
        asked = (
            select(grant.subject, grant.object, total)
            .where(grant.rule == rule, grant.period == ledger)
            .where(grant.record == record, grant.at == at)
            .group_by(grant.subject, grant.object)
            .having(total > 0)
            .order_by(grant.subject)
        )
        self.charge(
            [
                Charge(rule, ledger, subject, at, name, record, -int(count))
                for subject, name, count in self._connection.execute(asked).all()
            ]
        )

    def seen(self, person: str, records: Sequence[str], since: datetime) -> frozenset[str]:
        """Return which records a person has opened since an instant."""
        view = fs_pool_view.c
        asked = select(view.record).where(
            view.person == person, view.at >= since, among(view.record, self._dialect)
        )
        rows = self._connection.execute(asked, {"ids": listed(records, self._dialect)})
        return frozenset(record for (record,) in rows)

    def look(self, person: str, object_name: str, record: str, pool: str, at: datetime) -> None:
        """Keep that a person opened a record that lies in a pool."""
        row = {"person": person, "object": object_name, "record": record, "pool": pool, "at": at}
        self._connection.execute(_LOOK, {**row, "id": new_id()})


def _of(rule: str, ledger: str, subject: str) -> tuple[Any, ...]:
    grant = fs_grant.c
    return (grant.rule == rule, grant.period == ledger, grant.subject == subject)


_CHARGE = insert(fs_grant)
_LOOK = insert(fs_pool_view)


@cache
def _holding(dialect: str) -> Any:
    adding = upserting(fs_counter, dialect)
    return adding.on_conflict_do_update(
        index_elements=["rule", "subject", "period"], set_={"used": fs_counter.c.used}
    )
