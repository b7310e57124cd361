"""The hold queue of an assignment rule: its timers `hold`, and the records that wait behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from fieldstone.storage.tables import Tables
from fieldstone.storage.timers import fs_timer

HOLD: Final = "hold"


@dataclass(frozen=True)
class Held:
    """One record that waits: since when, and until when."""

    record_id: str
    since: datetime
    due: datetime


def held(
    connection: Connection,
    tables: Tables,
    rule: str,
    object_name: str,
    *,
    by: str = "",
    most: int = 500,
) -> Sequence[Held]:
    """Return what waits, the oldest first, or the highest by a number field first."""
    columns, timer = tables[object_name].columns, fs_timer.c
    order = [columns["created_at"], columns["id"]]
    asked = (
        select(timer.record, timer.payload, timer.due)
        .select_from(fs_timer.join(columns["id"].table, columns["id"] == timer.record))
        .where(timer.rule == rule, timer.kind == HOLD, *_waiting(tables, object_name))
        .order_by(*([columns[by].desc().nulls_last()] if by else []), *order)
        .limit(most)
    )
    return [
        Held(record, datetime.fromisoformat(payload["since"]), due)
        for record, payload, due in connection.execute(asked)
    ]


def count_held(connection: Connection, tables: Tables, rule: str, object_name: str) -> int:
    """Return how many records wait."""
    columns, timer = tables[object_name].columns, fs_timer.c
    asked = (
        select(func.count())
        .select_from(fs_timer.join(columns["id"].table, columns["id"] == timer.record))
        .where(timer.rule == rule, timer.kind == HOLD, *_waiting(tables, object_name))
    )
    return int(connection.execute(asked).scalar_one())


def _waiting(tables: Tables, object_name: str) -> list[ColumnElement[bool]]:
    columns = tables[object_name].columns
    named = ("owner", "pool", "deleted_at")
    return [columns[name].is_(None) for name in named if name in columns]
