"""Text of several lines, kept as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import PlainText
from fieldstone.expressions.types import TEXT, Type
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.raw import check_length, text_of

LONGEST: Final = 20_000  # when `max_length` is not set


@dataclass(frozen=True)
class LongTextType:
    """Stored as str with "\\n" between lines."""

    max_length: int = LONGEST
    name: str = "long_text"
    widget: str = "long_text"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return text."""
        return TEXT

    def column(self) -> PlainText:
        """Return a text column."""
        return PlainText()

    def parse(self, raw: object) -> str | None:
        """Return clean text, its lines kept."""
        text = text_of(raw)
        check_length(text, self.max_length)
        return text or None

    def dump(self, value: object) -> object:
        """Return the text."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the text."""
        return "" if value is None else str(value)

    def json_schema(self) -> Mapping[str, object]:
        """Return a string with its limit."""
        return {"type": "string", "maxLength": self.max_length}


def make(settings: Mapping[str, Any]) -> LongTextType:
    """Return the type with its limit."""
    return LongTextType(max_length=settings.get("max_length", LONGEST))


TYPE = TypeSpec(
    name="long_text",
    label=Label("Long text", "多行文本"),
    make=make,
    settings={"max_length": {"type": "integer", "minimum": 1, "maximum": 100_000}},
    icon="align-left",
)
