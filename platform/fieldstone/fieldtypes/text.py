"""One line of text, trimmed and in NFC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import check_length, line_of
from fieldstone.fieldtypes.textual import TextualType

LONGEST: Final = 255  # when `max_length` is not set
# Closed, linear patterns: a pattern written by an administrator could hang the server.
FORMATS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "any": (re.compile(r".*"), ""),
    "digits": (re.compile(r"[0-9]+"), "Send digits only, such as 0042."),
    "letters": (re.compile(r"[^\W\d_]+"), "Send letters only."),
    "alphanumeric": (re.compile(r"[^\W_]+"), "Send letters and digits only."),
    "code": (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-/]*"),
        "Send A-Z, a-z, 0-9 and _ . - / only, such as A-2041.",
    ),
}


@dataclass(frozen=True)
class TextType(TextualType):
    """Stored as str; `format` narrows which characters are allowed."""

    max_length: int = LONGEST
    min_length: int = 0
    allowed: str = "any"
    name: str = "text"
    widget: str = "text"

    def parse(self, raw: object) -> str | None:
        """Return one clean line; line breaks become spaces."""
        text = line_of(raw)
        if not text:
            return None
        check_length(text, self.max_length, self.min_length)
        pattern, cure = FORMATS[self.allowed]
        if not pattern.fullmatch(text):
            raise InvalidValueError(
                "bad_format", f"{text!r} is not written as {self.allowed}.", cure
            )
        return text

    def json_schema(self) -> Mapping[str, object]:
        """Return a string with its limits."""
        schema: dict[str, object] = {"type": "string", "maxLength": self.max_length}
        if self.min_length:
            schema["minLength"] = self.min_length
        return schema


def make(settings: Mapping[str, Any]) -> TextType:
    """Return the type with its limits."""
    return TextType(
        max_length=settings.get("max_length", LONGEST),
        min_length=settings.get("min_length", 0),
        allowed=settings.get("format", "any"),
    )


TYPE = TypeSpec(
    name="text",
    label=Label("Text", "单行文本"),
    make=make,
    settings={
        "max_length": {"type": "integer", "minimum": 1, "maximum": 4000},
        "min_length": {"type": "integer", "minimum": 0, "maximum": 4000},
        "format": {"enum": list(FORMATS)},
    },
    icon="type",
)
