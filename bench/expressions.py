"""Prints how much slower compiled expressions are than the same conditions written by hand.

Run: python -m bench.expressions. The target is a ratio of at most 3 for every line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import parse
from fieldstone.expressions.types import DATETIME, LIST, NUMBER, TEXT, Kind, Type

Row = Mapping[str, Any]
TYPES = {
    "budget": NUMBER,
    "score": NUMBER,
    "stage": Type(Kind.TEXT, choices=("new", "contacted", "won")),
    "name": TEXT,
    "mobile": TEXT,
    "email": TEXT,
    "owner": Type(Kind.RECORD, of="user"),
    "last_activity_at": DATETIME,
    "tags": LIST,
    "activities": Type(Kind.ROWS, of="lead"),
}


class Scope:
    """One object with a few fields."""

    object_name = "lead"

    def type_of(self, name: str) -> Type | None:
        return TYPES.get(name)

    def follow(self, name: str) -> Scope:
        return self

    def names(self) -> list[str]:
        return list(TYPES)

    def label(self, name: str, language: str) -> str:
        return name

    def option_label(self, name: str, option: str, language: str) -> str:
        return option


def large_and_late(row: Row, env: Env) -> bool:
    budget, stage, last = row["budget"], row["stage"], row["last_activity_at"]
    return (
        budget is not None
        and budget >= 100000
        and stage == "new"
        and last is not None
        and last < env.now - timedelta(days=3)
    )


def mine_and_open(row: Row, env: Env) -> bool:
    return row["owner"] == env.user["id"] and row["stage"] in ("new", "contacted")


def good_or_vip(row: Row, env: Env) -> bool:
    score = row["score"]
    return (score is not None and 60 <= score < 90) or "vip" in (row["tags"] or ())


def complete(row: Row, env: Env) -> bool:
    return bool(row["name"]) and bool(row["mobile"]) and not row["email"]


def weighted(row: Row, env: Env) -> Decimal | None:
    budget, score = row["budget"], row["score"]
    return None if budget is None or score is None else budget * score


def called_twice(row: Row, env: Env) -> bool:
    return sum(1 for one in row["activities"] if one["stage"] == "won") >= 2


CASES: tuple[tuple[str, Callable[[Row, Env], Any]], ...] = (
    ("budget >= 100000 and stage == 'new' and days_since(last_activity_at) > 3", large_and_late),
    ("owner == user and stage in ['new', 'contacted']", mine_and_open),
    ("60 <= score < 90 or 'vip' in tags", good_or_vip),
    ("filled(name) and filled(mobile) and is_empty(email)", complete),
    ("budget * score", weighted),
    ("count(activities, stage == 'won') >= 2", called_twice),
)


def rows(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "budget": Decimal(i * 997 % 250000) if i % 7 else None,
            "score": i % 100 if i % 11 else None,
            "stage": ("new", "contacted", "won")[i % 3],
            "name": f"Lead {i}",
            "mobile": f"+8613800{i:06d}" if i % 2 else None,
            "email": "" if i % 3 else "a@example.com",
            "owner": f"u{i % 5}",
            "last_activity_at": now - timedelta(hours=i % 200) if i % 13 else None,
            "tags": ("vip",) if i % 17 == 0 else None,
            "activities": [{"stage": "won"}] * (i % 4),
        }
        for i in range(2000)
    ]


def seconds(function: Callable[[Row, Env], Any], sample: list[dict[str, Any]], env: Env) -> float:
    best = float("inf")
    for _ in range(15):
        start = time.perf_counter()
        for row in sample:
            function(row, env)
        best = min(best, time.perf_counter() - start)
    return best / len(sample)


def ratios() -> list[tuple[str, float, float]]:
    """Return each expression, its nanoseconds by hand and how many times slower it is compiled."""
    now = datetime(2026, 3, 10, tzinfo=UTC)
    env = Env(now, "Asia/Shanghai", {"id": "u1"})
    sample = rows(now)
    found = []
    for text, by_hand in CASES:
        expression = parse(text, Scope())
        assert all(expression.evaluate(row, env) == by_hand(row, env) for row in sample), text
        hand = seconds(by_hand, sample, env)
        found.append((text, hand * 1e9, seconds(expression.evaluate, sample, env) / hand))
    return found


if __name__ == "__main__":
    for text, hand, ratio in ratios():
        print(f"{ratio:5.2f}x  of {hand:6.0f} ns by hand  {text}")
