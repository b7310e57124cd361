"""A length of time: 1h 30m."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import Span
from fieldstone.expressions.types import DURATION, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import is_missing, narrow, number_of, shown, text_of

LONGEST: Final = timedelta(days=36_500)  # a hundred years; more is a slip of the pen
SECONDS: Final[Mapping[str, int]] = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
# Months and years are no lengths of time: some are longer than others.
ISO: Final = re.compile(
    r"([+-])?P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?",
    re.ASCII | re.IGNORECASE,
)
UNITS: Final = (
    ("weeks?|w|周|星期", "w"),
    ("days?|d|天", "d"),
    ("hours?|hrs?|h|个?小时", "h"),
    ("minutes?|mins?|m|分钟?", "m"),
    ("seconds?|secs?|s|秒钟?", "s"),
)
SPOKEN: Final = re.compile(
    r"([+-])?\s*" + r"\s*".join(rf"(?:([\d.]+)\s*(?:{words}))?" for words, _ in UNITS),
    re.ASCII | re.IGNORECASE,
)
SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "d": ("d", "天"),
    "h": ("h", "小时"),
    "m": ("m", "分钟"),
    "s": ("s", "秒"),
}


@dataclass(frozen=True)
class DurationType:
    """Stored as timedelta."""

    name: str = "duration"
    widget: str = "duration"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a duration."""
        return DURATION

    def column(self) -> Span:
        """Return a column of microseconds."""
        return Span()

    def parse(self, raw: object) -> timedelta | None:
        """Return the length of "1h 30m", "PT1H30M", "1小时30分" or 5400 (seconds)."""
        if is_missing(raw):
            return None
        try:
            found = raw if isinstance(raw, timedelta) else _length(raw)
        except InvalidValueError:  # half of it is a number: "1.2.3h", "1:30"
            found = None
        if found is None:
            raise InvalidValueError(
                "not_a_duration",
                f"{shown(raw)} is not a length of time.",
                'Send "1h 30m", "PT1H30M" or a number of seconds.',
            )
        if abs(found) > LONGEST:
            raise InvalidValueError(
                "too_large", f"{shown(raw)} is too long.", f"Send at most {LONGEST.days} days."
            )
        return found

    def dump(self, value: object) -> object:
        """Return ISO 8601, such as "PT1H30M" or "P2DT3H"."""
        if not isinstance(value, timedelta):
            return None
        parts = {unit: f"{size}{unit.upper()}" for unit, size in _parts(abs(value)) if size != "0"}
        days = parts.pop("d", "")
        clock = "".join(parts.values())
        sign = "-" if value < timedelta() else ""
        return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days or 'T0S'}"

    def format(self, value: object, language: str, zone: str) -> str:
        """Return "1h 30m" or "1小时30分钟"."""
        if not isinstance(value, timedelta):
            return ""
        chinese = language.startswith("zh")
        parts = [
            f"{size}{SIGNS[unit][chinese]}" for unit, size in _parts(abs(value)) if size != "0"
        ]
        sign = "-" if value < timedelta() else ""
        return sign + ("" if chinese else " ").join(parts or [f"0{SIGNS['m'][chinese]}"])

    def json_schema(self) -> Mapping[str, object]:
        """Return a duration of ISO 8601."""
        return {"type": "string", "format": "duration", "examples": ["PT1H30M"]}


def _parts(value: timedelta) -> list[tuple[str, str]]:
    """Return days, hours, minutes and seconds as text; only seconds have decimals."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    exact = f"{seconds}.{value.microseconds:06d}".rstrip("0").rstrip(".")
    seconds_text = exact if value.microseconds else str(seconds)
    return [("d", str(value.days)), ("h", str(hours)), ("m", str(minutes)), ("s", seconds_text)]


def _length(raw: object) -> timedelta | None:
    if isinstance(raw, str):
        text = narrow(text_of(raw))
        match = ISO.fullmatch(text) or SPOKEN.fullmatch(text)
        if match is not None and any(match.groups()[1:]):
            return _added(match)
    seconds = number_of(raw)
    return _span(seconds)


def _added(match: re.Match[str]) -> timedelta | None:
    """Return the sum of weeks, days, hours, minutes and seconds found, with its sign."""
    sign, *sizes = match.groups()
    total = Decimal(0)
    for size, seconds in zip(sizes, SECONDS.values(), strict=True):
        if size:
            total += number_of(size) * seconds
    return _span(-total if sign == "-" else total)


def _span(seconds: Decimal) -> timedelta | None:
    if abs(seconds) > Decimal(10) ** 12:
        return timedelta.max
    microseconds = seconds.scaleb(6)
    exact = microseconds == microseconds.to_integral_value()
    return timedelta(microseconds=int(microseconds)) if exact else None


def make(settings: Mapping[str, Any]) -> DurationType:
    """Return the type; it has no settings."""
    return DurationType()


TYPE = TypeSpec(name="duration", label=Label("Duration", "时长"), make=make, icon="timer")
