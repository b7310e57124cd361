"""Rows that name a rule by its code follow it to another one: timers, points, accounts, turns, decisions, arrivals, ...

Which tables that are nobody lists: every platform table with a column `rule` follows. Those that call the column
otherwise stand in BESIDES. So a table that is added later follows by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    select,
    update,
)

from fieldstone.rules.conversion import CHECKED
from fieldstone.storage.arrivals import fs_arrival, fs_intake_count
from fieldstone.storage.claim_ledger import fs_pool_view
from fieldstone.storage.counters import fs_counter, fs_ledger, fs_sequence
from fieldstone.storage.following_objects import WAITS
from fieldstone.storage.journal import fs_owner_span
from fieldstone.storage.mailboxes import fs_mailbox
from fieldstone.storage.platform_tables import PLATFORM
from fieldstone.storage.provenance import fs_enrichment
from fieldstone.storage.queue import fs_job
from fieldstone.storage.rankings import fs_ranking
from fieldstone.storage.site_state import fs_rule
from fieldstone.storage.timers import fs_timer
from fieldstone.storage.turns import fs_turns

BESIDES: Final[tuple[Column[Any], ...]] = (
    fs_rule.c.code,
    fs_turns.c.name,
    fs_ranking.c.program,
    fs_arrival.c.source,
    fs_intake_count.c.source,
    fs_mailbox.c.source,
    fs_owner_span.c.pool,
    fs_pool_view.c.pool,
)
"""The columns that hold a rule's code under another name."""
ADDED_UP: Final = {fs_counter.name: "used", fs_intake_count.name: "used", fs_sequence.name: "last"}
"""What was counted under both codes counts together."""
LATEST: Final = frozenset({fs_timer.name, fs_enrichment.name, fs_rule.name})
"""Of two rows the one that comes now stands: whoever wrote it did so after the other one had moved."""


@dataclass(frozen=True)
class NewRule:
    """A rule that has another code now."""

    earlier: str
    code: str


def follow_rules(connection: Connection, renamed: Iterable[NewRule], *, late: bool = False) -> None:
    """Let all rows name renamed rules by their present codes.

    `late`: the rows were written by processes that did not know of it yet, and went by what they found: nothing.
    """
    for one in renamed:
        if late:
            _given_twice(connection, one)
        for column in columns():
            _follow(connection, column, one.earlier, one.code)
        checked = (CHECKED.format(one.earlier), CHECKED.format(one.code))
        _follow(connection, fs_sequence.c.field, *checked)
        _rename_in_jobs(connection, one)


def columns() -> Iterator[Column[Any]]:
    """Yield every column that holds the code of a rule."""
    for table in PLATFORM.sorted_tables:
        if "rule" in table.c:
            yield table.c.rule
    yield from BESIDES


def kept_of(connection: Connection, rule: str) -> dict[str, int]:
    """Return how many rows say something of a rule, by table; the versions that it had do not count."""
    found: dict[str, int] = {}
    for column in columns():
        if column.table is not fs_rule:
            asked = select(func.count()).select_from(column.table).where(column == rule)
            name = str(column.table.name)
            found[name] = found.get(name, 0) + int(connection.execute(asked).scalar_one())
    return found


def _follow(connection: Connection, column: Column[Any], earlier: str, code: str) -> None:
    table = PLATFORM.tables[str(column.table.name)]
    for names in _unique(table, column.name):
        _make_room(connection, column, names, (earlier, code))
    mine = update(table).where(column == earlier)
    connection.execute(mine.values({column.name: code}))


def _make_room(
    connection: Connection, column: Column[Any], names: list[str], codes: tuple[str, str]
) -> None:
    """Let one row stand where both codes have one for the same thing."""
    table, (earlier, code) = PLATFORM.tables[str(column.table.name)], codes
    other = table.alias("other")

    def twin(of: str) -> ColumnElement[bool]:
        same = [table.c[name] == other.c[name] for name in names if name != column.name]
        held = and_(other.c[column.name] == of, *same)
        return exists(select(1).select_from(other).where(held).correlate(table))

    counted = ADDED_UP.get(table.name)
    if counted is not None:
        same = [table.c[name] == other.c[name] for name in names if name != column.name]
        more = select(other.c[counted]).where(other.c[column.name] == code, *same)
        both = table.c[counted] + more.correlate(table).scalar_subquery()
        connection.execute(
            update(table).where(column == earlier, twin(code)).values({counted: both})
        )
    if counted is not None or table.name in LATEST:
        connection.execute(delete(table).where(column == code, twin(earlier)))
    else:
        connection.execute(delete(table).where(column == earlier, twin(code)))


def _unique(table: Table, name: str) -> Iterator[list[str]]:
    """Yield the columns of every key that the column takes part in."""
    keys = [table.primary_key, *(c for c in table.constraints if isinstance(c, UniqueConstraint))]
    for key in keys:
        names = [column.name for column in key.columns]
        if name in names:
            yield names


def _given_twice(connection: Connection, one: NewRule) -> None:
    """Take away the points of an item that were given once more by whoever did not find them."""
    other = fs_ledger.alias("other")
    again = (
        other.c.rule == one.earlier,
        other.c.record == fs_ledger.c.record,
        other.c.item == fs_ledger.c.item,
    )
    gone = exists(select(1).select_from(other).where(*again).correlate(fs_ledger))
    connection.execute(delete(fs_ledger).where(fs_ledger.c.rule == one.code, gone))


def _rename_in_jobs(connection: Connection, one: NewRule) -> None:
    """Let work that waits, runs or has stopped find its rule."""
    job = fs_job.c
    asked = select(job.id, job.arguments).where(job.state.in_(WAITS))
    for job_id, told in connection.execute(asked).all():
        if (told or {}).get("rule") == one.earlier:
            mine = update(fs_job).where(job.id == job_id)
            connection.execute(mine.values(arguments={**told, "rule": one.code}))
