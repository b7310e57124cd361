"""What all types of text have in common: kept as str, seen by expressions as text."""

from __future__ import annotations

from dataclasses import dataclass

from fieldstone.expressions.sqltypes import PlainText
from fieldstone.expressions.types import TEXT, Type


@dataclass(frozen=True, kw_only=True)
class TextualType:
    """Stored, sent and shown as it stands; a type that shows another form says so itself."""

    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return text."""
        return TEXT

    def column(self) -> PlainText:
        """Return a text column in code point order."""
        return PlainText()

    def dump(self, value: object) -> object:
        """Return the text."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the text."""
        return "" if value is None else str(value)
