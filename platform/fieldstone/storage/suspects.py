"""Pairs of records that may be the same, until somebody decides; a decided pair is not asked about again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Select,
    Table,
    UniqueConstraint,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Suspect
from fieldstone.storage.merges import Moved
from fieldstone.storage.moving import ADDED, ROW
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    packed,
    text,
    whole,
)
from fieldstone.storage.prepared import Renewing

OPEN: Final = "open"
MERGED: Final = "merged"
APART: Final = "apart"
STATES: Final = (OPEN, MERGED, APART)

fs_suspect: Final = Table(
    "fs_suspect",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("other_object", null=False),
    text("other", null=False),
    whole("score", null=False),
    json("fields"),  # of `object`, in which the two agree
    text("rule"),
    text("state", null=False),
    instant("found_at", null=False),
    instant("decided_at"),
    text("decided_by"),
    UniqueConstraint("record", "other", name="ux_fs_suspect_pair"),
    Index("ix_fs_suspect_object", "object", "state", "score", "id"),
    Index("ix_fs_suspect_other", "other", "state"),
)


@dataclass(frozen=True)
class SuspectedPair:
    """Two records that may be the same; `score` in percent, `fields` of the first one's object."""

    id: str
    object_name: str
    record: str
    other_object: str
    other: str
    score: int
    fields: tuple[str, ...]
    rule: str
    state: str
    found_at: datetime
    decided_at: datetime | None = None
    decided_by: str = ""

    def beside(self, record_id: str) -> tuple[str, str]:
        """Return object and id of the one that is not `record_id`."""
        if record_id == self.record:
            return self.other_object, self.other
        return self.object_name, self.record


class Suspects:
    """The pairs of one site, within one connection."""

    def __init__(self, connection: Connection, dialect: str, now: datetime) -> None:
        """Work at the moment `now`."""
        self._connection = connection
        self._dialect = dialect
        self._now = now

    def add(self, found: Sequence[tuple[str, str, str, Suspect]]) -> None:
        """Keep (object, record, rule, suspect); a pair that is known gets its new score while it is open."""
        rows = {(row["record"], row["other"]): row for one in found for row in [self._row(*one)]}
        told = [{**row, **_UNDECIDED} for row in rows.values()]
        _keeping(self._dialect).later(self._connection, told)

    def get(self, pair_id: str) -> SuspectedPair | None:
        """Return one pair."""
        return next(iter(self.all(select(*PAIR).where(fs_suspect.c.id == pair_id))), None)

    def between(self, one: str, other: str) -> SuspectedPair | None:
        """Return the pair of two records, in whichever order."""
        return next(iter(self.all(select(*PAIR).where(_pair(one, other)))), None)

    def of(self, record_id: str, state: str = OPEN, limit: int = 20) -> list[SuspectedPair]:
        """Return the pairs that a record is part of, the most alike first."""
        asked = select(*PAIR).where(_with(record_id), fs_suspect.c.state == state)
        return self.all(asked.order_by(fs_suspect.c.score.desc(), fs_suspect.c.id).limit(limit))

    def decide(self, pair_id: str, state: str, actor: str) -> bool:
        """Note what somebody decided; False when there is no such pair."""
        decided = {"decided_at": self._now, "decided_by": actor} if state != OPEN else _UNDECIDED
        one = update(fs_suspect).where(fs_suspect.c.id == pair_id)
        return self._connection.execute(one.values(state=state, **decided)).rowcount == 1

    def settle(self, object_name: str, gone: str, survivor: str, actor: str) -> Iterator[Moved]:
        """Note that two are one: their pair is decided, and those of the record that went are the survivor's."""
        decided = {"state": MERGED, "decided_at": self._now, "decided_by": actor}
        pair = self.between(gone, survivor)
        if pair is None:
            row = self._row(object_name, survivor, "", Suspect(object_name, gone, 0, ()))
            self._connection.execute(insert(fs_suspect).values({**row, **decided}))
            yield Moved(ADDED, fs_suspect.name, packed({"id": row["id"]}))
        else:
            yield self._changed(pair, decided)
        asked = select(*PAIR).where(_with(gone), fs_suspect.c.state == OPEN)
        for one in self.all(asked):
            third_object, third = one.beside(gone)
            if self.between(third, survivor) is not None:
                yield self._changed(one, decided)
            else:
                row = self._row(object_name, survivor, one.rule, _about(one, third_object, third))
                places = {name: row[name] for name in _PLACES}
                yield self._changed(one, places)

    def count(self, condition: ColumnElement[bool]) -> int:
        """Return how many pairs meet a condition."""
        asked = select(func.count()).select_from(fs_suspect).where(condition)
        return int(self._connection.execute(asked).scalar_one())

    def all(self, asked: Select[Any]) -> list[SuspectedPair]:
        """Return the pairs of a statement over PAIR."""
        return [
            SuspectedPair(
                row.id,
                row.object,
                row.record,
                row.other_object,
                row.other,
                row.score,
                tuple(row.fields or ()),
                row.rule or "",
                row.state,
                row.found_at,
                row.decided_at,
                row.decided_by or "",
            )
            for row in self._connection.execute(asked)
        ]

    def _row(self, object_name: str, record: str, rule: str, about: Suspect) -> dict[str, Any]:
        """Return the row of a pair: of two records of one object the older one stands second."""
        one, other = (object_name, record), (about.object_name, about.record_id)
        if one[0] == other[0] and one[1] < other[1]:
            one, other = other, one
        return {
            "id": new_id(),
            "object": one[0],
            "record": one[1],
            "other_object": other[0],
            "other": other[1],
            "score": about.score,
            "fields": list(about.fields),
            "rule": rule,
            "state": OPEN,
            "found_at": self._now,
        }

    def _changed(self, pair: SuspectedPair, values: Mapping[str, Any]) -> Moved:
        one = update(fs_suspect).where(fs_suspect.c.id == pair.id)
        self._connection.execute(one.values(**values))
        before = {
            "object": pair.object_name,
            "record": pair.record,
            "other_object": pair.other_object,
            "other": pair.other,
            "state": pair.state,
            "decided_at": pair.decided_at.isoformat() if pair.decided_at else None,
            "decided_by": pair.decided_by or None,
        }
        return Moved(
            ROW, fs_suspect.name, packed({"id": pair.id}), {name: before[name] for name in values}
        )


PAIR: Final = tuple(
    fs_suspect.c[name]
    for name in (
        "id",
        "object",
        "record",
        "other_object",
        "other",
        "score",
        "fields",
        "rule",
        "state",
        "found_at",
        "decided_at",
        "decided_by",
    )
)


@cache
def _keeping(dialect: str) -> Renewing:
    is_open = fs_suspect.c.state == OPEN
    return Renewing(fs_suspect, dialect, ("record", "other"), ("score", "fields", "rule"), is_open)


_PLACES: Final = ("object", "record", "other_object", "other")
_UNDECIDED: Final[Mapping[str, Any]] = {"decided_at": None, "decided_by": None}


def _about(pair: SuspectedPair, third_object: str, third: str) -> Suspect:
    return Suspect(third_object, third, pair.score, pair.fields)


def _pair(one: str, other: str) -> ColumnElement[bool]:
    pair = fs_suspect.c
    return or_(
        and_(pair.record == one, pair.other == other), and_(pair.record == other, pair.other == one)
    )


def _with(record_id: str) -> ColumnElement[bool]:
    return or_(fs_suspect.c.record == record_id, fs_suspect.c.other == record_id)
