"""A number the platform gives to each new record: L-2026-0001, L-2026-0002, ..."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.raw import check_length, line_of
from fieldstone.fieldtypes.textual import TextualType

PATTERN: Final = "{000000}"  # when `pattern` is not set
LONGEST: Final = 60
DATE_PARTS: Final[Mapping[str, str]] = {"yyyy": "%Y", "yy": "%y", "mm": "%m", "dd": "%d"}
# Date parts as one likes, and exactly one run of zeros in braces for the counter.
SHAPE: Final = r"^[^{}]*(\{(yyyy|yy|mm|dd)\}[^{}]*)*\{0{1,12}\}[^{}]*(\{(yyyy|yy|mm|dd)\}[^{}]*)*$"
PART: Final = re.compile(r"\{(yyyy|yy|mm|dd|0{1,12})\}")


@dataclass(frozen=True)
class AutonumberType(TextualType):
    """Stored as str. The counter starts again at 1 whenever the date parts of the pattern change."""

    pattern: str = PATTERN
    name: str = "autonumber"
    widget: str = "autonumber"

    def period(self, today: date) -> str:
        """Return what the counter belongs to: "2026" for L-{yyyy}-{0000}, "" when it never restarts."""
        parts = [part for part in PART.findall(self.pattern) if part in DATE_PARTS]
        return "-".join(today.strftime(DATE_PARTS[part]) for part in parts)

    def number(self, count: int, today: date) -> str:
        """Return the pattern filled in; a counter that has outgrown its zeros just gets longer."""

        def fill(match: re.Match[str]) -> str:
            part = match.group(1)
            if part in DATE_PARTS:
                return today.strftime(DATE_PARTS[part])
            return str(count).zfill(len(part))

        return PART.sub(fill, self.pattern)

    def parse(self, raw: object) -> str | None:
        """Return a number that the platform gave, or one that an import brings along."""
        text = line_of(raw)
        check_length(text, LONGEST)
        return text or None

    def json_schema(self) -> Mapping[str, object]:
        """Return a string."""
        return {"type": "string", "maxLength": LONGEST}


def make(settings: Mapping[str, Any]) -> AutonumberType:
    """Return the type with its pattern."""
    return AutonumberType(pattern=settings.get("pattern", PATTERN))


TYPE = TypeSpec(
    name="autonumber",
    label=Label("Number in sequence", "自动编号"),
    make=make,
    settings={
        "pattern": {
            "type": "string",
            "maxLength": 50,
            "pattern": SHAPE,
            "description": "Write text with {yyyy}, {yy}, {mm} or {dd} and zeros for the counter at the end, such as L-{yyyy}-{0000}",
        }
    },
    icon="list-ordered",
)
