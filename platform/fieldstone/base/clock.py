"""Time as a value: UTC instants, injected wherever business asks what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC, cut to microseconds."""
    return datetime.now(UTC)
