"""Writes rows of objects: line items, sealed secrets, search tokens and the system columns with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Update, bindparam, select

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Context
from fieldstone.fieldtypes.secret import MASK
from fieldstone.model.objects import Field
from fieldstone.rules.match_keys import key_plan, match_keys
from fieldstone.storage.match_keys import replace_keys
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.prepared import Adding, Changing, Prepared
from fieldstone.storage.rollups import zeros
from fieldstone.storage.search import keep_tokens, tokens_of
from fieldstone.storage.tables import ObjectTable, Tables
from fieldstone.storage.vault import place_of

Values = Mapping[str, object]


@dataclass(frozen=True)
class RowUpdate:
    """New values of one row, and what must hold for them to be written.

    `row` is the whole row as it will be, where the caller has it locked: it saves reading it for the search index.
    """

    id: str
    values: Values
    expected_version: int | None = None
    where_owner_is_null: bool = False
    where_pool: str | None = None
    counts: bool = True  # False for totals: nobody's change, so version and updated_at stay
    row: Values | None = field(default=None, compare=False)

    @property
    def certain(self) -> bool:
        """Tell whether nothing but the id decides, and the caller has the row, locked: it will be written."""
        return (self.row is not None or not self.counts) and not (
            self.expected_version is not None
            or self.where_owner_is_null
            or self.where_pool is not None
        )


class RowWriter:
    """Inserts and updates within one transaction."""

    def __init__(self, connection: Connection, tables: Tables, ctx: Context) -> None:
        """Write on behalf of the context's actor, at its moment."""
        self._connection = connection
        self._tables = tables
        self._ctx = ctx

    def insert(self, object_name: str, rows: Sequence[Values]) -> None:
        """Write new rows and their line items."""
        if not rows:
            return
        held = self._tables[object_name]
        full = [self._with_defaults(held, row) for row in rows]
        adding = self._tables.once(("insert", object_name), lambda: Adding(held.table))
        adding.later(self._connection, [self._held_row(held, row) for row in full])
        if held.index is not None:
            found = {str(row["id"]): tokens_of(held, row) for row in full}
            keep_tokens(self._connection, self._tables, held, found)
        self._keep_keys(object_name, {str(row["id"]): row for row in full}, fresh=True)
        for child in held.children:
            self._insert_items(held, child, [(str(r["id"]), _items(r, child)) for r in rows])

    def update(self, object_name: str, updates: Sequence[RowUpdate]) -> frozenset[str]:
        """Write changed values; return the ids really written."""
        held = self._tables[object_name]
        shapes: dict[tuple[object, ...], list[RowUpdate]] = {}
        for one in updates:
            shapes.setdefault(self._shape(held, one), []).append(one)
        moments = self._bin_moments(held, updates)
        written: set[str] = set()
        for group in shapes.values():
            written.update(self._update_group(held, group))
        done = [one for one in updates if one.id in written]
        self._find_anew(held, done)
        for child in held.children:
            changed = [one for one in done if child.code in one.values]
            self._replace_items(
                held, child, [(one.id, _items(one.values, child)) for one in changed]
            )
        self._carry_deletion(held, done, moments)
        return frozenset(written)

    def _with_defaults(self, held: ObjectTable, row: Values) -> dict[str, object]:
        now, actor = self._ctx.now, self._ctx.actor.id
        full: dict[str, object] = {"created_at": now, "created_by": actor, "version": 1, **row}
        full.setdefault("updated_at", full["created_at"])
        full.setdefault("updated_by", full["created_by"])
        if "owned_at" in held.columns and full.get("owner") is not None:
            full.setdefault("owned_at", full["created_at"])
        if "stage_entered_at" in held.columns:
            full.setdefault("stage_entered_at", full["created_at"])
        for code, nothing in self._tables.once(("zeros", held.name), lambda: zeros(held.spec)):
            full.setdefault(code, nothing)
        return full

    def _held_row(self, held: ObjectTable, row: Values) -> dict[str, object]:
        """Return a row as the table holds it: by column name, secrets sealed, tokens added."""
        record_id = str(row["id"])
        names = self._tables.once(("names", held.name), lambda: _names(held))
        found = {name: row.get(code) for code, name in names}
        for code, blind in held.blind.items():
            found.update(self._sealed(held, code, record_id, row.get(code)))
            found.setdefault(str(blind.name), None)
        if held.searched and held.index is None:
            found["tok"] = list(tokens_of(held, row))
        return found

    def _sealed(
        self, held: ObjectTable, code: str, record_id: str, value: object
    ) -> dict[str, object]:
        name = str(held.columns[code].name)
        text = None if value is None else str(value)
        place = place_of(held.name, name, record_id)
        # The fingerprint's column makes it from the plain text.
        sealed = None if text is None else self._tables.vault.sealed(text, place)
        return {name: sealed, str(held.blind[code].name): text}

    def _shape(self, held: ObjectTable, one: RowUpdate) -> tuple[object, ...]:
        """Return what decides the statement: the fields and the kinds of condition."""
        codes = {
            code for code in one.values if code in held.columns and code not in ("id", "version")
        }
        codes -= {code for code in held.blind if one.values.get(code) == MASK}
        stage, columns = held.spec.stage_field, held.columns
        if one.counts:
            codes |= {"updated_at", "updated_by"}
        if "owner" in codes and "owned_at" in columns:
            codes.add("owned_at")
        if stage and stage in codes and "stage_entered_at" in columns:
            codes.add("stage_entered_at")
        return (
            tuple(sorted(codes)),
            one.expected_version is not None,
            one.where_owner_is_null,
            one.where_pool is not None,
            one.counts,
        )

    def _update_group(self, held: ObjectTable, group: list[RowUpdate]) -> Iterable[str]:
        shape = self._shape(held, group[0])
        statement = self._tables.once(
            ("update", held.spec.code, shape), lambda: _updating(held, shape)
        )
        bound = [self._bound(held, one, shape) for one in group]
        if all(one.certain for one in group):
            statement.later(self._connection, bound)
            return [one.id for one in group]
        return [
            one.id
            for one, values in zip(group, bound, strict=True)
            if statement.run(self._connection, values) == 1
        ]

    def _bound(
        self, held: ObjectTable, one: RowUpdate, shape: tuple[Any, ...]
    ) -> dict[str, object]:
        now = self._ctx.now
        values: dict[str, object] = {"updated_at": now, "updated_by": self._ctx.actor.id}
        values |= {"stage_entered_at": now, "owned_at": now if one.values.get("owner") else None}
        values |= one.values
        bound: dict[str, object] = {"b_id": one.id}
        for code in shape[0]:
            if code in held.blind:
                sealed = self._sealed(held, code, one.id, values[code])
                bound |= {f"v_{name}": part for name, part in sealed.items()}
            else:
                bound[f"v_{held.columns[code].name}"] = values[code]
        if one.expected_version is not None:
            bound["b_version"] = one.expected_version
        if one.where_pool is not None:
            bound["b_pool"] = one.where_pool
        return bound

    def _find_anew(self, held: ObjectTable, updates: Sequence[RowUpdate]) -> None:
        """Bring search index and match keys up to date for rows whose fields in them were written."""
        keyed = {name for names in self._key_plan(held.spec.code).values() for name in names}
        codes = tuple(sorted(keyed.union(held.searched) & held.columns.keys()))
        changed = [one for one in updates if any(code in one.values for code in codes)]
        if not changed:
            return
        read = self._values(held, [one.id for one in changed if one.row is None], codes)
        rows = {one.id: one.row if one.row is not None else read[one.id] for one in changed}
        if held.searched:
            self._keep_tokens(held, {one: tokens_of(held, row) for one, row in rows.items()})
        self._keep_keys(held.spec.code, rows, fresh=False)

    def _keep_tokens(self, held: ObjectTable, found: Mapping[str, Sequence[str]]) -> None:
        if held.index is not None:
            keep_tokens(self._connection, self._tables, held, found)
            return
        statement = self._tables.once(
            ("tokens", held.spec.code),
            lambda: Prepared(
                held.table.update()
                .where(held.table.c.id == bindparam("b_id"))
                .values(tok=bindparam("v_tok"))
            ),
        )
        rows = [{"b_id": record_id, "v_tok": list(tokens)} for record_id, tokens in found.items()]
        statement.later(self._connection, rows)

    def _key_plan(self, object_name: str) -> Mapping[str, tuple[str, ...]]:
        rules = self._tables.model.rules
        return self._tables.once("key plan", lambda: key_plan(rules.values())).get(object_name, {})

    def _keep_keys(self, object_name: str, rows: Mapping[str, Values], *, fresh: bool) -> None:
        """Keep the normalised keys by which duplicate rules find these rows."""
        plan = self._key_plan(object_name)
        if plan:
            keys = {record_id: match_keys(plan, row) for record_id, row in rows.items()}
            replace_keys(self._connection, object_name, keys, fresh=fresh)

    def _values(
        self, held: ObjectTable, ids: list[str], codes: tuple[str, ...]
    ) -> dict[str, dict[str, object]]:
        columns = [held.columns[code] for code in ("id", *codes)]
        asked = select(*columns).where(among(columns[0], self._tables.dialect))
        found: dict[str, dict[str, object]] = {}
        for start in range(0, len(ids), CHUNK):
            bound = {"ids": listed(ids[start : start + CHUNK], self._tables.dialect)}
            for record_id, *values in self._connection.execute(asked, bound):
                found[record_id] = dict(zip(codes, values, strict=True))
        return found

    def _insert_items(
        self, held: ObjectTable, child: Field, items: Sequence[tuple[str, Sequence[Values]]]
    ) -> None:
        rows = [
            {"id": new_id(), **item, "parent": parent, "position": place}
            for parent, several in items
            for place, item in enumerate(several)
        ]
        self.insert(_item_object(held, child), rows)

    def _replace_items(
        self, held: ObjectTable, child: Field, items: Sequence[tuple[str, Sequence[Values]]]
    ) -> None:
        """Make the line items of records be these: known ids are kept and changed, the others go."""
        if not items:
            return
        name = _item_object(held, child)
        kept_now = self._item_ids(self._tables[name], [parent for parent, _ in items])
        new: list[Values] = []
        changed: list[RowUpdate] = []
        for parent, several in items:
            present = kept_now.get(parent, set())
            for place, item in enumerate(several):
                row = {**item, "parent": parent, "position": place}
                if item.get("id") in present:
                    present.discard(str(item["id"]))
                    changed.append(RowUpdate(str(item["id"]), row))
                else:
                    new.append({**row, "id": new_id()})
            gone = {"deleted_at": self._ctx.now, "deleted_by": self._ctx.actor.id}
            changed += [RowUpdate(item_id, gone) for item_id in sorted(present)]
        self.update(name, changed)
        self.insert(name, new)

    def _item_ids(self, items: ObjectTable, parents: list[str]) -> dict[str, set[str]]:
        parent, deleted_at = items.columns["parent"], items.columns["deleted_at"]
        asked = select(parent, items.columns["id"]).where(
            among(parent, self._tables.dialect), deleted_at.is_(None)
        )
        found: dict[str, set[str]] = {}
        for start in range(0, len(parents), CHUNK):
            bound = {"ids": listed(parents[start : start + CHUNK], self._tables.dialect)}
            for parent_id, item_id in self._connection.execute(asked, bound):
                found.setdefault(parent_id, set()).add(item_id)
        return found

    def _bin_moments(self, held: ObjectTable, updates: Sequence[RowUpdate]) -> dict[str, object]:
        """Return when the records that now come out of the recycle bin went into it."""
        back = [one.id for one in updates if one.values.get("deleted_at", self) is None]
        if not back or not held.children:
            return {}
        deleted_at = held.columns["deleted_at"]
        asked = select(held.columns["id"], deleted_at).where(
            among(held.columns["id"], self._tables.dialect)
        )
        bound = {"ids": listed(back, self._tables.dialect)}
        return dict(self._connection.execute(asked, bound).all())

    def _carry_deletion(
        self, held: ObjectTable, updates: Sequence[RowUpdate], moments: Mapping[str, object]
    ) -> None:
        """Line items go to the recycle bin, and come back, with their record."""
        moved = [
            {
                "b_parent": one.id,
                "b_before": moments.get(one.id),
                "v_deleted_at": one.values["deleted_at"],
            }
            for one in updates
            if "deleted_at" in one.values
        ]
        for child in held.children if moved else ():
            items = self._tables[_item_object(held, child)]
            deleted_at = items.columns["deleted_at"]
            before = bindparam("b_before", type_=deleted_at.type)
            carry = items.table.update().where(
                items.columns["parent"] == bindparam("b_parent"),
                deleted_at.is_not_distinct_from(before),
            )
            self._connection.execute(carry.values(deleted_at=bindparam("v_deleted_at")), moved)


