"""What people type: local time, money with its sign, shares with a percent sign."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.currency import CurrencyType, make
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.fieldtypes.phone import PhoneType

EVENING = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)


def test_a_form_sends_local_time_and_an_offset_wins_over_it():
    moment = DatetimeType()

    assert moment.parse_local("2026-11-22T20:05", "Asia/Shanghai") == EVENING
    assert moment.parse_local("2026-11-22T12:05Z", "Asia/Shanghai") == EVENING
    assert moment.parse_local("", "Asia/Shanghai") is None


def test_an_instant_is_shown_in_the_readers_zone():
    assert DatetimeType().format(EVENING, "zh", "America/New_York") == "2026年11月22日 07:05"


def test_the_last_hour_of_the_calendar_is_still_shown():
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)

    assert "9999" in DatetimeType().format(last, "en", "Asia/Shanghai")


def test_each_currency_has_its_own_decimals():
    assert make({"currency": "JPY"}).parse("￥1,200") == Decimal(1200)
    assert make({"currency": "KWD"}).dump(Decimal("1.500")) == "1.500"
    with pytest.raises(InvalidValueError):
        make({"currency": "JPY"}).parse("12.5")


def test_a_field_never_takes_the_sign_of_another_currency():
    with pytest.raises(InvalidValueError):
        CurrencyType(currency="USD").parse("¥5")

    assert CurrencyType(currency="USD").parse("US$5") == 5


def test_a_number_without_country_code_belongs_to_the_region_and_is_shown_as_at_home():
    assert PhoneType(region="US").parse("(202) 555-0123") == "+12025550123"
    assert PhoneType(region="US").format("+8613800138000", "en", "UTC") == "+86 138 0013 8000"


def test_a_possible_number_is_enough_where_the_field_says_so():
    assert PhoneType(check="possible").parse("1380013800") == "+861380013800"
