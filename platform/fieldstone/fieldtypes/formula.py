"""A value that an expression gives, with the form of another field type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.computed import ComputedType
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.decimal import DecimalType

# A formula has to be a plain value: nothing hidden, no rows, no files.
NEVER: Final = frozenset({"rows", "secret", "file", "image", "autonumber", "formula", "rollup"})


@dataclass(frozen=True)
class FormulaType(ComputedType):
    """Stored, compared and shown as `returns`; numbers are rounded half up to its decimals."""

    name: str = "formula"
    widget: str = "formula"


def make(settings: Mapping[str, Any]) -> FormulaType:
    """Return the type; the compiler gives `returns` as a configured field type."""
    returns = settings.get("returns") or DecimalType()
    if returns.name in NEVER:
        raise InvalidValueError(
            "bad_returns",
            f"a formula cannot return {returns.name}.",
            "Return a plain value, such as decimal, currency, text, date or boolean.",
            "returns",
        )
    return FormulaType(returns=returns)


TYPE = TypeSpec(
    name="formula",
    label=Label("Formula", "公式"),
    make=make,
    settings={
        "returns": {"type": ["string", "object"]},
        "value": {"type": "string"},
        "stored": {"type": "boolean"},
    },
    required_settings=("value",),
    icon="sigma",
)
