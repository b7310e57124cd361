"""How much one person or a whole group may get in an hour, a day, a week, a month, and hold at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import named
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import Builder, Person
from fieldstone.rules.kind import ASKED, COUNT, NUMBERS

PERIODS: Final = ("hour", "day", "week", "month", "quarter")
TOLD: Final = ("day", "week", "month")
"""What is counted whether or not it is limited, so that the board can show it."""
GROUP: Final = "group:"
IN_WORDS: Final = {
    "hour": Label("this hour", "本小时"),
    "day": Label("today", "今日"),
    "week": Label("this week", "本周"),
    "month": Label("this month", "本月"),
    "quarter": Label("this quarter", "本季度"),
}
Given = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Cap:
    """At most `most` records in a `period`; `field` names the field of the person that says how many."""

    period: str
    most: int = 0
    field: str = ""

    def for_person(self, person: Person, extra: Mapping[str, int]) -> int | None:
        """Return the person's own limit with what a ranking adds; None is no limit."""
        most: Any = person.facts.get(self.field) if self.field else self.most
        return None if most is None else int(most) + extra.get(self.period, 0)


@dataclass(frozen=True)
class Limits:
    """What one person may get and hold, and what all of a group may get; 0 and () are no limit."""

    caps: tuple[Cap, ...] = ()
    group: tuple[Cap, ...] = ()
    holding: int = 0
    counts: Expression | None = None  # which held records count; None: all

    @property
    def periods(self) -> tuple[str, ...]:
        """Return the periods that are counted."""
        named = {cap.period for cap in (*self.caps, *self.group)}
        return tuple(one for one in PERIODS if one in named or one in TOLD)


def period_key(period: str, at: datetime) -> str:
    """Return the name of the period in which a local instant lies: "day:2026-11-29"."""
    return _keys_of(at.replace(minute=0, second=0, microsecond=0))[period]


@lru_cache(maxsize=256)
def _keys_of(hour: datetime) -> Mapping[str, str]:
    year, week, _ = hour.isocalendar()
    return {
        "hour": f"hour:{hour:%Y-%m-%dT%H}",
        "day": f"day:{hour:%Y-%m-%d}",
        "week": f"week:{year}-W{week:02}",
        "month": f"month:{hour:%Y-%m}",
        "quarter": f"quarter:{hour:%Y}-Q{(hour.month + 2) // 3}",
    }


def period_start(period: str, at: datetime) -> datetime:
    """Return when the period began in which a local instant lies."""
    if period == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        return day - timedelta(days=at.weekday())
    if period == "month":
        return day.replace(day=1)
    return day.replace(day=1, month=at.month - (at.month - 1) % 3) if period == "quarter" else day


class Counted:
    """What was given in the present periods; `kept` is plain JSON, by period and then by person or group."""

    def __init__(self, kept: Given, at: datetime) -> None:
        """Count at a local instant; periods that are over are forgotten."""
        self.kept = kept
        self._at = at
        present = {period_key(period, at) for period in PERIODS}
        for over in kept.keys() - present:
            del kept[over]

    def of(self, period: str, subject: str) -> int:
        """Return how many a person, or GROUP + line, got in the present period."""
        return self.kept.get(period_key(period, self._at), {}).get(subject, 0)

    def add(self, periods: tuple[str, ...], *subjects: str) -> None:
        """Count one more record."""
        for period in periods:
            counts = self.kept.setdefault(period_key(period, self._at), {})
            for subject in subjects:
                counts[subject] = counts.get(subject, 0) + 1


def limits_from(raw: Mapping[str, Any], path: str, build: Builder) -> Limits:
    """Compile `limits`."""
    return Limits(
        _caps(raw),
        _caps(raw.get("group", {})),
        int(raw.get("holding", 0)),
        build.expression(f"{path}.counts", raw.get("counts"), expects=BOOLEAN),
    )


def _caps(raw: Mapping[str, Any]) -> tuple[Cap, ...]:
    found = []
    for period in PERIODS:
        most = raw.get(f"per_{period}")
        if most is not None:
            found.append(Cap(period, field=most) if isinstance(most, str) else Cap(period, most))
    return tuple(found)


_MOST = {
    "oneOf": [COUNT, named("person_field", NUMBERS)],
    "description": "How many records, or the field of the person that holds the number",
}
_PER_PERIOD = {f"per_{period}": _MOST for period in PERIODS}
LIMITS: Final = {
    "type": "object",
    "description": "What one person may get and hold at most",
    "properties": {
        **_PER_PERIOD,
        "holding": {**COUNT, "description": "How many records a person may hold at once"},
        "counts": {**ASKED, "description": "Which held records count"},
        "group": {
            "type": "object",
            "description": "What all people of the group may get together",
            "properties": {f"per_{period}": COUNT for period in PERIODS},
            "additionalProperties": False,
            "minProperties": 1,
        },
    },
    "additionalProperties": False,
    "minProperties": 1,
}
