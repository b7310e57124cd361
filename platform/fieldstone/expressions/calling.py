"""Finds the form of a function that fits its arguments."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from fieldstone.expressions.function import ORDERED, Form, Shape
from fieldstone.expressions.functions import TABLE
from fieldstone.expressions.reading import Reading, fitted, said, shared_type
from fieldstone.expressions.tree import Aggregate, Call, Literal, Member, Node
from fieldstone.expressions.types import BOOLEAN, NUMBER, Kind, Type

_NUMBER_OF_ARGUMENTS: Final = {
    "count": (1, 2),
    "sum": (2, 3),
    "avg": (2, 3),
    "min": (2, 3),
    "max": (2, 3),
    "any": (2, 2),
    "all": (2, 2),
}
_OF_CONDITION: Final = ("count", "any", "all")
_SIGNS: Final = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "negate": "-"}
Placed = tuple[ast.expr, Node]


def called(reading: Reading, at: ast.expr, name: str, args: Sequence[Placed]) -> Node | None:
    """Return the call of a function or operator; None after noting a problem."""
    function = TABLE[name]
    counted = [(i, form) for i, form in enumerate(function.forms) if form.fits_count(len(args))]
    if not counted:
        least = min(len(form.takes) - form.optional for form in function.forms)
        message = f"{name} cannot be given {len(args)} values."
        needs = f"{least} or more" if function.forms[0].repeats else str(least)
        reading.refuse(
            at, "expression_arguments", message, f"Give it {needs}, as in {function.example}."
        )
        return None
    for index, form in counted:
        if all(_takes(form.shape(i), node) for i, (_, node) in enumerate(args)):
            return _formed(reading, at, name, (index, form), args)
    _refuse_arguments(reading, at, name, [form for _, form in counted], args)
    return None


def _takes(shape: Shape, node: Node) -> bool:
    kind = node.type.kind
    if kind in shape:
        return True
    if kind is Kind.NULL:
        return len(shape) > 1
    if kind is Kind.TEXT and isinstance(node, Literal):
        return bool(shape & {Kind.DATE, Kind.DATETIME, Kind.TIME})
    return shape == {Kind.BOOLEAN} and isinstance(node, Call) and node.name == "filled"


def _formed(
    reading: Reading, at: ast.expr, name: str, chosen: tuple[int, Form], args: Sequence[Placed]
) -> Node | None:
    index, form = chosen
    wanted: list[Type] = []
    shared: Type | None = None
    if form.same is not None:
        rest = [node.type for _, node in args[form.same :]]
        shared = shared_type(rest)
        if shared is None:
            words = " and ".join(sorted({said(one) for one in rest}))
            cure = "Give it values of one kind."
            reading.refuse(at, "expression_kinds", f"{name} cannot choose between {words}.", cure)
            return None
    for i, (_, node) in enumerate(args):
        shape = form.shape(i)
        if form.same is not None and shared is not None and i >= form.same:
            wanted.append(shared)
        else:
            wanted.append(node.type if node.type.kind in shape else Type(min(shape)))
    nodes = [
        fitted(reading, place, node, type_)
        for (place, node), type_ in zip(args, wanted, strict=True)
    ]
    settled = tuple(node for node in nodes if node is not None)
    if len(settled) < len(nodes):
        return None
    if name == "contains" and settled[0].type.kind is Kind.LIST:
        return Member(settled[1], settled[0])
    gives = Type(form.gives) if form.gives is not None else shared
    return None if gives is None else Call(name, index, settled, gives)


def _refuse_arguments(
    reading: Reading, at: ast.expr, name: str, forms: Sequence[Form], args: Sequence[Placed]
) -> None:
    for i, (place, node) in enumerate(args):
        shapes: Shape = frozenset().union(*(form.shape(i) for form in forms))
        if _takes(shapes, node) or (node.type.kind is Kind.NULL and name != "negate"):
            continue
        word = _SIGNS.get(name, name)
        wanted = " or ".join(said(Type(kind)) for kind in sorted(shapes))
        message = f"{word} takes {wanted} here, and this is {said(node.type)}."
        example = TABLE[name].example
        cure = f"Write for example {example}." if example else _cure(name, node)
        reading.refuse(place, "expression_kinds", message, cure)
        return
    words = " and ".join(said(node.type) for _, node in args)
    cure = _cure(name, args[-1][1])
    reading.refuse(
        at, "expression_kinds", f"{_SIGNS.get(name, name)} cannot be used with {words}.", cure
    )


def _cure(name: str, node: Node) -> str:
    if node.type.kind in {Kind.DATE, Kind.DATETIME} or name in {"add", "subtract"}:
        return "For dates use add_days, days_between or days_since; put texts together with texts."
    return "Use numbers."


def aggregated(
    reading: Reading, at: ast.expr, name: str, rows: str, args: Sequence[Placed]
) -> Node | None:
    """Return an aggregate over child rows whose inner parts are read; None after a problem."""
    least, most = _NUMBER_OF_ARGUMENTS[name]
    if not least <= len(args) + 1 <= most:
        shape = "(rows, condition)" if name in _OF_CONDITION else "(rows, value, condition)"
        reading.refuse(
            at,
            "expression_arguments",
            f"{name} cannot be given {len(args) + 1} parts.",
            f"Write {name}{shape}.",
        )
        return None
    value = None if name in _OF_CONDITION else args[0]
    conditions = args if value is None else args[1:]
    condition = conditional(reading, *conditions[0]) if conditions else None
    if conditions and condition is None:
        return None
    if value is None:
        return Aggregate(name, rows, None, condition, NUMBER if name == "count" else BOOLEAN)
    place, node = value
    allowed = {Kind.NUMBER} if name in {"sum", "avg"} else ORDERED
    if node.type.kind not in allowed:
        cure = (
            "Name a number of the child rows."
            if len(allowed) == 1
            else "Name a value that has an order."
        )
        reading.refuse(
            place, "expression_kinds", f"{name} cannot be taken of {said(node.type)}.", cure
        )
        return None
    return Aggregate(name, rows, node, condition, Type(node.type.kind))


def conditional(reading: Reading, at: ast.expr, node: Node) -> Node | None:
    """Return the node as a condition; None after noting that it is none."""
    met = None if node.type.kind is Kind.NULL else fitted(reading, at, node, BOOLEAN)
    if met is not None:
        return met
    cures = {
        Kind.RECORD: "Write != null to ask whether there is one.",
        Kind.LIST: "Write 'x' in list, or not is_empty(list).",
        Kind.ROWS: "Write count(rows) > 0.",
        Kind.NULL: "Write == null after a name.",
    }
    cure = cures.get(node.type.kind, "Compare it with something, or write filled(...).")
    reading.refuse(
        at,
        "expression_not_condition",
        f"A condition is needed here, and this is {said(node.type)}.",
        cure,
    )
    return None
