"""What may be asked of the door, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fieldstone.access.masks import Masked
from fieldstone.expressions.expression import Expression
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model

DEFAULT_LIMIT: Final = 50
HIGHEST_LIMIT: Final = 500

Sort = tuple[tuple[str, bool], ...]  # (field or dotted path, descending)


@dataclass(frozen=True)
class Query:
    """A question for a list of records.

    `filter` is the caller's, `extra` that of a declared view; both must hold. `q` is searched text.
    `sort` () means newest first. `fields` () means all. `titles` asks for the names behind lookups.
    `deleted` looks into the recycle bin. `pool` lists what lies in that public pool.
    `column` (field, value) narrows to the records of one column of a board.
    """

    filter: str | Expression | None = None
    extra: Expression | None = None
    q: str = ""
    sort: Sort = ()
    fields: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    cursor: str = ""
    count: bool = False
    deleted: bool = False
    pool: str | None = None
    titles: bool = False
    column: tuple[str, object] | None = None


EVERYTHING: Final = Query()


@dataclass(frozen=True)
class Record:
    """One record as the caller may see it.

    `values` holds stored Python values by field code (a Masked where only a mask may be shown; hidden fields
    are absent; line items are tuples of Records). `titles` names what lookups point to, `expanded` holds
    the records behind the lookups that were asked for (None: none, or not visible); `masked` names the fields
    that show a mask here, filled or not.
    """

    object_name: str
    id: str
    version: int
    values: Mapping[str, object]
    titles: Mapping[str, object] = field(default_factory=dict)
    expanded: Mapping[str, object] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()

    def dump(self, model: Model) -> dict[str, object]:
        """Return the record as JSON values; expanded lookups stand in place of their ids."""
        spec = model.objects[self.object_name]
        out: dict[str, object] = {"id": self.id, "version": self.version}
        for code, value in self.values.items():
            out[code] = dumped(model, spec, code, value)
        for code, there in self.expanded.items():
            out[code] = dumped(model, spec, code, there)
        return out


def dumped(model: Model, spec: ObjectType, code: str, value: object) -> object:
    """Return one value of a record as JSON."""
    if value is None:
        return None
    if isinstance(value, Record):
        return value.dump(model)
    if isinstance(value, Masked):
        return value.text
    if isinstance(value, tuple) and value and isinstance(value[0], Record):
        return [one.dump(model) for one in value]
    return spec.fields[code].type.dump(value)


@dataclass(frozen=True)
class Page:
    """Some records in order; `next_cursor` is None on the last page; `total` only when asked for."""

    rows: list[Record]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True)
class Hit:
    """A record found by its text: what to call it and what tells it apart."""

    object_name: str
    id: str
    title: str
    subtitle: str = ""


@dataclass(frozen=True)
class Choice:
    """A record that a lookup may be set to."""

    id: str
    title: str
    subtitle: str = ""


@dataclass(frozen=True)
class BoardColumn:
    """One column of a board: its option, its first cards, how many there are and what they sum to."""

    option: str | None
    page: Page
    count: int
    sum: object = None


def sort_from(text: str) -> Sort:
    """Return the sort that "-created_at,name" means."""
    parts = [part.strip() for part in text.split(",")]
    return tuple((part.removeprefix("-"), part.startswith("-")) for part in parts if part)


def names_from(text: str) -> tuple[str, ...]:
    """Return the names in "name, owner.team"."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


Rows = Sequence[Mapping[str, object]]
