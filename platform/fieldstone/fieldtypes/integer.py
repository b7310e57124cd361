"""A whole number that fits 64 bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import WholeNumber
from fieldstone.expressions.types import NUMBER, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import (
    BIGGEST,
    check_range,
    is_missing,
    narrow,
    number_of,
    rounded,
    shown,
)


def whole_of(raw: object) -> int:
    """Return a whole number of 64 bits; 1.0 and "1.0" are refused, they were meant as decimals.

    A Decimal was computed by an expression and is rounded half up.
    """
    if type(raw) is int and -BIGGEST <= raw <= BIGGEST:
        return raw
    exact = number_of(raw)
    if abs(exact) > BIGGEST:
        raise InvalidValueError(
            "too_large", f"{shown(raw)} is too large.", f"Send at most {BIGGEST}."
        )
    if isinstance(raw, Decimal):
        return int(rounded(exact, 0))
    if isinstance(raw, float) or (isinstance(raw, str) and "." in narrow(raw)):
        raise InvalidValueError(
            "not_whole", f"{shown(raw)} is not a whole number.", "Send digits only, such as 42."
        )
    return int(exact)


@dataclass(frozen=True)
class IntegerType:
    """Stored as int, between `min` and `max`."""

    min: int | None = None
    max: int | None = None
    name: str = "integer"
    widget: str = "integer"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a number."""
        return NUMBER

    def column(self) -> WholeNumber:
        """Return a BIGINT column."""
        return WholeNumber()

    def parse(self, raw: object) -> int | None:
        """Return the whole number."""
        if is_missing(raw):
            return None
        value = whole_of(raw)
        check_range(value, self.min, self.max)
        return value

    def dump(self, value: object) -> object:
        """Return the number."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the number with commas between thousands, as both languages write it."""
        return f"{value:,}" if isinstance(value, int) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return an integer with its limits."""
        return {
            "type": "integer",
            "minimum": -BIGGEST if self.min is None else self.min,
            "maximum": BIGGEST if self.max is None else self.max,
        }


def make(settings: Mapping[str, Any]) -> IntegerType:
    """Return the type with its limits."""
    return IntegerType(min=settings.get("min"), max=settings.get("max"))


TYPE = TypeSpec(
    name="integer",
    label=Label("Whole number", "整数"),
    make=make,
    settings={
        "min": {"type": "integer", "minimum": -BIGGEST, "maximum": BIGGEST},
        "max": {"type": "integer", "minimum": -BIGGEST, "maximum": BIGGEST},
    },
    icon="hash",
)
