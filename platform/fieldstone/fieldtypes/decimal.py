"""A number with a fixed number of decimals, exact on every database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import ExactNumber
from fieldstone.expressions.types import NUMBER, Type
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.raw import check_range, decimal_of, is_missing, number_of

SCALE: Final = 2  # when `scale` is not set
LIMITS: Final[Mapping[str, Mapping[str, object]]] = {
    "min": {"type": ["number", "string"]},
    "max": {"type": ["number", "string"]},
}


def limit(value: object) -> Decimal | None:
    """Return a limit written in YAML (100, 0.5 or "0.5") as it was written."""
    return None if value is None else number_of(value)


@dataclass(frozen=True)
class DecimalType:
    """Stored as Decimal with exactly `scale` decimals."""

    scale: int = SCALE
    min: Decimal | None = None
    max: Decimal | None = None
    name: str = "decimal"
    widget: str = "decimal"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a number."""
        return NUMBER

    def column(self) -> ExactNumber:
        """Return an exact column."""
        return ExactNumber(self.scale)

    def parse(self, raw: object) -> Decimal | None:
        """Return the number; more decimals than `scale` are refused, never cut off."""
        if is_missing(raw):
            return None
        value = decimal_of(raw, self.scale)
        check_range(value, self.min, self.max)
        return value

    def dump(self, value: object) -> object:
        """Return the number as text, which no JSON reader rounds."""
        return None if value is None else f"{value:f}"

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the number with commas between thousands, as both languages write it."""
        return f"{value:,f}" if isinstance(value, Decimal) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return text of digits."""
        return {
            "type": "string",
            "format": "decimal",
            "pattern": decimal_pattern(self.scale),
            "examples": [f"{Decimal('12.5').quantize(Decimal(1).scaleb(-self.scale)):f}"],
        }


def decimal_pattern(scale: int) -> str:
    """Return the pattern of a dumped decimal that any column of that scale can keep."""
    decimals = rf"(\.[0-9]{{1,{scale}}})?" if scale else ""
    return rf"^-?[0-9]{{1,{19 - scale}}}{decimals}$"


def make(settings: Mapping[str, Any]) -> DecimalType:
    """Return the type with its decimals and limits."""
    return DecimalType(
        scale=settings.get("scale", SCALE),
        min=limit(settings.get("min")),
        max=limit(settings.get("max")),
    )


TYPE = TypeSpec(
    name="decimal",
    label=Label("Decimal", "小数"),
    make=make,
    settings={"scale": {"type": "integer", "minimum": 0, "maximum": 10}, **LIMITS},
    icon="decimals-arrow-right",
)
