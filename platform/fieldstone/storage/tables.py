"""Tables derived from a Model: one real table per object, a column per field, generated ASCII names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    FromClause,
    Index,
    Integer,
    MetaData,
    Table,
    column,
    func,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine, UserDefinedType

from fieldstone.expressions.sqltypes import Instant, PlainText, WholeNumber
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage import (
    chain,
    counters,
    former_codes,
    idempotency,
    import_log,
    journal,
    kept_columns,
    match_keys,
    merges,
    notices,
    outbox,
    people,
    queue,
    retyping,
    revisions,
    site_state,
    suspects,
    timers,
    uploads,
)
from fieldstone.storage.platform_tables import PLATFORM
from fieldstone.storage.vault import BlindText, Vault

Made = TypeVar("Made")

# Importing a topic defines its tables in PLATFORM; naming them here keeps the list complete and in view.
TOPICS: Final = (
    chain,
    counters,
    former_codes,
    idempotency,
    import_log,
    journal,
    kept_columns,
    match_keys,
    merges,
    notices,
    outbox,
    people,
    queue,
    retyping,
    revisions,
    site_state,
    suspects,
    timers,
    uploads,
)

LONGEST_NAME: Final = 60
"""PostgreSQL cuts names at 63 bytes without a word, so ours never come near."""


class TokenVector(UserDefinedType[list[str]]):
    """The search tokens of a record: a tsvector that takes them as they are."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in DDL."""
        return "TSVECTOR"

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        """Turn a bound list of tokens into a tsvector, past every parser and dictionary."""
        return func.array_to_tsvector(bindvalue, type_=TSVECTOR)

    @staticmethod
    def streamed(tokens: Sequence[str] | None) -> str | None:
        """Return a tsvector as COPY reads it; tokens are letters and digits only."""
        return None if tokens is None else " ".join(f"'{token}'" for token in tokens)


@dataclass(frozen=True)
class ObjectTable:
    """An object's table; `columns` are by field code, with "id", "version" and the system columns."""

    spec: ObjectType
    table: Table
    columns: Mapping[str, Column[Any]]
    blind: Mapping[str, Column[Any]]  # fingerprints beside secret fields, by field code
    children: tuple[Field, ...]  # `rows` fields
    searched: tuple[str, ...]  # fields whose words are in the index
    index: FromClause | None  # SQLite: the FTS5 table; PostgreSQL keeps tokens in the row

    @property
    def name(self) -> str:
        """Return the physical name."""
        return self.table.name


class _ObjectTables(Mapping[str, ObjectTable]):
    """The tables of all objects, each made when it is asked for first: most models of a draft need two or three."""

    def __init__(
        self, specs: Mapping[str, ObjectType], make: Callable[[ObjectType], ObjectTable]
    ) -> None:
        self._specs = specs
        self._make = make
        self._made: dict[str, ObjectTable] = {}
        self._one_at_a_time = Lock()  # a table's name is taken once

    def __getitem__(self, code: str) -> ObjectTable:
        found = self._made.get(code)
        if found is not None:
            return found
        with self._one_at_a_time:
            if code not in self._made:
                self._made[code] = self._make(self._specs[code])
            return self._made[code]

    def __contains__(self, code: object) -> bool:
        return code in self._specs

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)


