"""A condition as rows that people can change; what cannot be a row stays a piece of text."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fieldstone.expressions.syntax import Source, read
from fieldstone.expressions.types import (
    BOOLEAN,
    DATE,
    NUMBER,
    TEXT,
    USER,
    Kind,
    Scope,
    Type,
)

AND, OR = "and", "or"
# What can be asked of a value, by its kind; the first one is what a new row asks.
_ORDER: Final = ("==", "!=", ">=", ">", "<=", "<")
_FILLED: Final = ("filled", "empty")
_TEXTUAL: Final = ("contains", "lacks", "starts", "ends", "not starts", "not ends")
_ASKED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TEXT: ("==", "!=", *_TEXTUAL, "in", "not in", *_FILLED),
    Kind.NUMBER: (*_ORDER, "in", "not in", *_FILLED),
    Kind.BOOLEAN: ("yes", "no", "false", *_FILLED),
    Kind.DATE: (*_ORDER, *_FILLED),
    Kind.DATETIME: (*_ORDER, *_FILLED),
    Kind.TIME: (*_ORDER, *_FILLED),
    Kind.DURATION: (*_ORDER, *_FILLED),
    Kind.LIST: ("has", "has not", *_FILLED),
    Kind.RECORD: ("==", "!=", *_FILLED),
    Kind.JSON: _FILLED,
}
_CHOSEN: Final = ("==", "!=", "in", "not in", *_FILLED)
WITHOUT_VALUE: Final = frozenset({"yes", "no", "false", "null", "not null", *_FILLED})
SEVERAL: Final = frozenset({"in", "not in"})
ROLE: Final = "role"
# A figure taken of a value before it is compared.
_MEASURES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TEXT: ("lower", "length"),
    Kind.DATE: ("days_since", "weekday", "month", "year"),
    Kind.DATETIME: ("days_since", "hours_since", "minutes_since", "date_of", "weekday", "month", "year", "hour"),
    Kind.LIST: ("length",),
    Kind.ROWS: ("count",),
}  # fmt: skip
_MEASURED: Final = {"lower": TEXT, "date_of": DATE}
_CALLED: Final = {"contains": "contains", "starts_with": "starts", "ends_with": "ends"}
_OPPOSITE: Final = {"contains": "lacks", "starts": "not starts", "ends": "not ends", "empty": "filled", "yes": "no"}  # fmt: skip
_COMPARED: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_NUMBER: Final = re.compile(r"-?[0-9][0-9_]*(\.[0-9]+)?")
MOST_STEPS: Final = 5


@dataclass(frozen=True)
class Row:
    """One question: a value, perhaps measured, how it is compared, and with what.

    `values` are plain texts; when `free`, the one of them is an expression. `was` is the text it was read from.
    """

    subject: str
    measure: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    free: bool = False
    was: str = field(default="", compare=False)


@dataclass(frozen=True)
class Piece:
    """A condition that stays text."""

    text: str


@dataclass(frozen=True)
class Group:
    """Parts of which all (and) or one (or) must hold; `negated`: it must not be so."""

    join: str = AND
    parts: tuple[Part, ...] = ()
    negated: bool = False


Part = Row | Piece | Group


def rows_of(text: str, scope: Scope) -> Group:
    """Return a condition as rows, an empty text as none. Raises ExpressionError for a text that cannot be read."""
    if not text.strip():
        return Group()
    source, tree = read(text)
    found = _Reader(source, scope).part(tree)
    return found if isinstance(found, Group) else Group(parts=(found,))


def type_of(subject: str, measure: str, scope: Scope) -> Type | None:
    """Return the type of a subject as it is compared, None when there is no such thing."""
    found = path_type(subject, scope)
    if found is None or not measure:
        return found
    return _MEASURED.get(measure, NUMBER) if measure in measures_of(found) else None


def path_type(path: str, scope: Scope) -> Type | None:
    """Return the type that a dotted path leads to: of a field, of the acting person, of child rows."""
    steps = path.split(".")
    here: Scope | None = scope
    found: Type | None = None
    if len(steps) > MOST_STEPS + 1:
        return None
    for place, step in enumerate(steps):
        if place and (found is None or found.kind is not Kind.RECORD):
            return None
        if here is None:
            return None
        found = USER if step == "user" and not place else here.type_of(step)
        here = here.follow(step)
    return None if found is not None and found.kind is Kind.ROWS and len(steps) > 1 else found


def measures_of(type_: Type) -> tuple[str, ...]:
    """Return the figures that can be taken of a value of this type."""
    return () if type_.choices else _MEASURES.get(type_.kind, ())


def operators_of(subject: str, type_: Type) -> tuple[str, ...]:
    """Return how a value can be asked about."""
    if subject == "user":
        return (ROLE, "==", "!=")
    if type_.choices and type_.kind is Kind.TEXT:
        return _CHOSEN
    return _ASKED.get(type_.kind, ())


class _Reader:
    """Goes down a syntax tree and keeps as a piece of text what is no row."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self._source = source
        self._scope = scope

    def part(self, node: ast.expr) -> Part:
        """Return a condition as a group, a row or a piece."""
        found: Part | None = None
        match node:
            case ast.BoolOp(op=op, values=values):
                join = AND if isinstance(op, ast.And) else OR
                return Group(join, tuple(self.part(one) for one in values))
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                found = self._negated(inner)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                found = self._compared(left, op, right)
            case ast.Call():
                found = self._called(node)
            case ast.Name() | ast.Attribute():
                subject = self._subject(node)
                if subject is not None and subject[2] == BOOLEAN:
                    found = Row(subject[0], op="yes")
        if isinstance(found, Row):
            return replace(found, was=self._source.written(node))
        return found or Piece(self._source.written(node))

    def _negated(self, inner: ast.expr) -> Part | None:
        found = self.part(inner)
        if isinstance(found, Row) and found.op in _OPPOSITE:
            return replace(found, op=_OPPOSITE[found.op])
        if isinstance(found, Row):
            return Group(parts=(found,), negated=True)
        if isinstance(found, Group) and not found.negated:
            return replace(found, negated=True)
        return None

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Row | None:
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(left, right, negated=isinstance(op, ast.NotIn))
        subject = self._subject(left)
        if subject is None or type(op) not in _COMPARED or self._subject_only(subject):
            return None
        path, measure, type_ = subject
        sign = _COMPARED[type(op)]
        if isinstance(right, ast.Name) and right.id == "null" and sign in ("==", "!="):
            textual = type_.kind is Kind.TEXT and not type_.choices
            names = ("null", "not null") if textual else ("empty", "filled")
            return Row(path, measure, names[sign == "!="])
        if type_ == BOOLEAN:
            word = right.id if isinstance(right, ast.Name) and sign == "==" else ""
            return Row(path, op={"true": "yes", "false": "false"}[word]) if word in ("true", "false") else None  # fmt: skip
        if sign not in operators_of(path, type_):
            return None
        return self._with_value(path, measure, sign, right)

    @staticmethod
    def _subject_only(subject: tuple[str, str, Type]) -> bool:
        return subject[2].kind in (Kind.ROWS, Kind.LIST, Kind.JSON, Kind.NULL)

    def _membership(self, left: ast.expr, right: ast.expr, *, negated: bool) -> Row | None:
        if isinstance(right, ast.List):
            subject = self._subject(left)
            values = [_plain(one, self._source) for one in right.elts]
            if (
                subject is None
                or None in values
                or "in" not in operators_of(subject[0], subject[2])
            ):
                return None
            texts = tuple(str(one) for one in values)
            return Row(subject[0], subject[1], "not in" if negated else "in", texts)
        subject = self._subject(right)
        if subject is None or subject[1] or subject[2].kind is not Kind.LIST:
            return None
        return self._with_value(subject[0], "", "has not" if negated else "has", left)

    def _called(self, node: ast.Call) -> Row | None:
        if node.keywords:
            return None
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="user"), attr="role"),
                args=[ast.Constant(value=str(role))],
            ):
                return Row("user", op=ROLE, values=(role,))
            case ast.Call(func=ast.Name(id=name), args=[one, other]) if name in _CALLED:
                subject = self._subject(one)
                if subject is None or subject[2].kind is not Kind.TEXT or subject[2].choices:
                    return None
                return self._with_value(subject[0], subject[1], _CALLED[name], other)
            case ast.Call(func=ast.Name(id="is_empty" | "filled" as name), args=[one]):
                subject = self._subject(one)
                if subject is not None and subject[2].kind is not Kind.ROWS:
                    return Row(subject[0], subject[1], "empty" if name == "is_empty" else "filled")
        return None  # fmt: skip

    def _with_value(self, path: str, measure: str, op: str, value: ast.expr) -> Row:
        plain = _plain(value, self._source)
        if plain is not None:
            return Row(path, measure, op, (plain,))
        written = self._source.written(value)
        loose = isinstance(value, ast.BoolOp | ast.Compare) or (
            isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
        )
        return Row(path, measure, op, (f"({written})" if loose else written,), free=True)

    def _subject(self, node: ast.expr) -> tuple[str, str, Type] | None:
        """Return (path, measure, type as it is compared) of what may stand first in a row."""
        measure = ""
        match node:
            case ast.Call(
                func=ast.Name(id=name), args=[ast.Name() | ast.Attribute() as inner], keywords=[]
            ):
                measure, node = name, inner
        path = _path(node)
        found = type_of(path, measure, self._scope) if path else None
        return (path, measure, found) if found is not None else None  # fmt: skip


def _path(node: ast.expr) -> str:
    steps: list[str] = []
    while isinstance(node, ast.Attribute):
        steps.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id in ("null", "true", "false"):
        return ""
    return ".".join([node.id, *reversed(steps)])


def _plain(node: ast.expr, source: Source) -> str | None:
    """Return a literal as people type it, None for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return source.written(node)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            written = source.written(node)
            return written if _NUMBER.fullmatch(written) else None
    return None


def without(group: Group, at: Sequence[int]) -> Group:
    """Return the group without the part at a place: (1, 0) is the first part of the second one."""
    first, *rest = at
    parts = list(group.parts)
    inner = parts[first]
    if rest and isinstance(inner, Group):
        parts[first] = without(inner, rest)
    else:
        del parts[first]
    return replace(group, parts=tuple(parts))


def with_part(group: Group, at: Sequence[int], part: Part) -> Group:
    """Return the group with one more part at the end of the group at a place, () being the outermost."""
    if not at:
        return replace(group, parts=(*group.parts, part))
    first, *rest = at
    parts = list(group.parts)
    inner = parts[first]
    if isinstance(inner, Group):
        parts[first] = with_part(inner, rest, part)
    return replace(group, parts=tuple(parts))
