"""A telephone number, kept in E.164 so that equal numbers compare equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import line_of, narrow, shown
from fieldstone.fieldtypes.textual import TextualType

REGION: Final = "CN"  # when neither the field nor the site names one
LONGEST: Final = 40
# The library would find a number inside any sentence; we want the number and nothing else.
NUMBER: Final = re.compile(
    r"\+?[\d\s().\-/]{3,30}((?:;ext=|\s*(?:ext\.?|x|#|转|分机)\s*)\d{1,7})?", re.ASCII | re.I
)
CHINA: Final = "CN"
# Not 12 and 179: what begins so may be the code of a carrier that goes before a number.
MOBILE: Final = re.compile(r"(\+86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})", re.ASCII)
MARKS: Final = re.compile(r"[ -]")
EXTENSION: Final = re.compile(r"\s*(?:转|分机)\s*")


@lru_cache(maxsize=20_000)
def _number(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


@lru_cache(maxsize=20_000)
def _shown(stored: str, region: str) -> str:
    number = _number(stored, region)
    if number is None:
        return stored
    home = phonenumbers.region_code_for_number(number) == region
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def _chinese_mobile(text: str, region: str) -> str | None:
    """Return a Chinese mobile number in E.164, None for everything else.

    Of the numbers that come in by the hundred thousand nearly all are such; the library's own pattern says which are
    valid, and its long way round would find the same (a test compares them).
    """
    found = MOBILE.fullmatch(text)
    if found is None or not (found[1] or region == CHINA):
        return None
    digits = MARKS.sub("", found[2])
    return f"+86{digits}" if _mobiles().fullmatch(digits) else None


@cache
def _mobiles() -> re.Pattern[str]:
    country: Any = PhoneMetadata.metadata_for_region(CHINA)
    return re.compile(country.mobile.national_number_pattern)


@dataclass(frozen=True)
class PhoneType(TextualType):
    """Stored as str: "+8613800138000", with ";ext=12" behind it for an extension (RFC 3966).

    `check` is "valid" (a number that the country has given out) or "possible" (only its length).
    """

    region: str = REGION
    check: str = "valid"
    name: str = "phone"
    widget: str = "phone"

    def parse(self, raw: object) -> str | None:
        """Return the number in E.164; one without a country code belongs to `region`."""
        text = narrow(line_of(raw))
        if not text:
            return None
        if (mobile := _chinese_mobile(text, self.region)) is not None:
            return mobile
        number = None
        if len(text) <= LONGEST and NUMBER.fullmatch(text):
            number = _number(EXTENSION.sub(" ext. ", text), self.region)
        if number is None or not self._accepts(number):
            raise InvalidValueError(
                "not_a_phone",
                f"{shown(raw)} is not a telephone number.",
                "Send it complete, with + and country code when abroad, such as +86 138 0013 8000.",
            )
        stored = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        return f"{stored};ext={number.extension}" if number.extension else stored

    def _accepts(self, number: PhoneNumber) -> bool:
        if self.check == "possible":
            return phonenumbers.is_possible_number(number)
        return phonenumbers.is_valid_number(number)

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the number as its own country writes it, with country code when abroad."""
        return "" if value is None else _shown(str(value), self.region)

    def json_schema(self) -> Mapping[str, object]:
        """Return a string in E.164."""
        return {"type": "string", "format": "phone", "examples": ["+8613800138000"]}


def make(settings: Mapping[str, Any]) -> PhoneType:
    """Return the type with its home region."""
    return PhoneType(region=settings.get("region", REGION), check=settings.get("check", "valid"))


TYPE = TypeSpec(
    name="phone",
    label=Label("Phone", "电话"),
    make=make,
    settings={
        "region": {"enum": sorted(phonenumbers.SUPPORTED_REGIONS)},
        "check": {"enum": ["valid", "possible"]},
    },
    icon="phone",
)
