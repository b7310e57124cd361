"""Reads an expression back to people, in English and Chinese, with the labels of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from fieldstone.expressions.functions import TABLE
from fieldstone.expressions.tree import (
    Aggregate,
    Call,
    Compare,
    Every,
    Field,
    HasRole,
    Instead,
    ListOf,
    Literal,
    Member,
    Missing,
    Node,
    Not,
    Person,
    Some,
)
from fieldstone.expressions.types import Kind, Scope, Type

_MOMENTS: Final = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIME})
_COMPARED: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "==": "{0} is {1}",
        "!=": "{0} is not {1}",
        "<": "{0} is below {1}",
        "<=": "{0} is at most {1}",
        ">": "{0} is above {1}",
        ">=": "{0} is at least {1}",
    },
    "zh": {
        "==": "{0}是{1}",
        "!=": "{0}不是{1}",
        "<": "{0}小于 {1}",
        "<=": "{0}不超过 {1}",
        ">": "{0}大于 {1}",
        ">=": "{0}不少于 {1}",
    },
}
_COMPARED_MOMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "<": "{0} is before {1}",
        "<=": "{0} is not after {1}",
        ">": "{0} is after {1}",
        ">=": "{0} is not before {1}",
    },
    "zh": {
        "<": "{0}早于{1}",
        "<=": "{0}不晚于{1}",
        ">": "{0}晚于{1}",
        ">=": "{0}不早于{1}",
    },
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "missing": "{0} is empty",
        "there": "{0} is filled",
        "among": "{0} is one of {1}",
        "not among": "{0} is none of {1}",
        "has": "{1} contains {0}",
        "has not": "{1} does not contain {0}",
        "not": "it is not so that {0}",
        "and": " and ",
        "or": " or ",
        "comma": ", ",
        "group": "({0})",
        "me": "the current user",
        "mine": "{0} of the current user",
        "role": "the current user has the role {0}",
        "of": "{0} of {1}",
        "count": "the number of {0}",
        "sum": "the sum of {1} over {0}",
        "avg": "the average of {1} over {0}",
        "min": "the smallest {1} of {0}",
        "max": "the largest {1} of {0}",
        "any": "one of {0} is such that {2}",
        "all": "each of {0} is such that {2}",
        "where": "{1} where {0}",
        "true": "yes",
        "false": "no",
        "null": "nothing",
        "quote": "“{0}”",
    },
    "zh": {
        "missing": "{0}为空",
        "there": "{0}已填写",
        "among": "{0}是{1}之一",
        "not among": "{0}不是{1}中的任何一个",
        "has": "{1}包含{0}",
        "has not": "{1}不包含{0}",
        "not": "并非{0}",
        "and": "，且",
        "or": "，或",
        "comma": "、",
        "group": "（{0}）",
        "me": "当前用户",
        "mine": "当前用户的{0}",
        "role": "当前用户具有角色{0}",
        "of": "{1}的{0}",
        "count": "{0}数量",
        "sum": "{0}的{1}之和",
        "avg": "{0}的{1}平均值",
        "min": "{0}中最小的{1}",
        "max": "{0}中最大的{1}",
        "any": "至少有一条{0}满足{2}",
        "all": "每一条{0}都满足{2}",
        "where": "{0}的{1}",
        "true": "“是”",
        "false": "“否”",
        "null": "空",
        "quote": "“{0}”",
    },
}


@dataclass(frozen=True)
class _Speaker:
    scope: Scope
    language: str

    def word(self, name: str, *args: str) -> str:
        """Return one of our words with its parts."""
        return _WORDS[self.language][name].format(*args)

    def say(self, node: Node) -> str:  # noqa: PLR0911 - one case for each kind of node
        """Return a node in words."""
        match node:
            case Literal():
                return self._literal(node)
            case ListOf(items=items):
                return self.word("comma").join(self.say(item) for item in items)
            case Field(path=path):
                return self._path(path.split("."), self.scope)
            case Person(path=path):
                return self._person(path)
            case HasRole(role=role):
                return self.word("role", self.word("quote", self._role(role)))
            case Call():
                return self._call(node)
            case Instead(shown=shown):
                return self.say(shown)
            case _:
                return self._condition(node)

    def _condition(self, node: Node) -> str:  # noqa: C901, PLR0911 - one case for each kind of node
        match node:
            case Compare():
                return self._compare(node)
            case Missing(part=part, negated=negated):
                return self.word("there" if negated else "missing", self.say(part))
            case Member(item=item, among=among, negated=negated):
                kind = "among" if isinstance(among, ListOf) else "has"
                name = {"among": "not among", "has": "has not"}[kind] if negated else kind
                return self.word(name, self.say(item), self.say(among))
            case Every(parts=parts):
                return self.word("and").join(self._part(part) for part in parts)
            case Some(parts=parts):
                return self.word("or").join(self._part(part) for part in parts)
            case Not(part=Call(name="is_empty", args=(part,))):
                return self.word("there", self.say(part))
            case Not(part=part):
                return self.word("not", self._part(part))
            case Aggregate():
                return self._aggregate(node)
            case _:
                raise TypeError(node)

    def _part(self, node: Node) -> str:
        text = self.say(node)
        return self.word("group", text) if isinstance(node, Every | Some) else text

    def _compare(self, node: Compare) -> str:
        plain = _COMPARED[self.language]
        moments = node.left.type.kind in _MOMENTS
        words = {**plain, **_COMPARED_MOMENTS[self.language]} if moments else plain
        return words[node.op].format(self.say(node.left), self.say(node.right))

    def _literal(self, node: Literal) -> str:
        match node.value:
            case None:
                return self.word("null")
            case bool() as truth:
                return self.word("true" if truth else "false")
            case int() | Decimal() as number:
                return f"{number:,}" if isinstance(number, int) else f"{number:,f}"
            case datetime() as moment:
                return moment.isoformat(" ", "minutes")
            case date() | time() as moment:
                return moment.isoformat()
        return self._text(str(node.value), node.source)

    def _text(self, text: str, source: str) -> str:
        if not source:
            return self.word("quote", text)
        *lookups, name = source.split(".")
        scope: Scope | None = self.scope
        for lookup in lookups:
            scope = scope.follow(lookup) if scope else None
        found = scope.type_of(name) if scope else None
        if scope is None or found is None or not _chooses(found):
            return self.word("quote", text)
        return scope.option_label(name, text, self.language)

    def _path(self, parts: list[str], scope: Scope) -> str:
        label = scope.label(parts[0], self.language)
        behind = scope.follow(parts[0])
        if len(parts) == 1 or behind is None:
            return label
        return self.word("of", self._path(parts[1:], behind), label)

    def _role(self, role: str) -> str:
        people = self.scope.follow("user")
        return people.option_label("roles", role, self.language) if people else role

    def _person(self, path: str) -> str:
        behind = self.scope.follow("user")
        if not path or behind is None:
            return self.word("me")
        return self.word("mine", self._path(path.split("."), behind))

    def _call(self, node: Call) -> str:
        function = TABLE[node.name]
        template = function.zh if self.language == "zh" else function.en
        said = [self.say(arg) for arg in node.args]
        if node.name == "round" and len(said) > 1:
            template += "（{1}位小数）" if self.language == "zh" else " to {1} decimals"
        return template.format(*said, all=self.word("comma").join(said))

    def _aggregate(self, node: Aggregate) -> str:
        child = self.scope.follow(node.rows)
        rows = self.scope.label(node.rows, self.language)
        inner = replace(self, scope=child) if child is not None else self
        value = inner.say(node.value) if node.value is not None else ""
        test = inner.say(node.condition) if node.condition is not None else ""
        if test and node.name not in {"any", "all"}:
            rows = self.word("where", test, rows)
        return self.word(node.name, rows, value, test)


def _chooses(type_: Type) -> bool:
    return bool(type_.choices or (type_.item is not None and type_.item.choices))


def sentence(tree: Node, scope: Scope, language: str) -> str:
    """Return the tree as a sentence; a language starting with "zh" is Chinese, else English."""
    return _Speaker(scope, "zh" if language.startswith("zh") else "en").say(tree)
