"""A share, kept as a fraction: 25 % is 0.25."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.exact import LIMITS, ExactType, limit
from fieldstone.fieldtypes.raw import LONGEST_NUMBER, fitted, narrow, number_of

SCALE: Final = 4  # two decimals of a percent


@dataclass(frozen=True)
class PercentType(ExactType):
    """Stored as Decimal fraction, so that `amount * discount` is right as it stands."""

    scale: int = SCALE
    name: str = "percent"
    widget: str = "percent"

    def number(self, raw: object) -> Decimal:
        """Return the fraction: 0.25, "0.25" and "25%" are the same."""
        if isinstance(raw, str) and len(raw) <= LONGEST_NUMBER:
            text = narrow(raw)
            if text.endswith("%"):
                return fitted(number_of(text[:-1]).scaleb(-2), self.scale)
        return super().number(raw)

    def dump(self, value: object) -> object:
        """Return the fraction as text, without zeros at its end."""
        return _short(f"{value:f}") if isinstance(value, Decimal) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return percent: 0.125 is "12.5%"."""
        return _short(f"{value.scaleb(2):,f}") + "%" if isinstance(value, Decimal) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return text of digits."""
        return {**super().json_schema(), "description": "A fraction: 0.25 is 25 %."}


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def make(settings: Mapping[str, Any]) -> PercentType:
    """Return the type with its limits, which are fractions too."""
    return PercentType(
        scale=settings.get("scale", SCALE),
        min=limit(settings.get("min")),
        max=limit(settings.get("max")),
    )


TYPE = TypeSpec(
    name="percent",
    label=Label("Percent", "百分比"),
    make=make,
    settings={"scale": {"type": "integer", "minimum": 2, "maximum": 10}, **LIMITS},
    icon="percent",
)
