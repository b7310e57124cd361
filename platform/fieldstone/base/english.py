"""English that agrees with a number: "1 record is", "2,310 records are". Chinese needs none of it."""

from __future__ import annotations

from fieldstone.base.names import plural


def agreeing(count: int, one: str, many: str) -> str:
    """Return the words for one thing, or those for any other number."""
    return one if count == 1 else many


def quantity(count: int, one: str, many: str = "") -> str:
    """Return how many there are: "1 record", "2,310 records"; `many` where an s, or ies, does not do."""
    return f"{count:,} {agreeing(count, one, many or plural(one))}"
