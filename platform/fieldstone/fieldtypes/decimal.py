"""A number with a fixed number of decimals, exact on every database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.exact import LIMITS, ExactType, limit

SCALE: Final = 2  # when `scale` is not set


@dataclass(frozen=True)
class DecimalType(ExactType):
    """Read and shown as it is stored."""

    scale: int = SCALE
    name: str = "decimal"
    widget: str = "decimal"

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the number with commas between thousands, as both languages write it."""
        return f"{value:,f}" if isinstance(value, Decimal) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return text of digits."""
        example = Decimal("12.5").quantize(Decimal(1).scaleb(-self.scale))
        return {**super().json_schema(), "examples": [f"{example:f}"]}


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
