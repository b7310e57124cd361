"""A number of stars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import WholeNumber
from fieldstone.expressions.types import NUMBER, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.integer import whole_of
from fieldstone.fieldtypes.raw import is_missing

STARS: Final = 5  # when `max` is not set


@dataclass(frozen=True)
class RatingType:
    """Stored as int from 1 to `max`; no star at all is no value."""

    max: int = STARS
    name: str = "rating"
    widget: str = "rating"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a number."""
        return NUMBER

    def column(self) -> WholeNumber:
        """Return a BIGINT column."""
        return WholeNumber()

    def parse(self, raw: object) -> int | None:
        """Return the number of stars."""
        if is_missing(raw):
            return None
        stars = whole_of(raw)
        if not 1 <= stars <= self.max:
            raise InvalidValueError(
                "not_a_rating",
                f"{stars} is no rating.",
                f"Send 1 to {self.max}, or null for no rating.",
            )
        return stars

    def dump(self, value: object) -> object:
        """Return the number."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return stars that people can count: "★★★☆☆"."""
        return "★" * value + "☆" * (self.max - value) if isinstance(value, int) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return an integer with its limits."""
        return {"type": "integer", "minimum": 1, "maximum": self.max}


def make(settings: Mapping[str, Any]) -> RatingType:
    """Return the type with its number of stars."""
    return RatingType(max=settings.get("max", STARS))


TYPE = TypeSpec(
    name="rating",
    label=Label("Rating", "评分"),
    make=make,
    settings={"max": {"type": "integer", "minimum": 2, "maximum": 10}},
    icon="star",
)
