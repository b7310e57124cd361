"""How points of behaviour lose worth with time: by halves, or in steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from fieldstone.base.workdays import CalendarError, parse_span
from fieldstone.rules.contract import Builder
from fieldstone.rules.kind import SPAN

WHOLE: Final = 100
TENTH: Final = Decimal("0.1")
HALF: Final = Decimal("0.5")
NOTHING: Final = timedelta(0)

FADING: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "How the points of an event lose worth as it grows old",
    "properties": {
        "half_life": {**SPAN, "description": "The time in which points halve, such as 30 days"},
        "steps": {
            "type": "object",
            "description": "Age: the percent that is left from then on, such as '30 days: 50'",
            "minProperties": 1,
            "additionalProperties": {"type": "integer", "minimum": 0, "maximum": WHOLE},
        },
        "after": {**SPAN, "description": "How long points keep their full worth first"},
    },
    "oneOf": [{"required": ["half_life"]}, {"required": ["steps"]}],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Fading:
    """The worth of an event by its age: halved every `half_life`, or cut down in `steps` (age, percent left)."""

    half_life: timedelta | None = None
    steps: tuple[tuple[timedelta, int], ...] = ()
    after: timedelta = NOTHING

    def left(self, points: Decimal, age: timedelta) -> Decimal:
        """Return what `points` are still worth at `age`: one decimal, half up, never more than they were.

        An event from the future is as fresh as one of now. Source: docs/adr on the decay of scores.
        """
        faded = max(NOTHING, age - self.after)
        if self.half_life is not None:
            share = Decimal(repr(2 ** -(faded / self.half_life)))
        else:
            reached = [percent for since, percent in self.steps if faded >= since]
            share = Decimal(reached[-1] if reached else WHOLE) / WHOLE
        return (points * share).quantize(TENTH, ROUND_HALF_UP)

    def next_change(self, points: Decimal, age: timedelta) -> timedelta | None:
        """Return the age at which `points` will have lost half a point more, None when nothing is left to lose."""
        now = abs(self.left(points, age))
        if not now:
            return None
        if self.half_life is None:
            ahead = [self.after + since for since, _ in self.steps if self.after + since > age]
            return ahead[0] if ahead else None
        least = float(max(TENTH / 4, now - HALF))
        return self.after + self.half_life * math.log2(float(abs(points)) / least)


def fading_from(raw: Mapping[str, Any] | None, path: str, build: Builder) -> Fading | None:
    """Read `decay`; what cannot be read is reported."""
    if raw is None:
        return None
    after = length_from(raw["after"], f"{path}.after", build) if "after" in raw else NOTHING
    if "half_life" in raw:
        half_life = length_from(raw["half_life"], f"{path}.half_life", build)
        return Fading(half_life, after=after or NOTHING) if half_life else None
    steps = [
        (since, percent)
        for written, percent in raw["steps"].items()
        if (since := length_from(written, f"{path}.steps.{written}", build)) is not None
    ]
    return Fading(steps=tuple(sorted(steps)), after=after or NOTHING)


def length_from(written: object, path: str, build: Builder) -> timedelta | None:
    """Read a length of time by the clock; working time and what cannot be read are reported."""
    try:
        span = parse_span(str(written))
    except CalendarError as error:
        build.problem(path, "bad_span", f"{error}.", "Write '30 days', '2 weeks' or '12 hours'.")
        return None
    if span.working or not span.amount:
        text = f"{str(written)!r} is no length of plain time."
        build.problem(path, "bad_span", text, "Write '30 days', '2 weeks' or '12 hours'.")
        return None
    return timedelta(**{span.unit: span.amount})
