"""A point on the earth."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import JsonValue
from fieldstone.expressions.types import JSON, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import (
    check_keys,
    check_range,
    is_missing,
    narrow,
    number_of,
    rounded,
    shown,
    text_of,
)

LIMITS: Final[Mapping[str, int]] = {"latitude": 90, "longitude": 180}
DECIMALS: Final = 6  # of a degree: a tenth of a metre
PAIR: Final = re.compile(r"([+-]?[\d.]{1,20})\s*[,\s]\s*([+-]?[\d.]{1,20})", re.ASCII)


@dataclass(frozen=True)
class GeolocationType:
    """Stored as {latitude, longitude} in degrees of WGS 84, north and east positive."""

    name: str = "geolocation"
    widget: str = "text"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return JSON: expressions ask only whether it is empty."""
        return JSON

    def column(self) -> JsonValue:
        """Return a JSON column."""
        return JsonValue()

    def parse(self, raw: object) -> dict[str, float] | None:
        """Return the point of an object or of a text "31.2304, 121.4737", to six decimals."""
        if is_missing(raw):
            return None
        given = _pair(raw) if isinstance(raw, str) else raw
        if not isinstance(given, Mapping) or set(LIMITS) - set(given):
            raise InvalidValueError(
                "not_a_point",
                f"{shown(raw)} is not a point on the earth.",
                'Send {"latitude": 31.2304, "longitude": 121.4737}.',
            )
        check_keys(given, tuple(LIMITS))
        return {key: _degrees(key, given[key], limit) for key, limit in LIMITS.items()}

    def dump(self, value: object) -> object:
        """Return latitude and longitude."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return "31.230400, 121.473700", which can be typed back in."""
        if not isinstance(value, Mapping):
            return ""
        return ", ".join(f"{value[key]:.{DECIMALS}f}" for key in LIMITS)

    def json_schema(self) -> Mapping[str, object]:
        """Return an object of two numbers."""
        properties = {
            key: {"type": "number", "minimum": -limit, "maximum": limit}
            for key, limit in LIMITS.items()
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(LIMITS),
            "additionalProperties": False,
        }


def _pair(raw: str) -> Mapping[str, object] | None:
    match = PAIR.fullmatch(narrow(text_of(raw)))
    return dict(zip(LIMITS, match.groups(), strict=True)) if match else None


def _degrees(key: str, raw: object, limit: int) -> float:
    # Devices send more digits than a float keeps exactly; here only six decimals count.
    cut = f"{raw:.{DECIMALS}f}" if isinstance(raw, float) and math.isfinite(raw) else raw
    try:
        exact = number_of(cut)
        check_range(exact, -limit, limit)
    except InvalidValueError as error:
        raise error.inside(key) from None
    return float(rounded(exact, DECIMALS))


def make(settings: Mapping[str, Any]) -> GeolocationType:
    """Return the type; it has no settings."""
    return GeolocationType()


TYPE = TypeSpec(
    name="geolocation", label=Label("Location", "地理位置"), make=make, icon="map-pinned"
)
