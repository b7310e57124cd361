"""A link to one record of another object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.ids import ID, is_id
from fieldstone.base.label import Label
from fieldstone.base.named import named
from fieldstone.expressions.sqltypes import PlainText
from fieldstone.expressions.types import Kind, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import is_missing, shown


def id_of(raw: object) -> str:
    """Return the record id in `raw`, which may be the id or an object with a key "id".

    Only its shape is checked here; whether the record exists is asked once for a whole batch.
    """
    given = raw.get("id") if isinstance(raw, Mapping) else raw
    text = given.strip().lower() if isinstance(given, str) else None
    if text is None or not is_id(text):
        raise InvalidValueError(
            "not_an_id",
            f"{shown(raw)} is not the id of a record.",
            'Send an id, such as "0198c1f2-7a3b-7c4d-8e5f-0123456789ab", or {"id": ...}.',
        )
    return text


def id_schema(to: str) -> dict[str, object]:
    """Return the JSON Schema of an id of an object."""
    return {
        "type": "string",
        "pattern": f"^{ID.pattern}$",
        "description": f"The id of a record of {to}.",
    }


@dataclass(frozen=True)
class LookupType:
    """Stored as str: the id of a record of the object `to`."""

    to: str = ""
    name: str = "lookup"
    widget: str = "lookup"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a record, so that expressions can follow it with a dot."""
        return Type(Kind.RECORD, of=self.to)

    def column(self) -> PlainText:
        """Return a text column; ids sort by time of creation."""
        return PlainText()

    def parse(self, raw: object) -> str | None:
        """Return the id."""
        return None if is_missing(raw) else id_of(raw)

    def dump(self, value: object) -> object:
        """Return the id."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the id; pages and exports ask the read door for the record's title."""
        return "" if value is None else str(value)

    def json_schema(self) -> Mapping[str, object]:
        """Return a string in the shape of an id."""
        return id_schema(self.to)


def make(settings: Mapping[str, Any]) -> LookupType:
    """Return the type with the object it points to."""
    return LookupType(to=settings["to"])


TYPE = TypeSpec(
    name="lookup",
    label=Label("Link to a record", "关联"),
    make=make,
    settings={"to": named("object")},
    required_settings=("to",),
    icon="link-2",
)
