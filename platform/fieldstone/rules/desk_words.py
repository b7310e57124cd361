"""What a desk says of people: why somebody takes a record, and why others do not."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from fieldstone.base.english import quantity
from fieldstone.base.label import Label
from fieldstone.rules.caps import IN_WORDS

NOBODY = Label("nobody can take it", "没有可分配的人员")
NO_SHARE = Label("has weight 0 and gets nothing automatically", "分配权重为 0，不参与自动分配")
AT_LIMIT = Label("holds as much as the holding limit allows", "已达到持有上限")
WAITS: Final = Label("waits for the next turn", "等待下一轮")
BY_LOT = Label("drawn by lot", "随机抽取")
NOT_AMONG = Label("does not meet the entry's condition for people", "不符合该条目的人员条件")


@lru_cache(maxsize=1024)
def full(period: str, count: int) -> Label:
    """Return what is said of somebody who got as many as they may in a period."""
    words = IN_WORDS[period]
    return Label(f"has got {count} {words.en}, the limit", f"{words.zh}已分配 {count} 条，达到上限")


@lru_cache(maxsize=1024)
def group_full(period: str, count: int) -> Label:
    """Return what is said when the whole group got as many as it may in a period."""
    words = IN_WORDS[period]
    return Label(
        f"the group has got {count} {words.en}, its limit",
        f"该组{words.zh}已分配 {count} 条，达到上限",
    )


@lru_cache(maxsize=1024)
def holds_enough(count: int) -> Label:
    """Return what is said of somebody who holds as many as the entry allows."""
    return Label(f"holds {count}, the limit", f"已持有 {count} 条，达到上限")


@lru_cache(maxsize=1024)
def holds(count: int) -> Label:
    """Return what is said of who was passed over because others hold fewer."""
    return Label(f"holds {count}", f"持有 {count} 条")


@lru_cache(maxsize=1024)
def fewest(count: int) -> Label:
    """Return what is said of who holds the fewest."""
    return Label(f"holds {count}, the fewest", f"持有 {count} 条，最少")


@lru_cache(maxsize=1024)
def most_room(count: int) -> Label:
    """Return what is said of who has room for the most."""
    return Label(f"has most room, for {count} more", f"余量最多，还可接收 {count} 条")


@lru_cache(maxsize=1024)
def room_left(count: int) -> Label:
    """Return what is said of who was passed over because others have more room."""
    return Label(f"has room for {count} more", f"还可接收 {count} 条")


@lru_cache(maxsize=1024)
def in_turn(place: int, people: int) -> Label:
    """Return what is said of who is next in the order."""
    return Label(f"next in turn, {place} of {people}", f"轮到该成员（{people} 人中第 {place} 位）")


@lru_cache(maxsize=1024)
def by_share(people: int) -> Label:
    """Return what is said of who is next by equal shares."""
    return Label(
        f"next by equal shares of {quantity(people, 'person', 'people')}", f"按 {people} 人均分轮到"
    )


@lru_cache(maxsize=1024)
def by_weight(weight: int, total: int) -> Label:
    """Return what is said of who is next by weight."""
    return Label(f"next by weight, {weight} of {total}", f"按权重轮到（{weight}/{total}）")


@lru_cache(maxsize=256)
def another(name: str) -> Label:
    """Return what is said of who differs from the record in a field."""
    return Label(f"has another {name}", f"{name} 不一致")


@lru_cache(maxsize=256)
def no_access(value: str) -> Label:
    """Return what is said of whose rank does not reach this record."""
    return Label(f"has no access to {value} by rank", f"排名未获得“{value}”的分配资格")
