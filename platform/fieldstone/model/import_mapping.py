"""How the columns of a file become the fields of an object; read from YAML by the compiler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Column -> the values (folded) that must stand there.
When = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Reference:
    """A lookup found by one of the target's fields; `create` holds the values of one that is missing."""

    by: str
    create: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Source:
    """Where one field's value comes from: a column, a template, or the same value for all rows."""

    column: str = ""
    value: object = None
    template: str = ""  # "{slug}@example.com"; {value} and {slug} of the column
    translate: Mapping[str, object] = field(default_factory=dict)  # folded text -> value
    default: object = None
    times: str = ""  # a factor for numbers, as decimal text
    date_format: str = ""
    split: str = ""
    reference: Reference | None = None
    when: When = field(default_factory=dict)
    rows: tuple[Mapping[str, Source], ...] = ()  # line items


@dataclass(frozen=True)
class Step:
    """A stage of the record's past: entered at the date in a column."""

    stage: str
    at: str
    when: When = field(default_factory=dict)


@dataclass(frozen=True)
class ImportMapping:
    """A whole mapping. `key` is the unique field by which a row is known again; "" always creates.

    `existing`: what a row does to a record it finds: update, fill (empty fields only) or skip.
    `history`: the rows tell the past, so automatic rules stay silent; `created` is the column of their date.
    """

    object_name: str
    fields: Mapping[str, Source]
    key: str = ""
    existing: str = "update"
    empty: frozenset[str] = frozenset()
    history: bool = False
    created: str = ""
    created_default: str = ""
    steps: tuple[Step, ...] = ()
    columns_left_out: frozenset[str] = frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """Return every column that the mapping reads."""
        found = {self.created} | {step.at for step in self.steps}
        found |= {column for step in self.steps for column in step.when}
        for source in self.fields.values():
            found |= set(_columns_of(source))
        return frozenset(found - {""})


def _columns_of(source: Source) -> set[str]:
    found = {source.column, *source.when}
    for row in source.rows:
        for inner in row.values():
            found |= _columns_of(inner)
    return found
