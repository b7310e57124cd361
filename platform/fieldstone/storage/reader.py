"""Reads stored rows by id, their lookups and their children, in few statements however long the batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, bindparam, or_, select

from fieldstone.base.cached import cached_property
from fieldstone.changes.nouns import Context
from fieldstone.expressions.env import Env
from fieldstone.expressions.sqltypes import PlainText
from fieldstone.fieldtypes.secret import MASK
from fieldstone.storage.answers import Answer
from fieldstone.storage.columns import ObjectColumns
from fieldstone.storage.lending import Lender
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.tables import ObjectTable, Tables
from fieldstone.storage.vault import place_of

Stored = dict[str, Any]
"""A row in memory: stored values by field code, with "id" and, when asked for everything, "version"."""


class Reader:
    """One connection that reads; `ctx` says who asks and when, for computed formulas."""

    def __init__(self, connection: Connection | Lender, tables: Tables, ctx: Context) -> None:
        """Read through `connection`, or what is lent when the first question needs it."""
        self._lent = connection
        self.tables = tables
        self.ctx = ctx
        self.dialect = tables.dialect
        # By object and id, with whatever was read of it; {} for a record that is not there.
        self._known: dict[str, dict[str, Stored]] = {}

    @property
    def connection(self) -> Connection:
        """Return the connection of all that is read here."""
        return self._lent.connection if isinstance(self._lent, Lender) else self._lent

    def answer(self, prepared: Prepared, values: Mapping[str, object]) -> Answer:
        """Return the answer to a question that may be the only one of this reader."""
        if isinstance(self._lent, Lender):
            return self._lent.answer(prepared, values)
        return prepared.answer(self._lent, values)

    @cached_property
    def env(self) -> Env:
        """Return what expressions are evaluated with: the actor and the moment."""
        actor = self.ctx.actor
        user = {"id": actor.id, **actor.facts}
        return Env(now=self.ctx.now, zone=actor.zone, user=user, roles=actor.roles)

    def columns(self, object_name: str) -> ObjectColumns:
        """Return fresh columns for one statement over an object."""
        return ObjectColumns(self.tables, self.tables.model, object_name, self.env)

    def rows(
        self,
        object_name: str,
        ids: Collection[str],
        *,
        names: Iterable[str] | None = None,
        deleted: bool = False,
        lock: bool = False,
        unseal: bool = False,
    ) -> dict[str, Stored]:
        """Return rows by id: all stored values, or those of `names` (line items and computed ones too).

        Deleted rows only with `deleted`; `lock` keeps others from writing them, taken in the order
        of ids; secrets are masked unless `unseal`.
        """
        held = self.tables[object_name]
        codes, lists, computed = _sorted_out(held, names)
        key = ("rows", object_name, codes, deleted, lock)
        asked = self.tables.once(key, lambda: self._by_ids(held, codes, deleted=deleted, lock=lock))
        found: dict[str, Stored] = {}
        for chunk in _chunks(sorted(set(ids))):
            for values in asked.rows(self.connection, {"ids": listed(chunk, self.dialect)}):
                found[values[0]] = dict(zip(codes, values, strict=True))
        self._open_or_mask(held, found.values(), unseal=unseal)
        for code in lists:
            children = self.children(object_name, found, code)
            for record_id, row in found.items():
                row[code] = tuple(children.get(record_id, ()))
        if computed and found:
            self._compute(object_name, found, computed)
        return found

    def children(
        self,
        object_name: str,
        ids: Collection[str],
        relation: str,
        names: Iterable[str] = (),
        binned_at: datetime | None = None,
    ) -> dict[str, list[Stored]]:
        """Return the live rows that point to each record through a relation; line items in their order.

        With `binned_at` those that went to the recycle bin at that instant, as line items do with their record.

        Without `names` line items come with their own fields and id, other rows with all stored values.
        Dotted names are looked up.
        """
        link = self.tables[object_name].spec.relations[relation]
        held = self.tables[link.object_name]
        wanted = frozenset(names)
        plain = {name.partition(".")[0] for name in wanted} & held.columns.keys()
        codes = tuple(sorted(plain | {"id"})) if wanted else _item_codes(held, owned=link.owned)
        asked = self.tables.once(
            ("children", object_name, relation, codes, binned_at is None),
            lambda: Prepared(
                _of_parents(held, link.field, codes, self.dialect, binned=binned_at is not None)
            ),
        )
        found: dict[str, list[Stored]] = {}
        for chunk in _chunks(sorted(set(ids))):
            bound = {"ids": listed(chunk, self.dialect)}
            if binned_at is not None:
                bound["binned_at"] = binned_at
            for parent, *values in asked.rows(self.connection, bound):
                found.setdefault(parent, []).append(dict(zip(codes, values, strict=True)))
        every = [row for rows in found.values() for row in rows]
        self._open_or_mask(held, every, unseal=False)
        self._look_into(link.object_name, every, wanted - plain - {"id"})
        return found

    def existing(
        self, object_name: str, ids: Collection[str], names: Iterable[str] = ()
    ) -> list[str]:
        """Return which of these ids are live records, sorted.

        `names` are what will be looked up behind them, so that one question serves both.
        """
        known = self._targets(object_name, set(ids), frozenset(names))
        return sorted(record_id for record_id in set(ids) if known[record_id])

    def holders(
        self, object_name: str, codes: Sequence[str], keys: Sequence[tuple[object, ...]]
    ) -> Iterator[tuple[tuple[object, ...], str]]:
        """Yield (key, record id) of the live records that hold one of `keys` in the fields `codes`."""
        held = self.tables[object_name]
        columns = [held.blind.get(code, held.columns[code]) for code in codes]
        live = held.columns["deleted_at"].is_(None)
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            if len(codes) == 1 and isinstance(columns[0].type, PlainText):
                texts = {"ids": listed([key[0] for key in chunk], self.dialect)}
                for text, record_id in self._holding(held, columns[0]).rows(self.connection, texts):
                    yield (text,), record_id
                continue
            spelled = {self._as_held(held, codes, key): key for key in chunk}
            asked = select(*columns, held.columns["id"]).where(_one_of(columns, chunk), live)
            for *key, record_id in self.connection.execute(asked):
                yield spelled.get(tuple(key), tuple(key)), record_id

    def _holding(self, held: ObjectTable, column: Column[Any]) -> Prepared:
        """Return the question who holds one of many texts: one statement, however many they are."""

        def asked() -> Prepared:
            live = held.columns["deleted_at"].is_(None)
            one_of = among(column, self.dialect)
            return Prepared(select(column, held.columns["id"]).where(one_of, live))

        return self.tables.once(("holding", held.name, column.name), asked)

    def lookups(
        self, object_name: str, rows: Sequence[Mapping[str, object]], paths: Iterable[str]
    ) -> list[dict[str, object]]:
        """Return, for each row, the values at dotted paths; a missing or deleted link gives None.

        What was looked up stays known until this transaction writes to that object.
        """
        found: list[dict[str, object]] = [{} for _ in rows]
        behind: dict[str, set[str]] = {}
        for path in paths:
            head, _, rest = path.partition(".")
            behind.setdefault(head, set()).add(rest)
        for head, rests in behind.items():
            target = self.tables[object_name].spec.fields[head].type.expression_type.of
            ids = {str(row[head]) for row in rows if row.get(head)}
            seen = self._targets(target, ids, frozenset(rest.partition(".")[0] for rest in rests))
            known: list[Mapping[str, object]] = [seen[one] for one in ids if seen.get(one)]
            deep = [rest for rest in rests if "." in rest]
            if deep:
                further = self.lookups(target, known, deep)
                known = [{**row, **more} for row, more in zip(known, further, strict=True)]
            by_id = {str(row["id"]): row for row in known}
            for values, origin in zip(found, rows, strict=True):
                linked = by_id.get(str(origin.get(head)), {})
                values.update({f"{head}.{rest}": linked.get(rest) for rest in rests})
        return found

    def masked(self, object_name: str, rows: Iterable[Stored]) -> Iterable[Stored]:
        """Return rows with their secrets masked."""
        rows = list(rows)
        self._open_or_mask(self.tables[object_name], rows, unseal=False)
        return rows

    def forget_lookups(self, object_name: str) -> None:
        """Read this object anew: its rows were written."""
        self._known.pop(object_name, None)

    def know(self, object_name: str, rows: Iterable[Stored]) -> None:
        """Remember live records that were read, or just written, so that nobody asks for them again."""
        known = self._known.setdefault(object_name, {})
        for row in rows:
            known[row["id"]] = {**known.get(row["id"], {}), **row}

    def whole(self, object_name: str, ids: Collection[str]) -> dict[str, Stored]:
        """Return all stored values of records, deleted or not; what this transaction knows is not asked again."""
        names = frozenset(self.tables[object_name].columns)
        known = self._known.get(object_name, {})
        there = {one: known[one] for one in ids if names <= known.get(one, {}).keys()}
        missing = set(ids) - there.keys()
        return {**there, **self.rows(object_name, missing, deleted=True)} if missing else there

    def live(self, object_name: str, ids: Collection[str]) -> dict[str, Stored]:
        """Return all stored values of live records; what this transaction knows is not asked again."""
        names = frozenset(self.tables[object_name].columns)
        wanted = set(ids)
        known = self._targets(object_name, wanted, names)
        return {one: row for one in wanted if (row := known[one]) and not row.get("deleted_at")}

    def _targets(self, target: str, ids: set[str], names: frozenset[str]) -> dict[str, Stored]:
        """Return what is known of these records, at least `names` of each; {} for one that is not there."""
        known = self._known.setdefault(target, {})
        missing = {one for one in ids if not _tells(known.get(one), names)}
        if missing:
            found = self.rows(target, missing, names=names)
            for record_id in missing:
                row = found.get(record_id)
                known[record_id] = {**known.get(record_id, {}), **row} if row else {}
        return known

    def _look_into(self, object_name: str, rows: list[Stored], names: Iterable[str]) -> None:
        """Add dotted and computed values to rows already read."""
        dotted = [name for name in names if "." in name]
        computed = [name for name in names if "." not in name]
        if dotted and rows:
            for row, more in zip(rows, self.lookups(object_name, rows, dotted), strict=True):
                row.update(more)
        if computed and rows:
            self._compute(object_name, {row["id"]: row for row in rows}, computed)

    def _compute(self, object_name: str, rows: Mapping[str, Stored], codes: Sequence[str]) -> None:
        """Add the values of formulas that no column keeps."""
        columns = self.columns(object_name)
        asked = columns.apply(select(columns.column("id"), *(columns.column(c) for c in codes)))
        asked = asked.where(among(columns.column("id"), self.dialect))
        for chunk in _chunks(sorted(rows)):
            ids = {"ids": listed(chunk, self.dialect)}
            for record_id, *values in self.connection.execute(asked, ids):
                rows[record_id].update(zip(codes, values, strict=True))

    def _by_ids(
        self, held: ObjectTable, codes: tuple[str, ...], *, deleted: bool, lock: bool
    ) -> Prepared:
        asked = select(*(held.columns[code] for code in codes))
        asked = asked.where(among(held.columns["id"], self.dialect))
        if not deleted:
            asked = asked.where(held.columns["deleted_at"].is_(None))
        if lock and self.dialect == "postgresql":
            # In the order of ids, so that two batches over the same records cannot wait for each
            # other. NO KEY UPDATE: nothing refers to these rows by key.
            asked = asked.order_by(held.columns["id"]).with_for_update(key_share=True)
        return Prepared(asked)

    def _open_or_mask(self, held: ObjectTable, rows: Iterable[Stored], *, unseal: bool) -> None:
        for code in held.blind:
            for row in rows:
                sealed = row.get(code)
                if sealed is not None:
                    place = place_of(held.name, held.columns[code].name, row["id"])
                    row[code] = self.tables.vault.opened(sealed, place) if unseal else MASK

    def _as_held(
        self, held: ObjectTable, codes: Sequence[str], key: tuple[object, ...]
    ) -> tuple[object, ...]:
        return tuple(
            self.tables.vault.blinded(str(value)) if code in held.blind else value
            for code, value in zip(codes, key, strict=True)
        )


def _sorted_out(
    held: ObjectTable, names: Iterable[str] | None
) -> tuple[tuple[str, ...], list[str], list[str]]:
    """Split names into columns (the id first), line items and computed formulas."""
    if names is None:
        return tuple(held.columns), [], []
    wanted = set(names)
    lists = [field.code for field in held.children if field.code in wanted]
    computed = sorted(wanted - held.columns.keys() - set(lists))
    codes = ("id", *sorted((wanted & held.columns.keys()) - {"id"}))
    return codes, lists, computed


def _tells(row: Stored | None, names: frozenset[str]) -> bool:
    return row is not None and (not row or names <= row.keys())


def _item_codes(held: ObjectTable, *, owned: bool) -> tuple[str, ...]:
    if not owned:
        return tuple(held.columns)
    own = (c for c, f in held.spec.fields.items() if not f.system and c in held.columns)
    return ("id", *own)


def _of_parents(
    held: ObjectTable, field: str, codes: tuple[str, ...], dialect: str, *, binned: bool
) -> Select[Any]:
    parent, deleted_at = held.columns[field], held.columns["deleted_at"]
    at = bindparam("binned_at", type_=deleted_at.type)
    order = [held.columns["position"]] if "position" in held.columns else []
    return (
        select(parent, *(held.columns[code] for code in codes))
        .where(among(parent, dialect), deleted_at == at if binned else deleted_at.is_(None))
        .order_by(*order, held.columns["id"])
    )


def _one_of(
    columns: Sequence[Column[Any]], keys: Sequence[tuple[object, ...]]
) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(*(and_(*(c == v for c, v in zip(columns, key, strict=True))) for key in keys))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
