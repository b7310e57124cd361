"""What decimals, percents and money have in common: an exact number with a scale and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fieldstone.expressions.sqltypes import ExactNumber
from fieldstone.expressions.types import NUMBER, Type
from fieldstone.fieldtypes.raw import check_range, decimal_of, is_missing, number_of

LIMITS: Final[Mapping[str, Mapping[str, object]]] = {
    "min": {"type": ["number", "string"]},
    "max": {"type": ["number", "string"]},
}


@dataclass(frozen=True, kw_only=True)
class ExactType:
    """Stored as Decimal with exactly `scale` decimals."""

    scale: int
    min: Decimal | None = None
    max: Decimal | None = None
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
        value = self.number(raw)
        check_range(value, self.min, self.max)
        return value

    def number(self, raw: object) -> Decimal:
        """Return the number that was sent; a type that takes further ways to write one says so here."""
        return decimal_of(raw, self.scale)

    def dump(self, value: object) -> object:
        """Return the number as text, which no JSON reader rounds."""
        return None if value is None else f"{value:f}"

    def json_schema(self) -> Mapping[str, object]:
        """Return text of digits."""
        return {
            "type": "string",
            "format": "decimal",
            "pattern": decimal_pattern(self.scale),
        }


def limit(value: object) -> Decimal | None:
    """Return a limit written in YAML (100, 0.5 or "0.5") as it was written."""
    return None if value is None else number_of(value)


def decimal_pattern(scale: int) -> str:
    """Return the pattern of a dumped decimal that any column of that scale can keep."""
    decimals = rf"(\.[0-9]{{1,{scale}}})?" if scale else ""
    return rf"^-?[0-9]{{1,{19 - scale}}}{decimals}$"
