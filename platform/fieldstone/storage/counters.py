"""Numbers that several requests move on at once: quotas, turns, sequences and points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import Connection, Index, Table, func, select

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import LedgerEntry
from fieldstone.storage.platform_tables import (
    CHUNK,
    PLATFORM,
    among,
    instant,
    listed,
    text,
    upserting,
    whole,
)
from fieldstone.storage.prepared import Adding, Prepared

fs_counter: Final = Table(
    "fs_counter",
    PLATFORM,
    text("rule", key=True),
    text("subject", key=True),
    text("period", key=True),
    whole("used", null=False),
)

fs_grant: Final = Table(
    "fs_grant",
    PLATFORM,
    text("id", key=True),
    text("rule", null=False),
    text("subject", null=False),
    text("period", null=False),
    whole("count", null=False),
    instant("at", null=False),
    text("object"),  # what was claimed or opened; nothing where the account is of something else
    text("record"),
    Index("ix_fs_grant_subject", "rule", "subject", "at"),
    Index("ix_fs_grant_record", "record"),
)

fs_sequence: Final = Table(
    "fs_sequence",
    PLATFORM,
    text("object", key=True),
    text("field", key=True),
    text("period", key=True),
    whole("last", null=False),
)

fs_ledger: Final = Table(
    "fs_ledger",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("rule", null=False),
    text("item", null=False),
    text("dimension"),
    whole("points", null=False),
    whole("version"),
    instant("at", null=False),
    Index("ix_fs_ledger_record", "record", "rule", "item"),
)


class Counters:
    """Moves counters within one transaction; a counter that moved stays locked until it ends."""

    def __init__(self, connection: Connection, dialect: str, now: datetime) -> None:
        """Count at the moment `now`."""
        self._connection = connection
        self._dialect = dialect
        self._now = now

    def numbers(self, object_name: str, field: str, period: str, count: int) -> range:
        """Return the next `count` numbers of an autonumber field, from 1 in each period, without gaps."""
        bound = {"object": object_name, "field": field, "period": period, "last": count}
        ((last,),) = _numbering(self._dialect).rows(self._connection, bound)
        return range(last - count + 1, last + 1)

    def give_points(self, object_name: str, points: Sequence[tuple[str, LedgerEntry, int]]) -> None:
        """Write (record, entry, rule version) into the ledger; totals are derived from it."""
        _ADD_POINTS.later(
            self._connection,
            [
                {
                    "id": new_id(),
                    "object": object_name,
                    "record": record_id,
                    "rule": entry.rule,
                    "item": entry.item,
                    "dimension": entry.dimension,
                    "points": entry.points,
                    "version": version,
                    "at": self._now,
                }
                for record_id, entry, version in points
            ],
        )

    def points(self, record_ids: Sequence[str]) -> dict[str, dict[tuple[str, str], int]]:
        """Return the ledger's sums by record and (rule, item)."""
        found: dict[str, dict[tuple[str, str], int]] = {}
        asked = _adding_up(self._dialect)
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self._dialect)
            for record, rule, item, total in asked.rows(self._connection, {"ids": ids}):
                found.setdefault(record, {})[rule, item] = int(total)
        return found


# Statements are built once for each dialect: making one costs more than running it.
_ADD_POINTS = Adding(fs_ledger)


@cache
def _adding_up(dialect: str) -> Prepared:
    columns = (fs_ledger.c.record, fs_ledger.c.rule, fs_ledger.c.item)
    asked = select(*columns, func.sum(fs_ledger.c.points)).where(among(fs_ledger.c.record, dialect))
    return Prepared(asked.group_by(*columns))


@cache
def _numbering(dialect: str) -> Prepared:
    moving = upserting(fs_sequence, dialect)
    last = fs_sequence.c.last + moving.excluded.last
    moving = moving.on_conflict_do_update(
        index_elements=["object", "field", "period"], set_={"last": last}
    )
    return Prepared(moving.returning(fs_sequence.c.last))
