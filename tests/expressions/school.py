"""A small school CRM for the tests of expressions: leads, channels, activities, users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression, parse
from fieldstone.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    JSON,
    LIST,
    NUMBER,
    TEXT,
    TIME,
    Kind,
    Type,
)

OBJECTS: dict[str, dict[str, Type]] = {
    "lead": {
        "id": Type(Kind.RECORD, of="lead"),
        "name": TEXT,
        "company": TEXT,
        "stage": Type(Kind.TEXT, choices=("new", "contacted", "won", "lost")),
        "budget": NUMBER,  # two decimals
        "spent": NUMBER,  # two decimals
        "rate": NUMBER,  # four decimals
        "score": NUMBER,  # whole
        "visits": NUMBER,  # whole
        "vip": BOOLEAN,
        "agreed": BOOLEAN,
        "due_on": DATE,
        "born_on": DATE,
        "created_at": DATETIME,
        "last_activity_at": DATETIME,
        "calls_at": TIME,
        "effort": DURATION,
        "tags": LIST,
        "members": Type(Kind.LIST, item=Type(Kind.RECORD, of="user")),
        "extra": JSON,
        "channel": Type(Kind.RECORD, of="channel"),
        "owner": Type(Kind.RECORD, of="user"),
        "activities": Type(Kind.ROWS, of="activity"),
    },
    "channel": {
        "id": Type(Kind.RECORD, of="channel"),
        "name": TEXT,
        "kind": Type(Kind.TEXT, choices=("paid", "free")),
        "cost": NUMBER,
    },
    "user": {
        "id": Type(Kind.RECORD, of="user"),
        "name": TEXT,
        "region": TEXT,
        "manager": Type(Kind.RECORD, of="user"),
        "limit": NUMBER,
    },
    "activity": {
        "id": Type(Kind.RECORD, of="activity"),
        "kind": Type(Kind.TEXT, choices=("call", "visit")),
        "minutes_spent": NUMBER,
        "cost": NUMBER,
        "done_at": DATETIME,
        "note": TEXT,
        "owner": Type(Kind.RECORD, of="user"),
        "parts": Type(Kind.ROWS, of="activity"),
    },
}
ZH = {
    "budget": "预算",
    "channel": "渠道",
    "kind": "类型",
    "paid": "付费",
    "stage": "阶段",
    "new": "新线索",
    "last_activity_at": "最近跟进时间",
    "activities": "活动",
    "name": "姓名",
    "owner": "负责人",
    "call": "电话",
    "tags": "标签",
}


@dataclass(frozen=True)
class SchoolScope:
    object_name: str = "lead"

    def type_of(self, name: str) -> Type | None:
        return OBJECTS[self.object_name].get(name)

    def follow(self, name: str) -> SchoolScope | None:
        found = self.type_of(name)
        of = "user" if name == "user" else (found.of if found else "")
        return SchoolScope(of) if of else None

    def names(self) -> Sequence[str]:
        return list(OBJECTS[self.object_name])

    def object_label(self, language: str) -> str:
        return ZH.get(self.object_name, self.object_name) if language == "zh" else self.object_name

    def label(self, name: str, language: str) -> str:
        return ZH.get(name, name) if language == "zh" else name.replace("_", " ")

    def option_label(self, name: str, option: str, language: str) -> str:
        return ZH.get(option, option) if language == "zh" else option


NOW = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)


def an_env(**changes: object) -> Env:
    values: dict[str, object] = {"now": NOW, "zone": "Asia/Shanghai"}
    values["user"] = {"id": "u1", "name": "李雷", "region": "华东", "manager": "u2", "limit": 5}
    values["roles"] = frozenset({"sales"})
    return Env(**{**values, **changes})  # type: ignore[arg-type]


def an_expression(text: str, expects: Type | None = None) -> Expression:
    return parse(text, SchoolScope(), expects=expects)


def answer(text: str, env: Env | None = None, **row: object) -> object:
    return an_expression(text).evaluate(row, env or an_env())
