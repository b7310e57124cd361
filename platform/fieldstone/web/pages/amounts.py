"""Large amounts and stretches of time in few characters: ¥3.86M or ¥386万, 4 d, 2 h."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Final

from babel.numbers import format_compact_currency, format_compact_decimal

from fieldstone.model.objects import Field
from fieldstone.web.i18n import Speech

LOCALES: Final = {"zh": "zh_CN", "en": "en_US"}
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# Five working days are a week of seven.
WORKING: Final = Decimal(7) / 5
_WITHIN: Final = re.compile(r"(\d+)\s+(working\s+)?(minute|hour|day|week)s?")
_UNITS: Final = {"minute": timedelta(minutes=1), "hour": HOUR, "day": DAY, "week": 7 * DAY}


def compact(field: Field, value: object, language: str) -> str:
    """Return a number in few characters, with its currency when the field has one; "" for none."""
    if not isinstance(value, Decimal | int) or not value:
        return ""
    number, locale = Decimal(value), LOCALES.get(language, "en_US")
    digits = 0 if abs(number) < 1000 else 2  # noqa: PLR2004 - below a thousand nothing is shortened
    if currency := getattr(field.type, "currency", ""):
        shown = format_compact_currency(number, currency, locale=locale, fraction_digits=digits)
        return str(shown).replace("CN¥", "¥")
    return str(format_compact_decimal(number, locale=locale, fraction_digits=digits))


def short_time(speech: Speech, passed: timedelta) -> str:
    """Return a stretch of time as "12 min", "5 h" or "3 d"."""
    if passed < HOUR:
        return speech.t("{n} min", n=max(1, int(passed.total_seconds() // 60)))
    if passed < DAY:
        return speech.t("{n} h", n=int(passed / HOUR))
    return speech.t("{n} d", n=int(passed / DAY))


def usual_time(within: str) -> timedelta | None:
    """Return how long "2 working days" lasts on the wall clock, None when nothing is said."""
    found = _WITHIN.fullmatch(within.strip())
    if found is None:
        return None
    count, working, unit = found.groups()
    whole = int(count) * _UNITS[unit]
    return whole * float(WORKING) if working and unit == "day" else whole


def usual_text(speech: Speech, within: str) -> str:
    """Return "2 working days" in the reader's language."""
    found = _WITHIN.fullmatch(within.strip())
    if found is None:
        return ""
    count, working, unit = found.groups()
    texts = {
        ("minute", False): "{n} min",
        ("hour", False): "{n} h",
        ("hour", True): "{n} working hours",
        ("day", True): "{n} working days",
        ("day", False): "{n} days",
        ("week", False): "{n} weeks",
    }
    return speech.t(texts.get((unit, bool(working)), "{n} days"), n=int(count))