class Tables:
    """All tables of one model on one database; made anew for every model and never changed."""

    def __init__(self, model: Model, dialect: str, vault: Vault, language: str = "en") -> None:
        """Derive the tables of a site that speaks `language` where nobody chose another."""
        self.model = model
        self.dialect = dialect
        self.vault = vault
        self.language = language
        self.metadata = MetaData()
        self.objects: Mapping[str, ObjectTable] = _ObjectTables(model.objects, self._object_table)
        self._made: dict[Hashable, Any] = {}

    def __getitem__(self, object_name: str) -> ObjectTable:
        """Return an object's table; an unknown name is a bug of the caller."""
        return self.objects[object_name]

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what `make` gave for this key the first time: statements are built once per shape."""
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        made: Made = found
        return made

    def every_table(self) -> Iterator[Table]:
        """Yield the platform's tables and the objects'."""
        yield from PLATFORM.sorted_tables
        yield from (one.table for one in self.objects.values())

    def _object_table(self, spec: ObjectType) -> ObjectTable:
        columns = dict(_columns(spec, key=self.dialect != "sqlite"))
        blind: dict[str, Column[Any]] = {
            code: Column(f"{columns[code].name}_bi", BlindText(self.vault))
            for code, field in spec.fields.items()
            if field.type.name == "secret" and code in columns
        }
        searched = tuple(code for code in spec.search if code in columns and code not in blind)
        extra: list[Column[Any]] = [*blind.values()]
        index: FromClause | None = None
        if self.dialect == "sqlite":
            # FTS5 points to rows by number. An implicit rowid changes on VACUUM, a declared one does not.
            extra.insert(0, Column("seq", Integer, primary_key=True))
            if searched:
                name = f"{spec.table}_fts"
                index = table(name, column("rowid"), column("tok"), column(name))
        elif searched:
            extra.append(Column("tok", TokenVector))
        made = Table(spec.table, self.metadata, *columns.values(), *extra)
        _index(made, spec, columns, blind, tokens=self.dialect == "postgresql" and bool(searched))
        children = tuple(f for f in spec.fields.values() if f.type.name == "rows")
        return ObjectTable(spec, made, columns, blind, children, searched, index)


SYSTEM_COLUMNS: Final[Mapping[str, Callable[[], TypeEngine[Any]]]] = {
    "created_at": Instant,
    "created_by": PlainText,
    "updated_at": Instant,
    "updated_by": PlainText,
    "deleted_at": Instant,
    "deleted_by": PlainText,
}


def _columns(spec: ObjectType, *, key: bool) -> Iterator[tuple[str, Column[Any]]]:
    """Yield the columns by field code.

    References carry no foreign key: a deleted record stays in its row for the recycle bin, the
    write door checks that targets exist, and a key would lock the target's row on every insert.
    """
    yield "id", Column("id", PlainText, primary_key=key, nullable=False)
    yield "version", Column("version", WholeNumber, nullable=False, server_default=text("1"))
    for code, field in spec.fields.items():
        kind = field.type.column() if field.column else None
        if kind is not None and code not in ("id", "version"):
            yield code, Column(field.column, kind)
    for name, make in SYSTEM_COLUMNS.items():
        if name not in spec.fields:
            yield name, Column(name, make())


def _index(
    made: Table,
    spec: ObjectType,
    columns: Mapping[str, Column[Any]],
    blind: Mapping[str, Column[Any]],
    *,
    tokens: bool,
) -> None:
    """Declare the indexes: those the compiler derived, unique ones, references, tokens."""
    if "seq" in made.c:
        # On SQLite the row number is the primary key, so the id needs an index of its own.
        Index(index_name(made.name, ["id"], unique=True), made.c.id, unique=True)
    live = made.c.deleted_at.is_(None)
    for codes, unique in _wanted_indexes(spec).items():
        bare = [code.removeprefix("-") for code in codes]
        kept = [blind.get(code, columns.get(code)) for code in bare]
        present = [one for one in kept if one is not None]
        if len(present) == len(codes):
            down = {one.name for one, code in zip(present, codes, strict=True) if code[0] == "-"}
            _add_index(made, present, live if unique else None, frozenset(down))
    if tokens:
        # New tokens wait in a list that every search reads through: 512 kB keeps that in the noise.
        limit = {"gin_pending_list_limit": 512}
        name = index_name(made.name, ["tok"])
        Index(name, made.c.tok, postgresql_using="gin", postgresql_with=limit)


def _wanted_indexes(spec: ObjectType) -> dict[tuple[str, ...], bool]:
    """Return the indexed fields and whether they are unique, each combination once."""
    wanted = dict.fromkeys((tuple(codes) for codes in spec.indexes), False)
    for field in spec.fields.values():
        if field.unique or field.indexed:
            wanted[field.code,] = field.unique
    for codes in spec.unique_together:
        wanted[tuple(codes)] = True
    return wanted


def _add_index(
    made: Table,
    kept: list[Column[Any]],
    live: ColumnElement[bool] | None,
    down: frozenset[str],
) -> None:
    """Declare one index; `down` are the columns that lists read from the largest down, missing values last."""
    names = [one.name for one in kept]
    if live is None:
        # SQLite reads an ascending index backwards for that order; PostgreSQL wants it as it will be read.
        on_sqlite = "seq" in made.c
        parts = [_downwards(one) if one.name in down and not on_sqlite else one for one in kept]
        Index(
            index_name(made.name, [f"{name}_d" if name in down else name for name in names]), *parts
        )
        return
    # Unique among live records: what lies in the recycle bin does not block a new one.
    name = index_name(made.name, names, unique=True)
    Index(name, *kept, unique=True, sqlite_where=live, postgresql_where=live)


def _downwards(one: Column[Any]) -> ColumnElement[Any]:
    """Return a column in descending order; an id is never missing, so nothing is said of missing ones."""
    return one.desc() if one.name == "id" else one.desc().nulls_last()


def index_name(table_name: str, columns: list[str], *, unique: bool = False) -> str:
    """Return a name of at most 60 ASCII bytes, unique in the database and the same in every process."""
    full = f"{'ux' if unique else 'ix'}_{table_name}_{'_'.join(columns)}"
    if len(full) <= LONGEST_NAME:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:10]
    return f"{full[: LONGEST_NAME - 11]}_{digest}"
