"""Counts what a plan wants to know of the data that is there: rows, values, who would not pass."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, select

from fieldstone.changes.nouns import Context
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.sqltypes import StringList
from fieldstone.storage import relocating
from fieldstone.storage.following_rules import kept_of
from fieldstone.storage.following_views import names_field, names_pipeline
from fieldstone.storage.import_log import fs_import
from fieldstone.storage.notices import fs_saved_view
from fieldstone.storage.reader import Reader
from fieldstone.storage.tables import ObjectTable, Tables
from fieldstone.storage.timers import fs_timer

BATCH: Final = 2_000
SHOWN: Final = 5
IMPORTS_THAT_WAIT: Final = ("matching", "checking", "checked", "running", "failed")


@dataclass(frozen=True)
class Counted:
    """How many, and what a few of them are called."""

    count: int
    samples: tuple[str, ...] = ()


class Census:
    """Asks one database, through the tables of the model in force."""

    def __init__(self, connection: Connection, tables: Tables, ctx: Context) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._tables = tables
        self._reader = Reader(connection, tables, ctx)

    def knows(self, object_name: str, field: str = "") -> bool:
        """Tell whether there is a column to ask."""
        held = self._tables.objects.get(object_name)
        return held is not None and (not field or field in held.columns)

    def rows(self, object_name: str) -> int:
        """Return how many live records there are."""
        held = self._tables[object_name]
        return self._count(held, _live(held))

    def filled(self, object_name: str, field: str) -> int:
        """Return how many records, deleted ones too, have a value."""
        held = self._tables[object_name]
        return self._count(held, held.columns[field].is_not(None))

    def missing(self, object_name: str, field: str) -> Counted:
        """Return the live records without a value."""
        held = self._tables[object_name]
        return self._sampled(held, and_(_live(held), held.columns[field].is_(None)))

    def holders(self, object_name: str, field: str, value: str) -> int:
        """Return how many records hold an option or stand in a stage."""
        return relocating.holders(self._connection, self._tables[object_name], field, value)

    def doubled(self, object_name: str, field: str) -> Counted:
        """Return the values that more than one live record holds; the samples are the values."""
        held = self._tables[object_name]
        column = held.blind.get(field, held.columns[field])
        grouped = select(column).where(_live(held), column.is_not(None)).group_by(column)
        doubled = grouped.having(func.count() > 1)
        count = self._connection.execute(select(func.count()).select_from(doubled.subquery()))
        total = int(count.scalar_one())
        shown = (
            self._connection.execute(doubled.limit(SHOWN))
            if total and field not in held.blind
            else ()
        )
        return Counted(total, tuple(str(value) for (value,) in shown))

    def breaking(self, object_name: str, that: Expression, when: Expression | None) -> Counted:
        """Return the live records for which `when` holds and `that` does not."""
        held = self._tables[object_name]
        columns, env = self._reader.columns(object_name), self._reader.env
        wrong: ColumnElement[bool] = not_(that.clause(columns, env))
        if when is not None:
            wrong = and_(when.clause(columns, env), wrong)
        where = and_(_live(held), wrong)
        asked = columns.apply(select(func.count())).where(where)
        total = int(self._connection.execute(asked).scalar_one())
        if not total:
            return Counted(0)
        titles = columns.apply(select(self._title(held))).where(where).limit(SHOWN)
        return Counted(total, tuple(str(title) for (title,) in self._connection.execute(titles)))

    def refused(self, object_name: str, field: str, judge: Callable[[object], str]) -> Counted:
        """Return the records whose value `judge` has something against; the samples say what."""
        count, samples = 0, list[str]()
        for _, title, value in self.values(object_name, field):
            said = judge(value)
            if said:
                count += 1
                if len(samples) < SHOWN:
                    samples.append(f"{title}: {said}")
        return Counted(count, tuple(samples))

    def values(self, object_name: str, field: str) -> Iterator[tuple[str, str, Any]]:
        """Yield (id, title, value) of every record that has a value, the deleted ones too."""
        held = self._tables[object_name]
        key, column = held.columns["id"], held.columns[field]
        last = ""
        while True:
            asked = select(key, self._title(held), column).where(key > last, column.is_not(None))
            found = self._connection.execute(asked.order_by(key).limit(BATCH)).all()
            for record, title, value in found:
                yield record, str(title), value
            if len(found) < BATCH:
                return
            last = found[-1][0]

    def kept_views(self, object_name: str, field: str) -> Counted:
        """Return the saved views that filter by a field, sort by it or show it."""
        return self._views(object_name, lambda body: names_field(body, field))

    def views_within(self, object_name: str, pipeline: str) -> Counted:
        """Return the saved views that filter by a pipeline, or are boards of it."""
        return self._views(object_name, lambda body: names_pipeline(body, pipeline))

    def made_from(self, object_name: str, view: str) -> Counted:
        """Return the saved views that were made from a declared one, and go by its condition."""
        return self._views(object_name, lambda body: body.get("view") == view)

    def _views(self, object_name: str, wanted: Callable[[Mapping[str, Any]], bool]) -> Counted:
        kept = fs_saved_view.c
        asked = select(kept.label, kept.body).where(kept.object == object_name)
        found = [
            str(label)
            for label, body in self._connection.execute(asked.order_by(kept.id))
            if wanted(body or {})
        ]
        return Counted(len(found), tuple(found[:SHOWN]))

    def kept_imports(self, object_name: str, field: str) -> Counted:
        """Return the imports that have yet to run whose mapping fills a field, or goes by it."""
        kept = fs_import.c
        waiting = (kept.object == object_name, kept.state.in_(IMPORTS_THAT_WAIT))
        code = re.escape(field)
        says = re.compile(rf"""(?<![\w.]){code}["']?\s*:|\bkey["']?\s*:\s*["']?{code}(?![\w.])""")
        found = [
            str(file or "")
            for file, plan in self._connection.execute(
                select(kept.file, kept.mapping).where(*waiting).order_by(kept.created_at)
            )
            if says.search(str((plan or {}).get("mapping", "")))
        ]
        return Counted(len(found), tuple(found[:SHOWN]))

    def waiting_for(self, rule: str) -> int:
        """Return of how many records the time of a rule runs."""
        asked = select(func.count(fs_timer.c.record.distinct())).where(fs_timer.c.rule == rule)
        return int(self._connection.execute(asked).scalar_one())

    def kept_by(self, rule: str) -> dict[str, int]:
        """Return how many rows say something of a rule, by table."""
        return kept_of(self._connection, rule)

    def people(self, role: str) -> Counted:
        """Return the active people who carry a role."""
        found = sorted(name for name, roles in self.carriers() if role in roles)
        return Counted(len(found), tuple(found[:SHOWN]))

    def carriers(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Return the active people with the roles that each carries."""
        held = self._tables.objects.get("user")
        if held is None or "roles" not in held.columns:
            return ()
        named, active = self._title(held), held.columns.get("active")
        asked = select(named, held.columns["roles"]).where(_live(held))
        if active is not None:
            asked = asked.where(active.is_not(False))
        found = self._connection.execute(asked)
        return tuple((str(name), frozenset(roles or ())) for name, roles in found)

    def held(self, object_name: str, field: str) -> dict[str, int]:
        """Return how many live records hold each option, or stand in each stage; lists count once for each element."""
        held = self._tables[object_name]
        column = held.columns[field]
        asked = select(column, func.count()).where(_live(held), column.is_not(None))
        if isinstance(column.type, StringList):  # counted in memory
            counted: Counter[str] = Counter()
            for (values,) in self._connection.execute(select(column).where(_live(held))):
                counted.update(values or ())
            return dict(counted)
        return {str(value): n for value, n in self._connection.execute(asked.group_by(column))}

    def _title(self, held: ObjectTable) -> ColumnElement[Any]:
        title = held.columns.get(held.spec.title)
        return held.columns["id"] if title is None or held.spec.title in held.blind else title

    def _count(self, held: ObjectTable, where: ColumnElement[bool]) -> int:
        asked: Select[Any] = select(func.count()).select_from(held.table).where(where)
        return int(self._connection.execute(asked).scalar_one())

    def _sampled(self, held: ObjectTable, where: ColumnElement[bool]) -> Counted:
        total = self._count(held, where)
        if not total:
            return Counted(0)
        titles = self._connection.execute(select(self._title(held)).where(where).limit(SHOWN))
        return Counted(total, tuple(str(title) for (title,) in titles))


def _live(held: ObjectTable) -> ColumnElement[bool]:
    return held.table.c.deleted_at.is_(None)
