"""Telephone numbers: the short way for Chinese mobiles finds what the library finds."""

from __future__ import annotations

import phonenumbers
import pytest

from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.phone import PhoneType

FORMS = ("{0}{1}{2}", "+86 {0} {1} {2}", "+86-{0}-{1}-{2}", "86{0}{1}{2}", "0{0}{1}{2}")


def by_the_library(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    e164 = phonenumbers.PhoneNumberFormat.E164
    return phonenumbers.format_number(number, e164) if valid else None


def by_us(text: str, region: str) -> str | None:
    try:
        return PhoneType(region=region).parse(text)
    except InvalidValueError:
        return None


@pytest.mark.parametrize("region", ["CN", "US"])
def test_the_short_way_for_chinese_mobiles_finds_what_the_library_finds(region: str) -> None:
    starts = [(str(start), f"{place % 10}138") for place, start in enumerate(range(100, 200))]
    starts += [("174", f"0{digit}00") for digit in range(10)] + [("161", "0123"), ("161", "1123")]
    texts = [form.format(*one, "8000") for one in starts for form in FORMS]

    found = {text: by_us(text, region) for text in texts}

    assert found == {text: by_the_library(text, region) for text in texts}
    assert len([one for one in found.values() if one]) > len(texts) / 8
