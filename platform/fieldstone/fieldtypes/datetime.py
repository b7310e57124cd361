"""An instant, kept in UTC and shown in the reader's time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import Instant
from fieldstone.expressions.types import DATETIME, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.date import EARLIEST_YEAR
from fieldstone.fieldtypes.locales import moment
from fieldstone.fieldtypes.raw import is_missing, narrow, shown, text_of

# RFC 3339, section 5.6; seconds may be left out, digits after microseconds are dropped.
WRITTEN: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?"
    r"\s?([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


@dataclass(frozen=True)
class DatetimeType:
    """Stored as an aware datetime in UTC."""

    name: str = "datetime"
    widget: str = "datetime"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return an instant."""
        return DATETIME

    def column(self) -> Instant:
        """Return a column of instants."""
        return Instant()

    def parse(self, raw: object) -> datetime | None:
        """Return the instant in UTC; one without an offset could mean any moment and is refused."""
        if is_missing(raw):
            return None
        found = _written(raw)
        if found.tzinfo is None:
            raise InvalidValueError(
                "needs_offset",
                f"{shown(raw)} does not say which time zone it is in.",
                "End it with Z or with an offset, such as 2026-11-22T09:30:00+08:00.",
            )
        return _in_utc(found, raw)

    def parse_local(self, raw: object, zone: str) -> datetime | None:
        """Return the instant of what a person typed in `zone`; an offset, when given, wins."""
        if is_missing(raw):
            return None
        found = _written(raw)
        return _in_utc(found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone)), raw)

    def dump(self, value: object) -> object:
        """Return RFC 3339 in UTC with Z, microseconds only when there are some."""
        if not isinstance(value, datetime):
            return None
        # A stored instant is in UTC already; lists hold hundreds of them.
        in_utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        return in_utc.isoformat().removesuffix("+00:00") + "Z"

    def format(self, value: object, language: str, zone: str) -> str:
        """Return day and time in the reader's zone."""
        return moment(value, language, zone) if isinstance(value, datetime) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return a date-time of RFC 3339."""
        return {"type": "string", "format": "date-time"}


def _refusal(raw: object) -> InvalidValueError:
    return InvalidValueError(
        "not_a_datetime",
        f"{shown(raw)} is not a date with a time.",
        "Send RFC 3339, such as 2026-11-22T09:30:00Z.",
    )


def _written(raw: object) -> datetime:
    if isinstance(raw, datetime):
        return raw
    match = WRITTEN.fullmatch(narrow(text_of(raw))) if isinstance(raw, str) else None
    if match is None:
        raise _refusal(raw)
    *numbers, fraction, offset = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in numbers)
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=_zone(offset))
    except ValueError:
        raise _refusal(raw) from None
    return found.replace(microsecond=int((fraction or "0").ljust(6, "0")[:6]))


def _zone(offset: str | None) -> timezone | None:
    """Return the zone of "Z", "+08:00" or "+0800"; raises ValueError for 24 hours and more."""
    if offset is None:
        return None
    if offset in "Zz":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if minutes > 59:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(offset)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if offset[0] == "-" else span)


def _in_utc(value: datetime, raw: object) -> datetime:
    try:
        found = value.astimezone(UTC)
    except (OverflowError, ValueError):
        raise _refusal(raw) from None
    if found.year < EARLIEST_YEAR:
        raise _refusal(raw)
    return found


def make(settings: Mapping[str, Any]) -> DatetimeType:
    """Return the type; it has no settings."""
    return DatetimeType()


TYPE = TypeSpec(
    name="datetime", label=Label("Date and time", "日期时间"), make=make, icon="calendar-clock"
)
