"""What formulas and rollups have in common: a computed value with the form of another field type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.types import TypeEngine

from fieldstone.expressions.types import Type
from fieldstone.fieldtypes.contract import FieldType


@dataclass(frozen=True)
class ComputedType:
    """Stored, compared and shown as `returns`."""

    returns: FieldType

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
