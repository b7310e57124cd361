"""How numbers, money and moments look in the languages of the product."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, get_currency_precision, get_currency_symbol

CHINESE: Final = Locale("zh", "CN", script="Hans")
ENGLISH: Final = Locale("en")


def locale_of(language: str) -> Locale:
    """Return the locale of a language: Simplified Chinese for "zh...", else English."""
    return CHINESE if language.startswith("zh") else ENGLISH


@lru_cache(maxsize=64)
def currency_scale(code: str) -> int:
    """Return how many decimals a currency has: 2 for CNY, 0 for JPY, 3 for KWD (ISO 4217)."""
    return get_currency_precision(code)


@lru_cache(maxsize=64)
def currency_marks(code: str) -> tuple[str, ...]:
    """Return what people write beside an amount of this currency, the longest first."""
    symbols = {get_currency_symbol(code, place) for place in (CHINESE, ENGLISH)}
    spoken = {"CNY": {"元", "¥", "RMB"}, "USD": {"$"}, "JPY": {"¥"}}.get(code, set())
    return tuple(sorted({code, *symbols, *spoken}, key=lambda mark: (-len(mark), mark)))


def money(value: Decimal, code: str, language: str) -> str:
    """Return an amount with its currency sign, in the currency's own decimals at least."""
    return format_currency(value, code, locale=locale_of(language), decimal_quantization=False)


def day(value: date, language: str) -> str:
    """Return a date such as "Nov 22, 2026" or "2026年11月22日"."""
    return format_date(value, "medium", locale=locale_of(language))


def moment(value: datetime, language: str, zone: str) -> str:
    """Return an instant in `zone`, such as "Nov 22, 2026, 8:05 PM" or "2026年11月22日 20:05"."""
    try:
        local = value.astimezone(ZoneInfo(zone))
    except OverflowError:  # the very last or first hours that a calendar knows
        local = value.astimezone(UTC)
    clock = format_skeleton(
        "Hm" if locale_of(language) is CHINESE else "hm", local, locale=locale_of(language)
    )
    between = " " if locale_of(language) is CHINESE else ", "
    # Babel divides "8:05" and "PM" by a narrow no-break space, which searches do not find.
    return day(local.date(), language) + between + clock.replace("\u202f", " ")
