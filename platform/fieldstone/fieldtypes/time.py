"""A time of day, without a day and without a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import ClockTime
from fieldstone.expressions.types import TIME, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import is_missing, narrow, shown, text_of

WRITTEN: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?", re.ASCII)


@dataclass(frozen=True)
class TimeType:
    """Stored as a naive time."""

    name: str = "time"
    widget: str = "time"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a time of day."""
        return TIME

    def column(self) -> ClockTime:
        """Return a column of times."""
        return ClockTime()

    def parse(self, raw: object) -> time | None:
        """Return the time of day."""
        if is_missing(raw):
            return None
        found = _clock(raw)
        if found is None or found.tzinfo is not None:
            raise InvalidValueError(
                "not_a_time",
                f"{shown(raw)} is not a time of day.",
                "Send hours and minutes of a 24-hour clock, such as 09:30.",
            )
        return found

    def dump(self, value: object) -> object:
        """Return HH:MM:SS."""
        return value.isoformat() if isinstance(value, time) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return HH:MM, and seconds when there are some."""
        if not isinstance(value, time):
            return ""
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")

    def json_schema(self) -> Mapping[str, object]:
        """Return text such as "09:30:00"."""
        return {
            "type": "string",
            "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$",
        }


def _clock(raw: object) -> time | None:
    if isinstance(raw, time):
        return raw
    match = WRITTEN.fullmatch(narrow(text_of(raw))) if isinstance(raw, str) else None
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    try:
        return time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))
    except ValueError:
        return None


def make(settings: Mapping[str, Any]) -> TimeType:
    """Return the type; it has no settings."""
    return TimeType()


TYPE = TypeSpec(name="time", label=Label("Time", "时间"), make=make, icon="clock")
