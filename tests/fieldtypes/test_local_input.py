"""What people type: local time, money with its sign, shares with a percent sign."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.currency import CurrencyType, make
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.fieldtypes.email import EmailType
from fieldstone.fieldtypes.locales import money
from fieldstone.fieldtypes.phone import PhoneType

DOMAINS = st.from_regex(r"[a-zA-Z0-9.\-]{1,20}\.(com|cn|c|co1|museum)", fullmatch=True)
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


@pytest.mark.parametrize("code", ["CNY", "USD", "EUR", "JPY", "KWD", "CHF", "HKD"])
def test_money_is_written_as_babel_writes_it(code):
    for amount in (Decimal("-1234567.50"), Decimal("0.05"), Decimal("1200.00")):
        for language, locale in (("en", "en"), ("zh", "zh_Hans_CN")):
            ours = money(amount, code, language)
            theirs = format_currency(
                amount, code, locale=locale, format="¤#,##0.00", currency_digits=False
            )
            assert ours == theirs


@given(local=st.from_regex(r"[a-zA-Z0-9._+\-]{1,20}", fullmatch=True), domain=DOMAINS)
def test_plain_addresses_are_judged_as_the_library_judges_them(local, domain):
    address = f"{local}@{domain}"
    try:
        theirs = validate_email(address, check_deliverability=False, globally_deliverable=False)
        expected = theirs.normalized.lower()
    except EmailNotValidError:
        expected = None

    try:
        assert EmailType().parse(address) == expected
    except InvalidValueError:
        assert expected is None or "." not in domain


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
