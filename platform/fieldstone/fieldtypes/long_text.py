"""Text of several lines, kept as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.raw import check_length, text_of
from fieldstone.fieldtypes.textual import TextualType

LONGEST: Final = 20_000  # when `max_length` is not set


@dataclass(frozen=True)
class LongTextType(TextualType):
    """Stored as str with "\\n" between lines."""

    max_length: int = LONGEST
    name: str = "long_text"
    widget: str = "long_text"
    sortable: bool = field(default=False, kw_only=True)

    def parse(self, raw: object) -> str | None:
        """Return clean text, its lines kept."""
        text = text_of(raw)
        check_length(text, self.max_length)
        return text or None

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
