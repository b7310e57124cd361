"""Which column keeps a field of which type: a field that changes its type gets a column of its own, and the old one stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Table, select

from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage import former_codes
from fieldstone.storage.former_codes import FormerCodes
from fieldstone.storage.platform_tables import PLATFORM, text, upserting

fs_column: Final = Table(
    "fs_column",
    PLATFORM,
    text("table", key=True),
    text("base", key=True),  # the column that the field's first code gives
    text("kind", key=True),
    text("name", null=False),
)

LONGEST: Final = 48
SAME: Final = {"long_text": "text"}
"""Types whose stored values are the same and mean the same share a column."""
DERIVED: Final = frozenset({"formula", "rollup"})
Key = tuple[str, str]  # table, base


@dataclass(frozen=True)
class Retyped:
    """A field whose values go from one column to another; both are columns of the object's table."""

    object_name: str
    earlier: Field
    field: Field


@dataclass(frozen=True)
class KeptColumns:
    """By table and base column: which column keeps the values of which kind of type."""

    names: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    former: FormerCodes = field(default_factory=FormerCodes)

    def applied(self, model: Model) -> Model:
        """Return a compiled model with each field in the column that keeps its kind of values, and the codes it had."""
        return self.former.applied(self._arranged(model)[0])

    def learned(self, model: Model) -> KeptColumns:
        """Return the columns with those that a compiled model needs besides."""
        return self._arranged(model)[1]

    def rows(self, known: KeptColumns) -> list[dict[str, str]]:
        """Return what is to be written where `known` is written already."""
        return [
            {"table": table, "base": base, "kind": kind, "name": name}
            for (table, base), kinds in self.names.items()
            for kind, name in kinds.items()
            if kind not in known.names.get((table, base), {})
        ]

    def _arranged(self, model: Model) -> tuple[Model, KeptColumns]:
        names = {key: dict(kinds) for key, kinds in self.names.items()}
        objects = {
            code: self._of_object(model, spec, names) for code, spec in model.objects.items()
        }
        return replace(model, objects=objects), KeptColumns(names)

    def _of_object(
        self, model: Model, spec: ObjectType, names: dict[Key, dict[str, str]]
    ) -> ObjectType:
        moved = {}
        for code, one in spec.fields.items():
            kind = kind_of(model, one)
            if not kind:
                continue
            kinds = names.setdefault((spec.table, one.column), {})
            if kind not in kinds:
                kinds[kind] = _named(one.column, kind) if kinds else one.column
            if kinds[kind] != one.column:
                moved[code] = replace(one, column=kinds[kind])
        return replace(spec, fields={**spec.fields, **moved}) if moved else spec


def kind_of(model: Model, one: Field) -> str:
    """Return what decides over a field's column: its type, where it leads, its decimals; "" for one without a column."""
    column = one.type.column() if one.column else None
    if column is None or one.system:
        return ""
    kind = SAME.get(one.type.name, one.type.name)
    if one.type.name in DERIVED:
        kind = f"{kind}_{type(column).__name__.lower()}"
    target = one.type.expression_type.of
    if target in model.objects and one.type.name != "user":
        kind = f"{kind}_{model.objects[target].table}"
    scale = getattr(column, "scale", None)
    return kind if scale is None else f"{kind}_{scale}"


def retyped(before: Model, after: Model) -> Iterator[Retyped]:
    """Yield the fields that are in another column than before: those whose type changed."""
    tables = {spec.table: spec for spec in before.objects.values()}
    for spec in after.objects.values():
        old = tables.get(spec.table)
        for one in spec.fields.values() if old is not None else ():
            was = _same(old, one) if old is not None else None
            if was is not None and was.column and one.column and was.column != one.column:
                yield Retyped(spec.code, was, one)


def _same(old: ObjectType, one: Field) -> Field | None:
    for code in (one.code, *reversed(one.renamed_from)):
        if code in old.fields:
            return old.fields[code]
    return next((was for was in old.fields.values() if one.code in was.renamed_from), None)


def read(connection: Connection) -> KeptColumns:
    """Return what is kept where."""
    names: dict[Key, dict[str, str]] = {}
    asked = select(fs_column.c.table, fs_column.c.base, fs_column.c.kind, fs_column.c.name)
    for table, base, kind, name in connection.execute(asked):
        names.setdefault((table, base), {})[kind] = name
    return KeptColumns(names, former_codes.read(connection))


def write(connection: Connection, rows: Sequence[Mapping[str, str]]) -> None:
    """Keep further columns; what another process wrote meanwhile stays."""
    if rows:
        adding = upserting(fs_column, connection.dialect.name)
        connection.execute(
            adding.on_conflict_do_nothing(index_elements=["table", "base", "kind"]),
            [dict(row) for row in rows],
        )


def _named(base: str, kind: str) -> str:
    name = f"{base}__{kind}"
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}_{sha256(name.encode()).hexdigest()[:8]}"
