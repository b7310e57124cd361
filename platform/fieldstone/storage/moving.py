"""Gives what the platform keeps about one record to another: spans, stages, points, files, decisions.

Which tables that are nobody lists: every platform table with the columns `object` and `record` follows the record,
but for those named here. So a table that is added later moves by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    Connection,
    LargeBinary,
    Table,
    UniqueConstraint,
    and_,
    delete,
    insert,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.expressions.sqltypes import Instant
from fieldstone.rules.obligation import AGREED
from fieldstone.storage.counters import fs_ledger
from fieldstone.storage.journal import fs_owner_span, fs_stage_history
from fieldstone.storage.merges import Moved
from fieldstone.storage.platform_tables import CHUNK, PLATFORM, packed
from fieldstone.storage.timers import DUE, fs_timer

STAYS: Final = frozenset(
    {
        "fs_audit",  # chained by hash: the survivor's history reads both
        "fs_outbox",  # is on its way under the id it had
        "fs_match_key",  # made from the row, which keeps its values
        "fs_suspect",  # a pair names two records; who merges settles it
        "fs_ledger",  # moves as the rule says
        "fs_timer",  # moves as the rule says
        "fs_rule_run_row",  # says what a run changed: its undo leaves alone what was merged since
    }
)
ROW: Final = "row"
MERGED: Final = "merged"
BY_MERGE: Final = "by merge"
"""Why a record has a stage in its history that it never stood in: another one did, which is part of it now."""
ADDED: Final = "added"
DROPPED: Final = "dropped"


class Moving:
    """Moves the platform's rows of one record to another, within one transaction, and back."""

    def __init__(
        self,
        connection: Connection,
        object_name: str,
        now: datetime,
        rule_now: Callable[[str], str],
    ) -> None:
        """Move rows of records of an object at the moment `now`; `rule_now` gives the present code of a rule."""
        self._connection = connection
        self._object = object_name
        self._now = now
        self._rule_now = rule_now

    def all(self, gone: str, survivor: str) -> Iterator[Moved]:
        """Move everything that follows a record by itself; spans that are open end now."""
        for table in _following():
            for key, row in self._rows(table, gone):
                values = {"record": survivor, **self._closed(table, row)}
                if not self._is_taken(table, row, survivor):
                    yield self._changed(table, key, row, values)

    def points(self, gone: str, survivor: str) -> Iterator[Moved]:
        """Give the points of a record to another."""
        for key, row in self._rows(fs_ledger, gone):
            yield self._changed(fs_ledger, key, row, {"record": survivor})

    def better_points(self, gone: str, survivor: str) -> Iterator[Moved]:
        """Let the survivor have, item by item, the points of whichever of both has more of them."""
        rows = [*self._rows(fs_ledger, gone), *self._rows(fs_ledger, survivor)]
        totals: Counter[tuple[str, str]] = Counter()
        for _, row in rows:
            sign = 1 if row["record"] == gone else -1
            totals[row["rule"], row["item"]] += sign * row["points"]
        for key, row in rows:
            if totals[row["rule"], row["item"]] > 0:
                other = survivor if row["record"] == gone else gone
                yield self._changed(fs_ledger, key, row, {"record": other})

    def point_keys(self, record: str) -> set[str]:
        """Return the keys of a record's points."""
        return {packed(key) for key, _ in self._rows(fs_ledger, record)}

    def added_points(self, record: str, known: set[str]) -> Iterator[Moved]:
        """Yield the points that rules gave or took because of the merge: those beside `known`."""
        for key in sorted(self.point_keys(record) - known):
            yield Moved(ADDED, fs_ledger.name, key)

    def timers(self, record: str) -> Iterator[Moved]:
        """Take the timers of a record away."""
        for _, row in self._rows(fs_timer, record):
            yield self.dropped(fs_timer, row)

    def timers_of(self, record: str) -> list[dict[str, Any]]:
        """Return the timers of a record, as JSON."""
        return [_plain(row) for _, row in self._rows(fs_timer, record)]

    def timers_by_record(self, records: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the timers of several records, as JSON; an empty list for one without."""
        found: dict[str, list[dict[str, Any]]] = {one: [] for one in records}
        for start in range(0, len(records), CHUNK):
            part = records[start : start + CHUNK]
            asked = select(fs_timer).where(fs_timer.c.record.in_(part)).order_by(fs_timer.c.id)
            for row in self._connection.execute(asked).mappings():
                found[row["record"]].append(_plain(dict(row)))
        return found

    def stand_in(self, survivor: str, timers: Iterable[Mapping[str, Any]], *, later: bool) -> None:
        """Of two deadlines of a rule let the earlier, or the later, stand, with its reminders.

        A deadline that stands alone is not taken over: the rule that set it does not concern the survivor.
        """
        mine, theirs = (
            _by_rule(row for _, row in self._rows(fs_timer, survivor)),
            _by_rule(_typed(fs_timer, plain) for plain in timers),
        )
        for rule in sorted(mine.keys() & theirs.keys()):
            own, other = mine[rule].get(DUE), theirs[rule].get(DUE)
            if own is None or other is None or own["due"] == other["due"]:
                continue
            if (other["due"] > own["due"]) == later:
                self._take_over(survivor, own, list(theirs[rule].values()))

    def _take_over(
        self, survivor: str, own: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """Put the timers of one rule in the place of a record's own; its clock still starts when it did."""
        timer = fs_timer.c
        gone = delete(fs_timer).where(timer.record == survivor, timer.rule == own["rule"])
        self._connection.execute(gone)
        for row in rows:
            new = {**row, "id": new_id(), "record": survivor}
            if row["kind"] == DUE:
                agreed = {AGREED: row["due"].isoformat()}
                new["payload"] = {**(own["payload"] or {}), **agreed}
            self._connection.execute(insert(fs_timer).values(new))

    def timers_back(self, timers: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Make the timers of each of these records be what is given for it, whatever their object was called then."""
        records = list(timers)
        for start in range(0, len(records), CHUNK):
            part = records[start : start + CHUNK]
            self._connection.execute(delete(fs_timer).where(fs_timer.c.record.in_(part)))
        kept = [_typed(fs_timer, plain) for one in timers.values() for plain in one]
        if rows := [self._as_called_now(one) for one in kept]:
            self._connection.execute(insert(fs_timer), rows)

    def dropped(self, table: Table, row: Mapping[str, Any]) -> Moved:
        """Delete a row and return what brings it back."""
        key = _key_of(table, row)
        self._connection.execute(delete(table).where(_is(table, key)))
        return Moved(DROPPED, table.name, packed(key), _plain(row))

    def back(self, moved: Moved) -> None:
        """Make one row what it was; one that is no longer there stays away."""
        table = PLATFORM.tables[moved.place]
        if moved.kind == ADDED:
            self._connection.execute(delete(table).where(_is(table, orjson.loads(moved.record))))
            return
        if moved.kind == DROPPED:
            values = self._as_called_now(_typed(table, moved.before))
            self._connection.execute(delete(table).where(_is(table, _key_of(table, values))))
            self._connection.execute(insert(table).values(values))
            return
        key = orjson.loads(moved.record)
        before = _typed(table, moved.before)
        self._connection.execute(update(table).where(_is(table, key)).values(before))

    def _as_called_now(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a kept row with what its object and its rule are called now."""
        rule = {"rule": self._rule_now(row["rule"])} if row.get("rule") else {}
        return {**row, **rule, "object": self._object}

    def _rows(self, table: Table, record: str) -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
        small = [column for column in table.columns if not isinstance(column.type, LargeBinary)]
        asked = select(*small).where(table.c.object == self._object, table.c.record == record)
        found = self._connection.execute(asked).mappings()
        rows = [{str(name): value for name, value in row.items()} for row in found]
        return [(_key_of(table, row), row) for row in rows]

    def _closed(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        if table is fs_owner_span and row["until"] is None:
            return {"until": self._now, "reason": MERGED}
        if table is fs_stage_history:
            # The survivor reached these stages too, but it never moved between them: its path leaves them out.
            values: dict[str, Any] = {"reason": BY_MERGE}
            if row["left_at"] is None:
                seconds = max(0, int((self._now - row["entered_at"]).total_seconds()))
                values |= {"left_at": self._now, "seconds": seconds}
            return values
        return {}

    def _is_taken(self, table: Table, row: Mapping[str, Any], survivor: str) -> bool:
        """Tell whether the survivor has the one row of its kind already: then the other one stays behind."""
        for names in _unique(table):
            wanted = {**{name: row[name] for name in names}, "record": survivor}
            same = and_(*(table.c[name] == value for name, value in wanted.items()))
            if self._connection.execute(select(table.c.record).where(same)).first():
                return True
        return False

    def _changed(
        self, table: Table, key: Mapping[str, Any], row: Mapping[str, Any], values: dict[str, Any]
    ) -> Moved:
        self._connection.execute(update(table).where(_is(table, key)).values(values))
        after = {name: values.get(name, value) for name, value in key.items()}
        before = {name: row[name] for name in values}
        return Moved(ROW, table.name, packed(after), _plain(before))


def _by_rule(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return timers by rule and kind."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["rule"], {})[row["kind"]] = row
    return found


def _following() -> list[Table]:
    return [
        table
        for name, table in sorted(PLATFORM.tables.items())
        if name not in STAYS and {"object", "record"} <= set(table.c.keys())
    ]


def _unique(table: Table) -> Iterable[list[str]]:
    """Yield the columns of every unique constraint that a record takes part in."""
    for one in table.constraints:
        names = [column.name for column in one.columns] if isinstance(one, UniqueConstraint) else []
        if "record" in names:
            yield names
    keys = [column.name for column in table.primary_key.columns]
    if "record" in keys:
        yield keys


def _key_of(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: row[column.name] for column in table.primary_key.columns}


def _is(table: Table, key: Mapping[str, Any]) -> Any:
    return and_(*(table.c[name] == value for name, value in key.items()))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()}


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept values as their columns take them."""
    instants = {column.name for column in table.columns if isinstance(column.type, Instant)}
    return {
        name: datetime.fromisoformat(value) if name in instants and value else value
        for name, value in row.items()
    }
