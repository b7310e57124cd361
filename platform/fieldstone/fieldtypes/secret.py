"""A text that is sealed in the database: an account number, a key of another system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import check_length, text_of
from fieldstone.fieldtypes.textual import TextualType

LONGEST: Final = 4_000
MASK: Final = "••••••••"  # the same for every secret: its length is a secret too


@dataclass(frozen=True)
class SecretType(TextualType):
    """Stored as str in memory; storage seals it (AES-GCM) and finds equal ones by a keyed index.

    It never leaves through JSON or a page; what is sent back with the mask is refused, so that a
    record can not overwrite its secret with dots.
    """

    max_length: int = LONGEST
    name: str = "secret"
    widget: str = "secret"
    sortable: bool = field(default=False, kw_only=True)

    def parse(self, raw: object) -> str | None:
        """Return the text; a refusal never repeats it."""
        if raw is not None and not isinstance(raw, str):
            raise InvalidValueError("not_text", "The secret is not text.", "Send text in quotes.")
        text = text_of(raw)
        check_length(text, self.max_length)
        if text == MASK:
            raise InvalidValueError(
                "masked", "This is the mask, not the secret.", "Send a new secret, or leave it out."
            )
        return text or None

    def dump(self, value: object) -> object:
        """Return the mask, null when there is no secret."""
        return None if value is None else MASK

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the mask."""
        return "" if value is None else MASK

    def json_schema(self) -> Mapping[str, object]:
        """Return a string that is written, never read."""
        return {"type": "string", "maxLength": self.max_length, "format": "password"}


def make(settings: Mapping[str, Any]) -> SecretType:
    """Return the type with its limit."""
    return SecretType(max_length=settings.get("max_length", LONGEST))


TYPE = TypeSpec(
    name="secret",
    label=Label("Secret", "保密文本"),
    make=make,
    settings={"max_length": {"type": "integer", "minimum": 1, "maximum": LONGEST}},
    icon="key-round",
)
