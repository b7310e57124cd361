"""One reading of one text: where it stands and what was wrong so far."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.expressions.problems import problem
from fieldstone.expressions.syntax import Source
from fieldstone.expressions.tree import Call, Field, Literal, Node, Not, constant
from fieldstone.expressions.types import BOOLEAN, DATE, DATETIME, NUMBER, Kind, Scope, Type


@dataclass(frozen=True)
class Reading:
    """What the steps of reading pass on; `problems` grows, nothing else changes."""

    source: Source
    scope: Scope
    rows: str = ""  # the child relation being read, "" for the row itself
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, at: ast.expr, code: str, message: str, cure: str, from_end: int = 0) -> None:
        """Note what is wrong at a part of the text, or so many characters before its end."""
        column = self.source.column(at)
        if from_end:
            column += len(self.source.written(at)) - from_end
        self.problems.append(problem(code, column, message, cure))

    def within(self, rows: str, scope: Scope) -> Reading:
        """Return the reading of what stands inside an aggregate."""
        return replace(self, rows=rows, scope=scope)


def said(type_: Type) -> str:
    """Return a type in words for a message."""
    words = {
        Kind.TEXT: "a text",
        Kind.NUMBER: "a number",
        Kind.BOOLEAN: "a condition",
        Kind.DATE: "a date",
        Kind.DATETIME: "a date and time",
        Kind.TIME: "a time of day",
        Kind.DURATION: "a duration",
        Kind.LIST: "a list",
        Kind.RECORD: f"a record of {type_.of}" if type_.of else "a record",
        Kind.ROWS: "child rows",
        Kind.JSON: "JSON",
        Kind.NULL: "null",
    }
    return words[type_.kind]


def alike(one: Type, other: Type) -> bool:
    """Tell whether two types may meet in a comparison or a choice."""
    if one.kind is not other.kind:
        return False
    return one.kind is not Kind.RECORD or not one.of or not other.of or one.of == other.of


def fitted(reading: Reading, at: ast.expr, node: Node, wanted: Type) -> Node | None:
    """Return the node as the wanted type; None, with or without a problem noted, if it cannot be.

    A text in quotes becomes the date, time or record it stands for, null a missing value of
    the type; an option is checked against the choices.
    """
    if isinstance(node, Literal):
        return _fitted_literal(reading, at, node, wanted)
    if alike(node.type, wanted):
        return node
    if wanted.kind is Kind.BOOLEAN:
        return _counted_as_test(node)
    if wanted.kind is Kind.DATETIME and node.type.kind is Kind.DATE and constant(node):
        return day_start(node, 0)
    return None


def _counted_as_test(node: Node) -> Node | None:
    if isinstance(node, Call) and node.name == "filled" and len(node.args) == 1:
        return Not(Call("is_empty", 0, node.args, BOOLEAN))
    return None


def day_start(day: Node, offset: int) -> Node:
    """Return the first instant of a constant day, or of the one so many days later."""
    return Call("day_start", 0, (day, Literal(offset, NUMBER)), DATETIME)


def _fitted_literal(reading: Reading, at: ast.expr, node: Literal, wanted: Type) -> Node | None:  # noqa: PLR0911 - one case for each kind
    if node.value is None:
        return Literal(None, wanted)
    if node.type.kind is not Kind.TEXT or wanted.kind in {Kind.TEXT, Kind.RECORD}:
        return _checked_option(reading, at, node, wanted)
    text = str(node.value)
    try:
        match wanted.kind:
            case Kind.DATE:
                return Literal(date.fromisoformat(text), DATE)
            case Kind.TIME:
                return Literal(time.fromisoformat(text), wanted)
            case Kind.DATETIME:
                return _moment(text)
            case _:
                return None
    except ValueError:
        cures = {
            Kind.DATE: "Write it like '2026-01-31'.",
            Kind.TIME: "Write it like '17:30'.",
            Kind.DATETIME: "Write it like '2026-01-31' or '2026-01-31T17:30+08:00', with the offset.",
        }
        message = f"{text!r} is not {said(wanted)}."
        reading.refuse(at, "expression_literal", message, cures[wanted.kind])
        return None


def _moment(text: str) -> Node:
    if len(text) == len("2026-01-31"):
        return day_start(Literal(date.fromisoformat(text), DATE), 0)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return Literal(moment.astimezone(UTC), DATETIME)


def _checked_option(reading: Reading, at: ast.expr, node: Literal, wanted: Type) -> Node | None:
    if wanted.kind is Kind.RECORD and node.type.kind is Kind.TEXT:
        return Literal(node.value, wanted)
    if not alike(node.type, wanted):
        return None
    if wanted.choices and node.value not in wanted.choices:
        present = dict(wanted.earlier).get(str(node.value))
        if present is not None:
            return Literal(present, node.type)
        message = f"There is no option {node.value!r}."
        reading.refuse(
            at, "expression_option", message, did_you_mean(str(node.value), wanted.choices)
        )
        return None
    return node


def sourced(node: Node, other: Node) -> Node:
    """Return a literal that remembers whose option it is, so that it reads back as its label."""
    if isinstance(node, Literal) and isinstance(other, Field) and isinstance(node.value, str):
        return Literal(node.value, node.type, other.path)
    return node


def shared_type(types: list[Type]) -> Type | None:
    """Return the type that several values have together, None when they differ."""
    known = [one for one in types if one.kind is not Kind.NULL]
    if not known:
        return None
    first = known[0]
    if not all(alike(first, one) for one in known):
        return None
    if all(one == first for one in known):
        return first
    return Type(first.kind, item=first.item, of=first.of)
