"""An amount of money in one currency, exact to its smallest coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from babel.numbers import list_currencies

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import ExactNumber
from fieldstone.expressions.types import NUMBER, Type
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.decimal import LIMITS, decimal_pattern, limit
from fieldstone.fieldtypes.locales import currency_marks, currency_scale, money
from fieldstone.fieldtypes.raw import (
    LONGEST_NUMBER,
    check_range,
    decimal_of,
    is_missing,
    narrow,
)

CURRENCY: Final = "CNY"  # when neither the field nor the site names one


@dataclass(frozen=True)
class CurrencyType:
    """Stored as Decimal; the currency belongs to the field, so that amounts add up."""

    currency: str = CURRENCY
    scale: int = 2
    min: Decimal | None = None
    max: Decimal | None = None
    name: str = "currency"
    widget: str = "currency"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a number."""
        return NUMBER

    def column(self) -> ExactNumber:
        """Return an exact column."""
        return ExactNumber(self.scale)

    def parse(self, raw: object) -> Decimal | None:
        """Return the amount; the sign or code of the field's own currency may stand beside it."""
        if is_missing(raw):
            return None
        value = decimal_of(self._bare(raw), self.scale)
        check_range(value, self.min, self.max)
        return value

    def _bare(self, raw: object) -> object:
        if not isinstance(raw, str) or len(raw) > LONGEST_NUMBER:
            return raw
        text = narrow(raw)
        for mark in currency_marks(self.currency):
            plain = narrow(mark)
            if text.upper().startswith(plain):
                return text[len(plain) :]
            if text.upper().endswith(plain):
                return text[: -len(plain)]
        return text

    def dump(self, value: object) -> object:
        """Return the amount as text, which no JSON reader rounds."""
        return None if value is None else f"{value:f}"

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the amount with its currency sign."""
        return money(value, self.currency, language) if isinstance(value, Decimal) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return text of digits, the currency beside it."""
        return {
            "type": "string",
            "format": "decimal",
            "pattern": decimal_pattern(self.scale),
            "description": f"An amount in {self.currency}.",
        }


def make(settings: Mapping[str, Any]) -> CurrencyType:
    """Return the type with its currency; `scale` may ask for more decimals than coins have."""
    code = settings.get("currency", CURRENCY)
    return CurrencyType(
        currency=code,
        scale=settings.get("scale", currency_scale(code)),
        min=limit(settings.get("min")),
        max=limit(settings.get("max")),
    )


TYPE = TypeSpec(
    name="currency",
    label=Label("Money", "金额"),
    make=make,
    settings={
        "currency": {"enum": sorted(list_currencies())},
        "scale": {"type": "integer", "minimum": 0, "maximum": 6},
        **LIMITS,
    },
    icon="banknote",
)
