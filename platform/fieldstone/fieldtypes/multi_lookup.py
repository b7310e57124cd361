"""Links to several records of another object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import named
from fieldstone.expressions.sqltypes import StringList
from fieldstone.expressions.types import Kind, Type
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.lookup import id_of, id_schema
from fieldstone.fieldtypes.raw import words_of

MOST: Final = 500  # links of one record


@dataclass(frozen=True)
class MultiLookupType:
    """Stored as a tuple of ids in the order given, each once; none at all is null."""

    to: str = ""
    name: str = "multi_lookup"
    widget: str = "multi_lookup"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return a list of records."""
        return Type(Kind.LIST, item=Type(Kind.RECORD, of=self.to))

    def column(self) -> StringList:
        """Return a column of texts."""
        return StringList()

    def parse(self, raw: object) -> tuple[str, ...] | None:
        """Return the ids of a list of ids or of objects with an id."""
        given = dict.fromkeys(id_of(item) for item in words_of(raw, MOST))
        return tuple(given) or None

    def dump(self, value: object) -> object:
        """Return a list of ids."""
        return list(value) if isinstance(value, (list, tuple)) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the ids; pages and exports ask the read door for the records' titles."""
        ids = value if isinstance(value, (list, tuple)) else ()
        return ", ".join(str(one) for one in ids)

    def json_schema(self) -> Mapping[str, object]:
        """Return a list of ids."""
        return {"type": "array", "items": id_schema(self.to), "maxItems": MOST}


def make(settings: Mapping[str, Any]) -> MultiLookupType:
    """Return the type with the object it points to."""
    return MultiLookupType(to=settings["to"])


TYPE = TypeSpec(
    name="multi_lookup",
    label=Label("Links to records", "多项关联"),
    make=make,
    settings={"to": named("object")},
    required_settings=("to",),
    icon="network",
)
