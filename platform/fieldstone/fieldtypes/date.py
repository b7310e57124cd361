"""A calendar day, the same in every time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import Day
from fieldstone.expressions.types import DATE, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.locales import day
from fieldstone.fieldtypes.raw import is_missing, narrow, shown, text_of

EARLIEST_YEAR: Final = 1000  # an earlier one is a slip of the pen: 0226 for 2026
# Year first: 03/04/2026 means two different days on two sides of an ocean.
WRITTEN: Final = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日", re.A
)


@dataclass(frozen=True)
class DateType:
    """Stored as date."""

    name: str = "date"
    widget: str = "date"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return a date."""
        return DATE

    def column(self) -> Day:
        """Return a date column."""
        return Day()

    def parse(self, raw: object) -> date | None:
        """Return the day; only forms with the year first are taken."""
        if is_missing(raw):
            return None
        found = _day(raw)
        if found is None or found.year < EARLIEST_YEAR:
            raise InvalidValueError(
                "not_a_date",
                f"{shown(raw)} is not a date.",
                "Send year, month and day, such as 2026-11-22.",
            )
        return found

    def dump(self, value: object) -> object:
        """Return YYYY-MM-DD."""
        return value.isoformat() if isinstance(value, date) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the day as the language writes it; the zone does not move it."""
        return day(value, language) if isinstance(value, date) else ""

    def json_schema(self) -> Mapping[str, object]:
        """Return a full-date of RFC 3339."""
        return {"type": "string", "format": "date"}


def _day(raw: object) -> date | None:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if not isinstance(raw, str):
        return None
    match = WRITTEN.fullmatch(narrow(text_of(raw)))
    if match is None:
        return None
    year, month, monthday = (int(part) for part in match.groups() if part and part.isdigit())
    try:
        return date(year, month, monthday)
    except ValueError:
        return None


def make(settings: Mapping[str, Any]) -> DateType:
    """Return the type; it has no settings."""
    return DateType()


TYPE = TypeSpec(name="date", label=Label("Date", "日期"), make=make, icon="calendar")
