"""A postal address in its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import JsonValue
from fieldstone.expressions.types import JSON, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.locales import locale_of
from fieldstone.fieldtypes.raw import check_keys, check_length, is_missing, line_of, shown

LONGEST: Final = 200  # characters of one part
# From large to small, as Chinese addresses are written; English ones go the other way.
PARTS: Final = ("country", "province", "city", "district", "street", "postcode")
COUNTRY_CODE_LENGTH: Final = 2


@dataclass(frozen=True)
class AddressType:
    """Stored as a dict with those of PARTS that are filled."""

    name: str = "address"
    widget: str = "address"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return JSON: expressions ask only whether it is empty."""
        return JSON

    def column(self) -> JsonValue:
        """Return a JSON column."""
        return JsonValue()

    def parse(self, raw: object) -> dict[str, str] | None:
        """Return the filled parts; a plain text becomes the street."""
        if is_missing(raw):
            return None
        given = {"street": raw} if isinstance(raw, str) else raw
        if not isinstance(given, Mapping):
            raise InvalidValueError(
                "not_an_object",
                f"{shown(raw)} is not an address.",
                'Send an object, such as {"city": "上海", "street": "..."}.',
            )
        check_keys(given, PARTS)
        parts = {key: _part(key, given[key]) for key in PARTS if key in given}
        return {key: text for key, text in parts.items() if text} or None

    def dump(self, value: object) -> object:
        """Return the filled parts."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the address on one line, in the order of the language."""
        if not isinstance(value, Mapping):
            return ""
        parts = {key: str(value[key]) for key in PARTS if value.get(key)}
        if "country" in parts:
            names = locale_of(language).territories
            parts["country"] = names.get(parts["country"], parts["country"])
        postcode = parts.pop("postcode", "")
        if language.startswith("zh"):
            line = "".join(parts.values())
            return f"{line} {postcode}".strip()
        country = parts.pop("country", "")
        inner = [*reversed(parts.values()), postcode, country]
        return ", ".join(part for part in inner if part)

    def json_schema(self) -> Mapping[str, object]:
        """Return an object of texts."""
        part = {"type": "string", "maxLength": LONGEST}
        return {
            "type": "object",
            "properties": dict.fromkeys(PARTS, part),
            "additionalProperties": False,
        }


def _part(key: str, raw: object) -> str:
    try:
        text = line_of(raw)
        check_length(text, LONGEST)
    except InvalidValueError as error:
        raise error.inside(key) from None
    is_code = key == "country" and len(text) == COUNTRY_CODE_LENGTH and text.isascii()
    return text.upper() if is_code else text


def make(settings: Mapping[str, Any]) -> AddressType:
    """Return the type; it has no settings."""
    return AddressType()


TYPE = TypeSpec(name="address", label=Label("Address", "地址"), make=make, icon="map-pin")
