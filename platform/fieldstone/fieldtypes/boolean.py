"""Yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Boolean

from fieldstone.base.label import Label
from fieldstone.expressions.types import BOOLEAN, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import is_missing, shown

WORDS: Final[Mapping[str, bool]] = {"true": True, "false": False}
SPOKEN: Final = {True: Label("Yes", "是"), False: Label("No", "否")}


@dataclass(frozen=True)
class BooleanType:
    """Stored as bool; null means that nobody has said."""

    name: str = "boolean"
    widget: str = "boolean"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a boolean."""
        return BOOLEAN

    def column(self) -> Boolean:
        """Return a boolean column."""
        return Boolean(create_constraint=False)

    def parse(self, raw: object) -> bool | None:
        """Return True or False for just those, and for the texts "true" and "false" of a form."""
        if is_missing(raw):
            return None
        found = WORDS.get(raw.strip().lower()) if isinstance(raw, str) else raw
        if not isinstance(found, bool):
            raise InvalidValueError(
                "not_boolean", f"{shown(raw)} is neither true nor false.", "Send true or false."
            )
        return found

    def dump(self, value: object) -> object:
        """Return true or false."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return yes or no."""
        return SPOKEN[value].text(language) if isinstance(value, bool) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return a boolean."""
        return {"type": "boolean"}


def make(settings: Mapping[str, Any]) -> BooleanType:
    """Return the type; it has no settings."""
    return BooleanType()


TYPE = TypeSpec(name="boolean", label=Label("Yes or no", "是否"), make=make, icon="toggle-left")
