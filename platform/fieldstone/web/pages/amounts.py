"""Large amounts and stretches of time in few characters: ¥3.86M or ¥386万, 4 d, 2 h."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_compact_currency, format_compact_decimal

from fieldstone.model.objects import Field
from fieldstone.web.i18n import Speech

LOCALES: Final = {"zh": "zh_CN", "en": "en_US"}
SHORTENED_FROM: Final = {"zh": 10_000}  # 1万; other languages shorten from a thousand on
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# Five working days are a week of seven.
WORKING: Final = Decimal(7) / 5
MONTH: Final = 30
YEAR: Final = 365
NEAR_DAYS: Final = {0: "today", 1: "tomorrow", -1: "yesterday"}
_WITHIN: Final = re.compile(r"(\d+)\s+(working\s+)?(minute|hour|day|week)s?")
_UNITS: Final = {"minute": timedelta(minutes=1), "hour": HOUR, "day": DAY, "week": 7 * DAY}


def compact(field: Field, value: object, language: str) -> str:
    """Return a number in few characters, with its currency when the field has one; "" for none."""
    if not isinstance(value, Decimal | int) or not value:
        return ""
    return shortened(
        value, getattr(getattr(field.type, "returns", field.type), "currency", ""), language
    )


def shortened(value: Decimal | int, currency: str, language: str) -> str:
    """Return a number in few characters, as money where a currency is named."""
    number, locale = Decimal(value), LOCALES.get(language, "en_US")
    digits = 2
    if abs(number) < SHORTENED_FROM.get(language, 1000):
        number, digits = round(number, 0), 0
    if currency:
        shown = format_compact_currency(number, currency, locale=locale, fraction_digits=digits)
        return str(shown).replace("CN¥", "¥")
    return str(format_compact_decimal(number, locale=locale, fraction_digits=digits))


def counted(number: int, up_to: int) -> str:
    """Return a number that was counted no further than one beyond `up_to`: "812", "10,000+"."""
    return f"{up_to:,}+" if number > up_to else f"{number:,}"


def short_time(speech: Speech, passed: timedelta) -> str:
    """Return a stretch of time as "12 min", "5 h" or "3 d"."""
    if passed < HOUR:
        return speech.t("{n} min", n=max(1, int(passed.total_seconds() // 60)))
    if passed < DAY:
        return speech.t("{n} h", n=int(passed / HOUR))
    days = int(passed / DAY)
    if days < 2 * MONTH:
        return speech.t("{n} d", n=days)
    if days < 2 * YEAR:
        return speech.t("{n} months", n=days // MONTH)
    return speech.t("{n} years", n=days // YEAR)


def near(speech: Speech, moment: datetime | date, now: datetime, zone: str) -> str:
    """Return a moment as people say it: "today 18:00", "tomorrow 9:00", "Nov 24", with the year when it is another."""
    today = now.astimezone(ZoneInfo(zone)).date()
    local = moment.astimezone(ZoneInfo(zone)) if isinstance(moment, datetime) else moment
    day = local.date() if isinstance(local, datetime) else local
    word = NEAR_DAYS.get((day - today).days)
    if word is not None:
        if isinstance(local, datetime):
            return speech.t(f"{word} {{time}}", time=f"{local:%H:%M}")
        return speech.t(word)
    pattern = "MMMd" if day.year == today.year else "yMMMd"
    return str(format_skeleton(pattern, day, locale=LOCALES.get(speech.language, "en_US")))


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
        ("minute", False): ("{n} min", "{n} min"),
        ("hour", False): ("{n} h", "{n} h"),
        ("hour", True): ("one working hour", "{n} working hours"),
        ("day", True): ("one working day", "{n} working days"),
        ("day", False): ("one day", "{n} days"),
        ("week", False): ("one week", "{n} weeks"),
    }
    one, many = texts.get((unit, bool(working)), texts["day", False])
    return speech.tn(one, many, int(count))
