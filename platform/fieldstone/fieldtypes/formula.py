"""A value that an expression gives, with the form of another field type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.types import TypeEngine

from fieldstone.base.label import Label
from fieldstone.expressions.types import Type
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError, TypeSpec
from fieldstone.fieldtypes.decimal import DecimalType

# A formula has to be a plain value: nothing hidden, no rows, no files.
NEVER: Final = frozenset({"rows", "secret", "file", "image", "autonumber", "formula", "rollup"})


@dataclass(frozen=True)
class FormulaType:
    """Stored, compared and shown as `returns`; numbers are rounded half up to its decimals."""

    returns: FieldType
    name: str = "formula"
    widget: str = "formula"

    @property
    def expression_type(self) -> Type:
        """Return the type of the value."""
        return self.returns.expression_type

    @property
    def sortable(self) -> bool:
        """Tell whether the value can be ordered by."""
        return self.returns.sortable

    def column(self) -> TypeEngine[Any] | None:
        """Return the column of the value; the field decides whether one is used."""
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
