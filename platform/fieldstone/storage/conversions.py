"""What records were converted into, what waits for a check, and what an undo needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, Row, Table, UniqueConstraint, insert, select, update

from fieldstone.base.ids import new_id
from fieldstone.storage.platform_tables import PLATFORM, instant, json, text

PENDING, DONE, REFUSED, UNDONE = "pending", "done", "refused", "undone"
STANDS: Final = (PENDING, DONE)

fs_conversion: Final = Table(
    "fs_conversion",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("rule", null=False),
    text("state", null=False),
    text("stands"),  # the record, while it waits or is converted: the database lets it stand once
    json("params"),
    json("made"),  # by target: id, created, version, filled {field: [old, new]}
    json("before"),  # what the source held in the fields that were set
    json("carried"),  # by object: {id of the row: {field: target}}
    text("asked_by"),
    instant("asked_at", null=False),
    text("settled_by"),
    instant("settled_at"),
    text("reason"),
    UniqueConstraint("stands", name="ux_fs_conversion_stands"),
    Index("ix_fs_conversion_record", "record", "asked_at"),
    Index("ix_fs_conversion_state", "state", "asked_at"),
)


@dataclass(frozen=True)
class Kept:
    """One conversion: asked for, waiting, carried out, refused or undone."""

    id: str
    object_name: str
    record_id: str
    rule: str
    state: str
    asked_by: str
    asked_at: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    carried: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    settled_by: str = ""
    settled_at: datetime | None = None
    reason: str = ""


class Conversions:
    """Conversions within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def begin(
        self,
        record: tuple[str, str],
        rule: str,
        state: str,
        params: Mapping[str, Any],
        asked: tuple[str, datetime],
    ) -> str:
        """Keep that the record (object, id) waits or is being converted; return the id.

        A second one that stands for the same record violates uniqueness: the database decides a race.
        """
        made = new_id()
        row = {
            "id": made,
            "object": record[0],
            "record": record[1],
            "rule": rule,
            "state": state,
            "stands": record[1],
            "params": params,
            "asked_by": asked[0],
            "asked_at": asked[1],
        }
        self._connection.execute(insert(fs_conversion).values(row))
        return made

    def settle(self, conversion_id: str, state: str, **values: object) -> None:
        """Note what became of it: state and what else is to be kept."""
        if state not in STANDS:
            values["stands"] = None
        changed = update(fs_conversion).where(fs_conversion.c.id == conversion_id)
        self._connection.execute(changed.values(state=state, **values))

    def standing(self, record_id: str) -> Kept | None:
        """Return the conversion of a record that waits or is done, None when there is none."""
        asked = select(fs_conversion).where(fs_conversion.c.stands == record_id)
        row = self._connection.execute(asked).first()
        return _kept(row) if row is not None else None

    def waiting(self, limit: int) -> tuple[Kept, ...]:
        """Return what waits for a check, oldest first."""
        return self._in_state(PENDING, limit, newest=False)

    def settled(self, limit: int) -> tuple[Kept, ...]:
        """Return what was converted last, newest first."""
        return self._in_state(DONE, limit, newest=True)

    def _in_state(self, state: str, limit: int, *, newest: bool) -> tuple[Kept, ...]:
        at = fs_conversion.c.asked_at
        asked = select(fs_conversion).where(fs_conversion.c.state == state)
        asked = asked.order_by(at.desc() if newest else at, fs_conversion.c.id).limit(limit)
        return tuple(_kept(row) for row in self._connection.execute(asked))


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        row.id,
        row.object,
        row.record,
        row.rule,
        row.state,
        row.asked_by or "",
        row.asked_at,
        row.params or {},
        row.made or {},
        row.before or {},
        row.carried or {},
        row.settled_by or "",
        row.settled_at,
        row.reason or "",
    )
