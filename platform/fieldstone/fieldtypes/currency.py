"""An amount of money in one currency, exact to its smallest coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from babel.numbers import list_currencies

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.exact import LIMITS, ExactType, limit
from fieldstone.fieldtypes.locales import currency_marks, currency_scale, money
from fieldstone.fieldtypes.raw import LONGEST_NUMBER, narrow

CURRENCY: Final = "CNY"  # when neither the field nor the site names one


@dataclass(frozen=True)
class CurrencyType(ExactType):
    """Stored as Decimal; the currency belongs to the field, so that amounts add up."""

    currency: str = CURRENCY
    scale: int = 2
    name: str = "currency"
    widget: str = "currency"

    def number(self, raw: object) -> Decimal:
        """Return the amount; the sign or code of the field's own currency may stand beside it."""
        return super().number(self._bare(raw))

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

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the amount with its currency sign."""
        if not isinstance(value, Decimal):
            return ""
        return money(self._exact(value), self.currency, language)

    def _exact(self, value: Decimal) -> Decimal:
        """Return the amount with all its decimals: one that a database computed may have lost zeros."""
        return value.quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP)

    def json_schema(self) -> Mapping[str, object]:
        """Return text of digits, the currency beside it."""
        return {**super().json_schema(), "description": f"An amount in {self.currency}."}


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