def _updating(held: ObjectTable, shape: tuple[Any, ...]) -> Prepared:
    """Return the statement; totals of rows that nobody holds are written in the order they come."""
    statement, counts = _update_statement(held, shape), shape[-1]
    return Changing(statement) if counts else Prepared(statement)


def _update_statement(held: ObjectTable, shape: tuple[Any, ...]) -> Update:
    codes, by_version, unowned, by_pool, counts = shape
    columns = [held.columns[code] for code in codes]
    columns += [held.blind[code] for code in codes if code in held.blind]
    values: dict[str, Any] = {
        column.name: bindparam(f"v_{column.name}", type_=column.type) for column in columns
    }
    version = held.columns["version"]
    statement = held.table.update().where(held.columns["id"] == bindparam("b_id"))
    if by_version:
        statement = statement.where(version == bindparam("b_version"))
    if unowned:
        statement = statement.where(held.columns["owner"].is_(None))
    if by_pool:
        statement = statement.where(held.columns["pool"] == bindparam("b_pool"))
    return statement.values(**values, **({"version": version + 1} if counts else {}))


def _names(held: ObjectTable) -> tuple[tuple[str, str], ...]:
    """Return the columns by field code; SQLAlchemy's names are a kind of text that JSON does not take."""
    return tuple((code, str(column.name)) for code, column in held.columns.items())


def _items(values: Values, child: Field) -> Sequence[Values]:
    items: Any = values.get(child.code)
    return items or ()


def _item_object(held: ObjectTable, child: Field) -> str:
    return f"{held.spec.code}__{child.code}"
