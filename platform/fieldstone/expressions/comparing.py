"""What == < in and the like mean between two typed parts."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from fieldstone.expressions.moments import DAY, HOUR, MINUTE, step_of
from fieldstone.expressions.reading import Reading, alike, day_start, fitted, said, sourced
from fieldstone.expressions.tree import (
    Call,
    Compare,
    Every,
    Instead,
    ListOf,
    Literal,
    Member,
    Missing,
    Node,
    Not,
    Some,
    constant,
)
from fieldstone.expressions.types import BOOLEAN, DATE, DATETIME, DURATION, NUMBER, Kind, Type

OPERATORS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UNITS: Final = {"days_since": DAY, "hours_since": HOUR, "minutes_since": MINUTE}
_EQUAL: Final = ("==", "!=")


def compared(
    reading: Reading, op: str, one: tuple[ast.expr, Node], other: tuple[ast.expr, Node]
) -> Node | None:
    """Return the comparison of two parts, each with its place; None after noting a problem."""
    (at, left), (to, right) = one, other
    if _is_null(left) or _is_null(right):
        return _asked(reading, op, at, right if _is_null(left) else left)
    days_left = left.type.kind is Kind.DATE and right.type.kind is Kind.DATETIME
    if days_left or (isinstance(left, Literal) and not isinstance(right, Literal)):
        # The literal or the day goes right, so that all below looks for it there only.
        return compared(reading, _MIRRORED[op], other, one)
    by_day = left.type.kind is Kind.DATETIME and _names_a_day(right)
    noted = len(reading.problems)
    met = fitted(reading, to, right, DATE if by_day else left.type)
    if met is None:
        if len(reading.problems) == noted:
            _refuse_pair(reading, op, to, left, right)
        return None
    if not _ordered(reading, op, to, left):
        return None
    return _served_by_index(op, left, sourced(met, left))


def _is_null(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is None


def _asked(reading: Reading, op: str, at: ast.expr, part: Node) -> Node | None:
    if op not in _EQUAL:
        cure = "Write == null, != null, or compare with a value."
        reading.refuse(
            at,
            "expression_null_order",
            f"null is neither above nor below, so {op} cannot ask for it.",
            cure,
        )
        return None
    if part.type.kind is Kind.ROWS:
        cure = "Ask for their number: count(...) == 0."
        reading.refuse(at, "expression_rows", "Child rows cannot be compared with null.", cure)
        return None
    if part.type.kind is Kind.LIST:
        empty = Call("is_empty", 0, (part,), BOOLEAN)
        return empty if op == "==" else Not(empty)
    return Missing(part, negated=op == "!=")


def _names_a_day(node: Node) -> bool:
    if isinstance(node, Literal) and node.type.kind is Kind.TEXT:
        return len(str(node.value)) == len("2026-01-31")
    return node.type.kind is Kind.DATE


def _refuse_pair(reading: Reading, op: str, at: ast.expr, left: Node, right: Node) -> None:
    kinds = {left.type.kind, right.type.kind}
    cure = "Compare two values of one kind."
    if Kind.ROWS in kinds:
        cure = "Count child rows: count(...) > 0."
    elif Kind.RECORD in kinds:
        cure = "Follow the lookup with a dot to the value you mean, such as channel.kind."
    elif kinds == {Kind.NUMBER, Kind.TEXT}:
        cure = "Write numbers without quotes and texts within quotes."
    elif Kind.LIST in kinds:
        cure = "Ask with 'in', such as 'vip' in tags."
    elif kinds == {Kind.DATE, Kind.DATETIME}:
        cure = "Write date_of(...) around the date and time."
    message = f"{said(left.type).capitalize()} cannot be compared ({op}) with {said(right.type)}."
    reading.refuse(at, "expression_kinds", message, cure)


def _ordered(reading: Reading, op: str, at: ast.expr, left: Node) -> bool:
    kind = left.type.kind
    if kind in {Kind.LIST, Kind.JSON, Kind.ROWS, Kind.NULL}:
        _refuse_pair(reading, op, at, left, left)
        return False
    if op not in _EQUAL and (kind in {Kind.BOOLEAN, Kind.RECORD} or left.type.choices):
        message = f"There is no order in {'options' if left.type.choices else said(left.type)}, so {op} means nothing."
        reading.refuse(at, "expression_no_order", message, "Use ==, != or in.")
        return False
    return True


def _served_by_index(op: str, left: Node, right: Node) -> Node:
    shown = Compare(op, left, right)
    if left.type.kind is Kind.DATETIME and right.type.kind is Kind.DATE:
        if constant(right):
            return Instead(shown, _by_day(op, left, right))
        return Instead(shown, Compare(op, Call("date_of", 0, (left,), DATE), right))
    if isinstance(left, Call) and left.name == "date_of" and constant(right):
        return Instead(shown, _by_day(op, left.args[0], right))
    if isinstance(left, Call) and left.name in _UNITS and isinstance(right, Literal):
        return Instead(shown, _since(op, left, right))
    return shown


def _by_day(op: str, moment: Node, day: Node) -> Node:
    start, end = day_start(day, 0), day_start(day, 1)
    pairs: dict[str, Callable[[], Node]] = {
        "<": lambda: Compare("<", moment, start),
        "<=": lambda: Compare("<", moment, end),
        ">": lambda: Compare(">=", moment, end),
        ">=": lambda: Compare(">=", moment, start),
        "==": lambda: Every((Compare(">=", moment, start), Compare("<", moment, end))),
        "!=": lambda: Some((Compare("<", moment, start), Compare(">=", moment, end))),
    }
    return pairs[op]()


def _since(op: str, call: Call, count: Literal) -> Node:
    """Return `x < now - 3 days` for `days_since(x) > 3`."""
    moment = call.args[0]
    if moment.type.kind is Kind.DATETIME:
        step = step_of(Decimal(str(count.value)), _UNITS[call.name])
        ago = Call("moment_ago", 0, (Literal(step, DURATION),), DATETIME)
        return Compare(_MIRRORED[op], moment, ago)
    number = Decimal(str(count.value))
    if op in _EQUAL and number != int(number):
        # Whole days never equal a fraction; a missing date still compares as false.
        return Missing(moment, negated=True) if op == "!=" else Literal(value=False, type=BOOLEAN)
    days = math.floor(number) if op in {">", "<="} else math.ceil(number)
    return Compare(_MIRRORED[op], moment, Call("day_ago", 0, (Literal(days, NUMBER),), DATE))


def membership(
    reading: Reading, negated: bool, one: tuple[ast.expr, Node], other: tuple[ast.expr, Node]
) -> Node | None:
    """Return whether a value is among others; None after noting a problem."""
    (at, item), (to, among) = one, other
    if isinstance(among, ListOf):
        return _among(reading, negated, item, (to, among))
    if among.type.kind is Kind.LIST:
        noted = len(reading.problems)
        element = among.type.item or Type(Kind.TEXT)
        met = fitted(
            reading,
            at,
            item,
            Type(
                element.kind,
                of=element.of,
                choices=element.choices or among.type.choices,
                earlier=element.earlier or among.type.earlier,
            ),
        )
        if met is not None:
            return Member(sourced(met, among), among, negated)
        if len(reading.problems) == noted:
            message = f"The list holds no {said(item.type).partition(' ')[2] or 'null'}."
            reading.refuse(at, "expression_kinds", message, f"Look for {said(element)}.")
        return None
    cures = {
        Kind.TEXT: "Write contains(text, piece) for a piece of a text, or brackets around the values.",
        Kind.ROWS: "Write any(rows, condition).",
    }
    message = f"'in' needs a list, and this is {said(among.type)}."
    reading.refuse(
        to, "expression_in", message, cures.get(among.type.kind, "Write the values in brackets.")
    )
    return None


def _among(
    reading: Reading, negated: bool, item: Node, other: tuple[ast.expr, ListOf]
) -> Node | None:
    to, among = other
    places = to.elts if isinstance(to, ast.List | ast.Tuple) else [to] * len(among.items)
    if item.type.kind in {Kind.LIST, Kind.ROWS, Kind.JSON, Kind.NULL}:
        cure = "Look for one value: 'vip' in tags."
        reading.refuse(
            to, "expression_in", f"{said(item.type).capitalize()} cannot be in a list.", cure
        )
        return None
    items: list[Node] = []
    for place, node in zip(places, among.items, strict=True):
        noted = len(reading.problems)
        if _is_null(node):
            reading.refuse(place, "expression_in", "null is never in a list.", "Ask with == null.")
            continue
        met = fitted(reading, place, node, item.type)
        if met is not None and alike(met.type, item.type):
            items.append(sourced(met, item))
        elif len(reading.problems) == noted:
            _refuse_pair(reading, "in", place, item, node)
    return Member(item, ListOf(tuple(items), Type(Kind.LIST, item=item.type)), negated)
