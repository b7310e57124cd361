"""A count, sum, least, greatest or average over the related rows, right after every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy.types import TypeEngine

from fieldstone.base.label import Label
from fieldstone.expressions.types import Type
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
class RollupType:
    """Stored, compared and shown as `returns`."""

    function: str = "count"
    returns: FieldType = field(default_factory=IntegerType)
    name: str = "rollup"
    widget: str = "rollup"

    @property
    def expression_type(self) -> Type:
        """Return the type of the value."""
        return self.returns.expression_type

    @property
    def sortable(self) -> bool:
        """Tell whether the value can be ordered by."""
        return self.returns.sortable

    def column(self) -> TypeEngine[Any] | None:
        """Return the column of the value: a rollup is always stored."""
        return self.returns.column()

    def parse(self, raw: object) -> object:
        """Return the computed value as it is kept."""
        return self.returns.parse(raw)

    def dump(self, value: object) -> object:
        """Return the JSON form of the value."""
        return self.returns.dump(value)

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the value as people read it."""
        return self.returns.format(value, language, zone)

    def json_schema(self) -> Mapping[str, object]:
        """Return the schema of the value, read only."""
        return {**self.returns.json_schema(), "readOnly": True}


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
    return RollupType(function, result_type(function, settings.get("over")))


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
