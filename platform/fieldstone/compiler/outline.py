"""Objects half way: their fields and relations are known, their expressions are not read yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.base.names import plural
from fieldstone.compiler.problems import Problems, Spot
from fieldstone.compiler.tree import Table, earlier_codes
from fieldstone.compiler.words import label_from
from fieldstone.fieldtypes.contract import FieldType, TypeSpec
from fieldstone.model.objects import Field, ObjectType, Relation

LONGEST_NAME = 48  # leaves room for the names of indexes and search tables within 63 bytes


@dataclass
class Outline:
    """One object being compiled; child rows have an outline of their own, with `parent` set."""

    code: str
    spot: Spot
    raw: Mapping[str, Any]
    label: Label
    plural: Label
    fields: dict[str, Field] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)  # where each field is written
    settings: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # the long form of each
    relations: dict[str, Relation] = field(default_factory=dict)
    broken: set[str] = field(
        default_factory=set
    )  # named in YAML, but wrong: say nothing more of them
    parent: tuple[str, str] | None = None

    @property
    def table(self) -> str:
        """Return the physical name: the first code the object had."""
        return physical("o_", first_code(self.code, self.raw))

    def draft(self) -> ObjectType:
        """Return the object as expressions need it: with fields and relations."""
        return ObjectType(
            code=self.code,
            label=self.label,
            plural=self.plural,
            icon=str(self.raw.get("icon", "box")),
            title="",
            fields=dict(self.fields),
            table=self.table,
            origin=self.spot.place(),
            relations=dict(self.relations),
            parent=self.parent,
            archived=self.raw.get("archived") is True,
            renamed_from=earlier_codes(self.raw),
            alias_until=str(self.raw.get("alias_until", "")),
        )


@dataclass(frozen=True)
class Words:
    """What YAML may use besides itself: field types, defaults of their settings, shared options."""

    types: Mapping[str, TypeSpec]
    problems: Problems
    defaults: Mapping[str, object] = field(default_factory=dict)
    shared_options: Mapping[str, Table] = field(default_factory=dict)

    def type(self, name: str, **settings: object) -> FieldType:
        """Return a configured type that the compiler itself needs."""
        return self.types[name].make(settings)


def outline_of(code: str, table: Table, problems: Problems) -> Outline:
    """Return the empty outline of an object document."""
    label = label_from(table.get("label"), label_of(code))
    several = Label(plural(label.en), label.zh)
    return Outline(
        code, Spot(problems, table, code), table, label, label_from(table.get("plural"), several)
    )


def first_code(code: str, raw: Mapping[str, Any]) -> str:
    """Return the code that names the column or table: the first one it ever had."""
    return next(iter(earlier_codes(raw)), code)


def physical(prefix: str, code: str) -> str:
    """Return an ASCII database name made from a code, shortened with a hash where it is long."""
    name = prefix + code
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}_{sha256(code.encode()).hexdigest()[:8]}"
