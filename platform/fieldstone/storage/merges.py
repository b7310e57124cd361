"""Which records were made one, what moved with it, and where an old id leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Index, Select, Table, insert, select, update

from fieldstone.storage.platform_tables import (
    CHUNK,
    PLATFORM,
    among,
    instant,
    json,
    listed,
    serial,
    text,
    whole,
)
from fieldstone.storage.prepared import Prepared

fs_merge: Final = Table(
    "fs_merge",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("survivor", null=False),
    text("gone", null=False),
    text("within"),  # the merge of whose children this one is
    text("rule"),
    text("actor", null=False),
    instant("at", null=False),
    instant("undo_until", null=False),
    whole("redirects", null=False),
    json("kept"),  # the survivor's values before and after
    instant("undone_at"),
    text("undone_by"),
    Index("ix_fs_merge_gone", "gone"),
    Index("ix_fs_merge_survivor", "survivor", "at"),
    Index("ix_fs_merge_at", "at"),
)

fs_merge_item: Final = Table(
    "fs_merge_item",
    PLATFORM,
    serial(),
    text("merge", null=False),
    text("kind", null=False),  # link, row, dropped
    text("place", null=False),  # object.field, or the platform's table
    text("record", null=False),  # id of the row, or its key as JSON
    json("before"),
    Index("ix_fs_merge_item_merge", "merge", "id"),
)

LONGEST_CHAIN: Final = 20
"""How many merges of survivors an old id is followed through."""


@dataclass(frozen=True)
class Merged:
    """One merge: `gone` lies in the recycle bin since, and `survivor` holds what it had."""

    id: str
    object_name: str
    survivor: str
    gone: str
    within: str | None
    rule: str
    actor: str
    at: datetime
    undo_until: datetime
    redirects: bool
    kept: Mapping[str, Any] = field(default_factory=dict)
    undone_at: datetime | None = None


@dataclass(frozen=True)
class Moved:
    """One thing that a merge moved or took away, and what it was before."""

    kind: str
    place: str
    record: str
    before: Any = None


class Merges:
    """The merges of one site, within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def add(self, merged: Merged, moved: Sequence[Moved]) -> None:
        """Keep a merge and everything that its undo needs."""
        self._connection.execute(
            insert(fs_merge).values(
                id=merged.id,
                object=merged.object_name,
                survivor=merged.survivor,
                gone=merged.gone,
                within=merged.within,
                rule=merged.rule,
                actor=merged.actor,
                at=merged.at,
                undo_until=merged.undo_until,
                redirects=int(merged.redirects),
                kept=merged.kept,
            )
        )
        if moved:
            self._connection.execute(
                insert(fs_merge_item),
                [
                    {
                        "merge": merged.id,
                        "kind": one.kind,
                        "place": one.place,
                        "record": one.record,
                        "before": one.before,
                    }
                    for one in moved
                ],
            )

    def get(self, merge_id: str) -> Merged | None:
        """Return one merge."""
        return self._first(select(*_COLUMNS).where(fs_merge.c.id == merge_id))

    def into(self, record_id: str) -> Merged | None:
        """Return the standing merge by which a record went into another one."""
        return self._first(_standing().where(fs_merge.c.gone == record_id))

    def survivors(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Return, by old id, the record that holds it today; only ids that were merged away and lead on."""
        found: dict[str, str] = {}
        dialect = self._connection.dialect.name
        asked = sorted(set(record_ids))
        for start in range(0, len(asked), CHUNK):
            part = {"ids": listed(asked[start : start + CHUNK], dialect)}
            found.update(_leading_on(dialect).rows(self._connection, part))
        further = self.survivors(found.values()) if found else {}
        return {gone: further.get(there, there) for gone, there in found.items()}

    def gone_into(self, record_id: str) -> list[str]:
        """Return the ids of all records that are part of this one now, through every merge."""
        found: list[str] = []
        level = [record_id]
        for _ in range(LONGEST_CHAIN):
            asked = select(fs_merge.c.gone).where(
                fs_merge.c.survivor.in_(level), fs_merge.c.undone_at.is_(None)
            )
            level = [one for (one,) in self._connection.execute(asked) if one not in found]
            if not level:
                break
            found += level
        return found

    def of(self, record_id: str) -> list[Merged]:
        """Return the standing merges into a record, newest first; merges of children are left out."""
        asked = _standing().where(fs_merge.c.survivor == record_id, fs_merge.c.within.is_(None))
        return self._all(asked.order_by(fs_merge.c.at.desc(), fs_merge.c.id.desc()))

    def within(self, merge_id: str) -> list[Merged]:
        """Return the merges of children that a merge made, the last one first."""
        asked = _standing().where(fs_merge.c.within == merge_id)
        return self._all(asked.order_by(fs_merge.c.id.desc()))

    def recent(self, object_name: str, limit: int) -> list[Merged]:
        """Return the latest standing merges of an object."""
        asked = _standing().where(fs_merge.c.object == object_name, fs_merge.c.within.is_(None))
        return self._all(asked.order_by(fs_merge.c.at.desc(), fs_merge.c.id.desc()).limit(limit))

    def moved(self, merge_id: str) -> list[Moved]:
        """Return what a merge moved, the last one first."""
        item = fs_merge_item.c
        asked = (
            select(item.kind, item.place, item.record, item.before)
            .where(item.merge == merge_id)
            .order_by(item.id.desc())
        )
        return [Moved(*row) for row in self._connection.execute(asked)]

    def undone(self, merge_id: str, actor: str, now: datetime) -> bool:
        """Note that a merge was taken back; False when it was already."""
        standing = update(fs_merge).where(fs_merge.c.id == merge_id, fs_merge.c.undone_at.is_(None))
        values = {"undone_at": now, "undone_by": actor}
        return self._connection.execute(standing.values(values)).rowcount == 1

    def _first(self, asked: Select[Any]) -> Merged | None:
        return next(iter(self._all(asked.limit(1))), None)

    def _all(self, asked: Select[Any]) -> list[Merged]:
        return [
            Merged(
                row.id,
                row.object,
                row.survivor,
                row.gone,
                row.within,
                row.rule or "",
                row.actor,
                row.at,
                row.undo_until,
                bool(row.redirects),
                row.kept or {},
                row.undone_at,
            )
            for row in self._connection.execute(asked)
        ]


_COLUMNS = tuple(
    fs_merge.c[name]
    for name in (
        "id",
        "object",
        "survivor",
        "gone",
        "within",
        "rule",
        "actor",
        "at",
        "undo_until",
        "redirects",
        "kept",
        "undone_at",
    )
)


@cache
def _leading_on(dialect: str) -> Prepared:
    merge = fs_merge.c
    gone = among(merge.gone, dialect)
    asked = select(merge.gone, merge.survivor)
    return Prepared(asked.where(gone, merge.undone_at.is_(None), merge.redirects == 1))


def _standing() -> Select[Any]:
    return select(*_COLUMNS).where(fs_merge.c.undone_at.is_(None))
