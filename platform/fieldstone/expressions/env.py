"""What an expression may know besides the row: the moment, the zone and the acting person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fieldstone.base.cached import cached_property


@dataclass(frozen=True)
class Env:
    """One moment and one person; the same for a whole request or run.

    `user` holds the "id" of the person and the values of their record (lookups flattened:
    "department.region"); None means nobody, whose every value is missing.
    """

    now: datetime
    zone: str = "UTC"
    user: Mapping[str, object] | None = None
    roles: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a naive moment: it would mean another instant on every machine."""
        if self.now.tzinfo is None:
            raise ValueError("Env.now needs a time zone")

    @cached_property
    def timezone(self) -> ZoneInfo:
        """Return the zone; an unknown one raises ZoneInfoNotFoundError."""
        return ZoneInfo(self.zone)

    @cached_property
    def today(self) -> date:
        """Return the day it is in the zone."""
        return self.now.astimezone(self.timezone).date()
