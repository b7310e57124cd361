"""Values of what is out of use but still there: archived objects, fields and options, and options that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, delete, func, select, text, update

from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage.relocating import holders
from fieldstone.storage.search import keep_tokens
from fieldstone.storage.shadows import Shadow
from fieldstone.storage.tables import ObjectTable, Tables
from fieldstone.storage.tokens import tokens

BATCH: Final = 1_000
Gone = Mapping[tuple[str, str], frozenset[str]]
"""Options that were taken away, by object and field."""


def out_of_use(connection: Connection, tables: Tables, gone: Gone) -> Iterator[Shadow]:
    """Yield what records still keep of what is archived, and of options that are gone, where there is any."""
    for held in tables.objects.values():
        for column, option in _kept(tables.model, held, gone):
            count = _values(connection, held, column, option)
            if count:
                name = held.columns[column].name if column else ""
                yield Shadow(held.name, name, count, option, there=True)


def _kept(model: Model, held: ObjectTable, gone: Gone) -> Iterator[tuple[str, str]]:
    """Yield (field, option) of what is out of use: ("", "") is the object itself."""
    spec = held.spec
    if spec.parent is not None and model.objects[spec.parent[0]].archived:
        return  # goes with its object
    if spec.archived or (spec.parent is not None and _field_of(model, spec).archived):
        yield "", ""
        return
    for code, field in spec.fields.items():
        if field.system or field.derived or code not in held.columns:
            continue
        if field.archived:
            yield code, ""
            continue
        options = getattr(field.type, "options", {})
        archived = [one.code for one in options.values() if one.archived]
        lost = gone.get((spec.code, code), frozenset()) - options.keys()
        yield from ((code, option) for option in (*archived, *sorted(lost)))


def _field_of(model: Model, child: ObjectType) -> Field:
    owner, code = child.parent or ("", "")
    return model.objects[owner].fields[code]


def _values(connection: Connection, held: ObjectTable, code: str, option: str) -> int:
    if option:
        return holders(connection, held, code, option)
    column = held.columns[code or "id"]
    asked = select(func.count(column)).select_from(held.table)
    return int(connection.execute(asked).scalar_one())


def empty(engine: Engine, tables: Tables, shadow: Shadow) -> None:
    """Delete such values for good, a batch in each transaction, so that nobody waits long."""
    held = next(one for one in tables.objects.values() if one.name == shadow.table)
    if not shadow.column:
        _empty_table(engine, tables, held)
        return
    code = next(code for code, one in held.columns.items() if one.name == shadow.column)
    last = ""
    while True:
        with engine.begin() as connection:
            rows = _next(connection, held, code, last)
            _empty_rows(connection, tables, held, code, shadow.option, rows)
        if not rows:
            return
        last = rows[-1][0]


def _next(connection: Connection, held: ObjectTable, code: str, last: str) -> Sequence[Any]:
    key, column = held.columns["id"], held.columns[code]
    asked = select(key, column).where(key > last, column.is_not(None)).order_by(key).limit(BATCH)
    return connection.execute(asked.with_for_update()).all()


def _empty_rows(
    connection: Connection,
    tables: Tables,
    held: ObjectTable,
    code: str,
    option: str,
    rows: Sequence[Any],
) -> None:
    """Take a value, or an option among the values, from rows. Whoever sees it go gets a new version."""
    after = {
        record: _without(value, option)
        for record, value in rows
        if not option or value == option or (isinstance(value, (list, tuple)) and option in value)
    }
    if not after:
        return
    values: dict[Any, Any] = {held.columns[code]: bindparam("b_value")}
    if code in held.blind:
        values[held.blind[code]] = None
    if option:
        values[held.columns["version"]] = held.columns["version"] + 1
    change = update(held.table).where(held.columns["id"] == bindparam("b_id")).values(values)
    connection.execute(change, [{"b_id": one, "b_value": value} for one, value in after.items()])
    if code in held.searched:
        _search_anew(connection, tables, held, list(after))


def _without(value: Any, option: str) -> list[str] | None:
    """Return what is left of a value: nothing, or the other choices of a field that holds several."""
    if not option or not isinstance(value, (list, tuple)):
        return None
    return [one for one in value if one != option] or None


def _search_anew(
    connection: Connection, tables: Tables, held: ObjectTable, ids: Sequence[str]
) -> None:
    """Let search find rows by what they still hold."""
    key = held.columns["id"]
    columns = [held.columns[code] for code in held.searched]
    rows = connection.execute(select(key, *columns).where(key.in_(ids))).all()
    found = {row[0]: tokens(row[1:]) for row in rows}
    if held.index is not None:
        keep_tokens(connection, tables, held, found)
        return
    change = held.table.update().where(key == bindparam("b_id")).values(tok=bindparam("b_tok"))
    connection.execute(change, [{"b_id": one, "b_tok": list(has)} for one, has in found.items()])


def _empty_table(engine: Engine, tables: Tables, held: ObjectTable) -> None:
    """Delete all records of an object with their line items, and the links that lead to them."""
    spec, every = held.spec, tables.objects
    items = [one for one in every.values() if one.spec.parent and one.spec.parent[0] == spec.code]
    with engine.begin() as connection:
        for one in (*items, held):
            if one.index is not None:
                connection.execute(text(f"DELETE FROM {one.name}_fts"))  # noqa: S608 - a generated name
            connection.execute(delete(one.table))
        for relation in spec.relations.values():
            other = every[relation.object_name]
            column = other.columns.get(relation.field)
            if column is not None and not relation.owned:
                linked = update(other.table).where(column.is_not(None))
                connection.execute(linked.values({column: None}))
