"""What the platform's own tables (fs_*) share: their metadata, column types and the two dialects' forms."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from fieldstone.expressions.sqltypes import Instant, PlainText

# One metadata for all tables that do not depend on the model; nothing changes it after import.
PLATFORM: Final = MetaData()

CHUNK: Final = 500
"""How many ids go into one statement: SQLite in stock builds takes 32,766 variables, and plans stay small."""


def packed(value: object) -> str:
    """Return a value as JSON text with sorted keys, the same on every machine and day."""
    return orjson.dumps(
        value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    ).decode()


class JsonText(TypeDecorator[Any]):
    """JSON that nobody queries into, as text with sorted keys on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text; None stays NULL."""
        return None if value is None else packed(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> object:
        """Return what was packed: mappings as dict, sequences as list."""
        return None if value is None else orjson.loads(value)


def serial() -> Column[int]:
    """Return a primary key that counts up by itself."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def text(name: str, *, key: bool = False, null: bool = True) -> Column[str]:
    """Return a text column in code point order."""
    return Column(name, PlainText, primary_key=key, nullable=null and not key)


def instant(name: str, *, null: bool = True) -> Column[Any]:
    """Return a column for a moment."""
    return Column(name, Instant, nullable=null)


def whole(name: str, *, key: bool = False, null: bool = True) -> Column[int]:
    """Return a column for a whole number of 64 bits."""
    return Column(name, BigInteger, primary_key=key, nullable=null and not key, autoincrement=False)


def json(name: str) -> Column[Any]:
    """Return a column for JSON that is only read whole."""
    return Column(name, JsonText)


def upserting(table: Table, dialect: str) -> Any:
    """Return an INSERT that knows `on_conflict_do_update`, in the dialect's form."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def among(column: ColumnElement[Any], dialect: str, name: str = "ids") -> ColumnElement[bool]:
    """Return `column IN the list bound as `name``, one statement for lists of any length.

    Bind it with `listed`.
    """
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=postgresql.ARRAY(Text)))
    values = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return column.in_(select(values.c.value))


def listed(values: object, dialect: str) -> object:
    """Return a sequence of texts as `among` wants it bound."""
    items = list(values)  # type: ignore[call-overload]
    return items if dialect == "postgresql" else orjson.dumps(items).decode()


def skipping(asked: Select[Any], dialect: str) -> Select[Any]:
    """Lock what is selected and pass over what others hold; SQLite has one writer anyway."""
    return asked.with_for_update(skip_locked=True) if dialect == "postgresql" else asked
