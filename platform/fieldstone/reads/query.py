"""What may be asked of the door, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from fieldstone.access.rights import Held
from fieldstone.base.cached import cached_property
from fieldstone.expressions.expression import Expression
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field
from fieldstone.model.site_model import Model

# Types whose stored value is its own JSON form; tests hold them to that.
AS_STORED: Final = frozenset(
    {
        "text",
        "long_text",
        "rich_text",
        "email",
        "phone",
        "url",
        "integer",
        "rating",
        "boolean",
        "select",
        "lookup",
        "user",
        "autonumber",
    }
)
Dump = Callable[[object], object]
DEFAULT_LIMIT: Final = 50
HIGHEST_LIMIT: Final = 500
COUNTED: Final = 10_000
"""A page counts a list this far: beyond it an exact number says little and costs a walk over every row."""
COUNTED_IN_COLUMN: Final = 1_000
"""How far a pool is counted, and a column of a board that as a whole holds more than COUNTED."""
COUNTED_IN_PLACE: Final = 1_000
"""How far a record's page counts the list that somebody came from: it is told with every record that is opened."""

Sort = tuple[tuple[str, bool], ...]  # (field or dotted path, descending)


@dataclass(frozen=True)
class Query:
    """A question for a list of records.

    `filter` is the caller's, `extra` that of a declared view; both must hold. `q` is searched text.
    `sort` () means newest first. `fields` () means all. `titles` asks for the names behind lookups.
    `count` asks for the total, exact or (with `count_up_to`) no higher than that, which costs little however long the list.
    `deleted` looks into the recycle bin. `pool` lists what lies in that public pool.
    `column` (field, value) narrows to the records of one column of a board, `ids` to these records alone.
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
    count_up_to: int = 0
    deleted: bool = False
    pool: str | None = None
    titles: bool = False
    column: tuple[str, object] | None = None
    ids: tuple[str, ...] | None = None

    @cached_property
    def shape(self) -> Query:
        """Return what of it decides the statement."""
        return replace(self, cursor="", count=False, titles=False)


EVERYTHING: Final = Query()


@dataclass(frozen=True)
class Record:
    """One record as the caller may see it.

    `values` holds stored Python values by field code (a Masked where only a mask may be shown; hidden fields
    are absent; line items are tuples of Records). `titles` names what lookups point to, `expanded` holds
    the records behind the lookups that were asked for (None: none, or not visible); `masked` names the fields
    that show a mask here, filled or not, `children` those that hold line items.
    """

    object_name: str
    id: str
    version: int
    values: Mapping[str, object]
    titles: Mapping[str, object] = field(default_factory=dict)
    expanded: Mapping[str, object] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()

    def dump(self, model: Model) -> dict[str, object]:
        """Return the record as JSON values; expanded lookups stand in place of their ids."""
        out: dict[str, object] = {"id": self.id, "version": self.version, **self.values}
        for code, dump in dumps_of(Held(model), self.object_name):
            value = out.get(code)
            if value is not None and code not in self.masked:
                out[code] = dump(value)
        for code in self.masked:
            out[code] = str(out[code]) if out[code] is not None else None
        for code in self.children:
            out[code] = _dumped(model, out[code])
        for code, there in self.expanded.items():
            out[code] = _dumped(model, there)
        return out


def _dumped(model: Model, there: object) -> object:
    if isinstance(there, Record):
        return there.dump(model)
    if isinstance(there, tuple):
        return [one.dump(model) for one in there if isinstance(one, Record)]
    return None


@lru_cache(maxsize=1024)
def dumps_of(held: Held, object_name: str) -> tuple[tuple[str, Dump], ...]:
    """Return the fields of an object whose stored values are not JSON already, and what makes them so."""
    fields = held.model.objects[object_name].fields
    return tuple(
        (code, _dump_of(field))
        for code, field in fields.items()
        if field.type.name not in AS_STORED and field.type.name != "rows"
    )


def _dump_of(field: Field) -> Dump:
    """Return what makes a value JSON; one that is worked out on reading gets the form of its type first."""
    kind = field.type
    dump: Dump = getattr(kind, "returns", kind).dump
    form = form_of(field)
    if form is None:
        return dump
    return lambda value: None if (formed := form(value)) is None else dump(formed)


def form_of(field: Field) -> Callable[[object], object] | None:
    """Return what gives a value that the database works out on reading the form of its type; None for a stored one.

    Beyond what the type holds it has no value, as a stored formula has none.
    """
    if field.formula is None or field.column:
        return None

    def formed(value: object) -> object:
        try:
            return None if value is None else field.type.parse(value)
        except InvalidValueError:
            return None

    return formed


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
    """One column of a board: its option, its first cards, how many there are and what they sum to.

    With `more` there are more than `count`, and nothing is added up.
    """

    option: str | None
    page: Page
    count: int
    sum: object = None
    more: bool = False


def sort_from(text: str) -> Sort:
    """Return the sort that "-created_at,name" means."""
    parts = [part.strip() for part in text.split(",")]
    return tuple((part.removeprefix("-"), part.startswith("-")) for part in parts if part)


def names_from(text: str) -> tuple[str, ...]:
    """Return the names in "name, owner.team"."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


Rows = Sequence[Mapping[str, object]]
