"""A count, sum, least, greatest or average over the related rows, right after every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.computed import ComputedType
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError, TypeSpec
from fieldstone.fieldtypes.currency import CurrencyType
from fieldstone.fieldtypes.decimal import DecimalType
from fieldstone.fieldtypes.duration import DurationType
from fieldstone.fieldtypes.formula import FormulaType
from fieldstone.fieldtypes.integer import IntegerType
from fieldstone.fieldtypes.percent import PercentType
from fieldstone.fieldtypes.rating import RatingType

FUNCTIONS: Final = ("count", "sum", "min", "max", "avg")


@dataclass(frozen=True)
class RollupType(ComputedType):
    """Always stored; compared and shown as `returns`."""

    returns: FieldType = field(default_factory=IntegerType)
    function: str = "count"
    name: str = "rollup"
    widget: str = "rollup"


def result_type(function: str, over: FieldType | None) -> FieldType:
    """Return the type of `function` over the values of a field of type `over` (None for count).

    The field's own limits do not bind the result: ten prices of at most 100 may add up to 1,000.
    Raises InvalidValueError when such values have no sum or order.
    """
    while isinstance(over, (FormulaType, RollupType)):
        over = over.returns
    if function == "count":
        return IntegerType()
    if over is None:
        raise InvalidValueError(
            "missing_key",
            f"{function} needs a field.",
            "Add 'value: FIELD of those rows'.",
            "value",
        )
    if isinstance(over, (IntegerType, RatingType)):
        return DecimalType() if function == "avg" else IntegerType()
    if isinstance(over, (DecimalType, CurrencyType, PercentType)):
        return replace(over, min=None, max=None)
    if isinstance(over, DurationType):
        return over
    if function in {"min", "max"} and over.sortable:
        return over
    raise InvalidValueError(
        "bad_rollup",
        f"there is no {function} of values of type {over.name}.",
        "Name a field with numbers; min and max also take dates, times and text.",
        "value",
    )


def make(settings: Mapping[str, Any]) -> RollupType:
    """Return the type; the compiler gives the summed field's type as `over`, none for count."""
    function = settings.get("function", "count")
    return RollupType(result_type(function, settings.get("over")), function)


TYPE = TypeSpec(
    name="rollup",
    label=Label("Rollup", "汇总"),
    make=make,
    settings={
        "of": {"type": "string"},
        "function": {"enum": list(FUNCTIONS)},
        "value": {"type": "string"},
        "when": {"type": "string"},
    },
    required_settings=("of", "function"),
    icon="calculator",
)
