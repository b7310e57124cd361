"""Turns the syntax tree into the typed tree: a closed list of what may stand in an expression."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fieldstone.base.names import did_you_mean
from fieldstone.expressions.calling import aggregated, called, conditional
from fieldstone.expressions.comparing import OPERATORS, compared, membership
from fieldstone.expressions.functions import AGGREGATES, TABLE, WRITTEN
from fieldstone.expressions.reading import Reading, said, shared_type
from fieldstone.expressions.tree import (
    Every,
    Field,
    HasRole,
    ListOf,
    Literal,
    Node,
    Not,
    Person,
    Some,
)
from fieldstone.expressions.types import (
    BOOLEAN,
    NULL,
    NUMBER,
    TEXT,
    USER,
    Kind,
    Scope,
    Type,
)

_MOST_DIGITS: Final = 30
_MOST_DECIMALS: Final = 10
_MOST_DOTS: Final = 5
_WORDS: Final = {
    "null": Literal(None, NULL),
    "true": Literal(value=True, type=BOOLEAN),
    "false": Literal(value=False, type=BOOLEAN),
}
_SIGNS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
}
_CURES: Final[dict[type[ast.AST], str]] = {
    ast.FloorDiv: "Write floor(a / b).",
    ast.Mod: "Write a - b * floor(a / b).",
    ast.Pow: "Multiply instead.",
    ast.Is: "Write ==.",
    ast.IsNot: "Write !=.",
    ast.IfExp: "Write if_(condition, one, other).",
    ast.Subscript: "Follow a lookup with a dot.",
    ast.JoinedStr: "Put texts together with +.",
    ast.Lambda: "Name child rows first: count(rows, condition).",
    ast.GeneratorExp: "Write any(rows, condition).",
    ast.ListComp: "Write count(rows, condition).",
    ast.NamedExpr: "Write == to compare.",
}


def node_of(reading: Reading, at: ast.expr) -> Node | None:
    """Return the meaning of a part of the text; None after noting what is wrong with it."""
    read = _READERS.get(type(at))
    if read is None:
        return _refuse_syntax(reading, at, at)
    return read(reading, at)


def _refuse_syntax(reading: Reading, at: ast.expr, what: ast.AST) -> Node | None:
    cure = _CURES.get(type(what), "See docs/expressions.md for what may be written.")
    written = reading.source.written(at)
    reading.refuse(at, "expression_syntax", f"{written[:40]!r} is not part of the language.", cure)
    return None


def _constant(reading: Reading, at: ast.Constant) -> Node | None:
    value = at.value
    if isinstance(value, str):
        return Literal(unicodedata.normalize("NFC", value), TEXT)
    if value is None or isinstance(value, bool):
        word = {None: "null", True: "true", False: "false"}[value]
        reading.refuse(at, "expression_word", f"{value} is not a word here.", f"Write {word}.")
        return None
    if isinstance(value, int | float):
        return _number(reading, at, value)
    return _refuse_syntax(reading, at, at)


def _number(reading: Reading, at: ast.expr, value: float) -> Node | None:
    written = reading.source.written(at).replace("_", "")
    try:
        # From the text and never from the float: 0.1 means one tenth.
        number = value if isinstance(value, int) else Decimal(written)
    except InvalidOperation:
        return _refuse_syntax(reading, at, at)
    digits = Decimal(number)
    exponent = digits.as_tuple().exponent
    if (
        not isinstance(exponent, int)
        or digits.adjusted() >= _MOST_DIGITS
        or -exponent > _MOST_DECIMALS
    ):
        message = "The number has too many digits."
        cure = f"Use at most {_MOST_DIGITS} digits and {_MOST_DECIMALS} decimals."
        reading.refuse(at, "expression_number", message, cure)
        return None
    return Literal(number, NUMBER)


def _name(reading: Reading, at: ast.Name) -> Node | None:
    name = unicodedata.normalize("NFC", at.id)
    if name in _WORDS:
        return _WORDS[name]
    if name == "user":
        return Person("", USER)
    found = reading.scope.type_of(name)
    if found is None:
        _refuse_name(reading, at, name, reading.scope)
        return None
    return Field(name, found)


def _refuse_name(
    reading: Reading, at: ast.expr, name: str, scope: Scope, from_end: int = 0
) -> None:
    names = [*scope.names(), "user", "null", "true", "false"]
    cure = (
        f"Write {name}(...)."
        if name in WRITTEN or name in AGGREGATES
        else did_you_mean(name, names)
    )
    message = f"There is no {name!r} in {scope.object_name}."
    reading.refuse(at, "expression_unknown_name", message, cure, from_end)


def _path(reading: Reading, at: ast.Attribute) -> Node | None:
    parts: list[tuple[ast.expr, str]] = []
    root: ast.expr = at
    while isinstance(root, ast.Attribute):
        parts.append((root, root.attr))
        root = root.value
    if not isinstance(root, ast.Name) or root.id in _WORDS:
        return _refuse_syntax(reading, at, at)
    if len(parts) > _MOST_DOTS:
        cure = "Keep the value in a formula of the nearer object."
        reading.refuse(at, "expression_path", f"The path has more than {_MOST_DOTS} dots.", cure)
        return None
    start = _name(reading, root)
    return None if start is None else _followed(reading, start, root, parts[::-1])


def _followed(
    reading: Reading, start: Node, root: ast.Name, parts: list[tuple[ast.expr, str]]
) -> Node | None:
    scope: Scope = reading.scope
    step, type_ = root.id, start.type
    for at, attribute in parts:
        if type_.kind is not Kind.RECORD:
            cures = {
                Kind.ROWS: f"Write any({step}, {attribute} == ...).",
                Kind.LIST: "Ask with 'in' which records it holds.",
            }
            message = f"{step!r} is {said(type_)} and leads nowhere."
            reading.refuse(
                at, "expression_path", message, cures.get(type_.kind, f"Write {step} alone.")
            )
            return None
        behind = scope.follow(step)
        found = behind.type_of(attribute) if behind else None
        if behind is None or found is None:
            _refuse_name(reading, at, attribute, behind or scope, len(attribute))
            return None
        scope, step, type_ = behind, attribute, found
    path = ".".join(attribute for _, attribute in parts)
    if type_.kind is Kind.ROWS:
        cure = "Only child rows of the record itself can be counted."
        reading.refuse(
            parts[-1][0], "expression_path", f"{path!r} leads to rows of another record.", cure
        )
        return None
    return Person(path, type_) if isinstance(start, Person) else Field(f"{root.id}.{path}", type_)


def _list(reading: Reading, at: ast.List | ast.Tuple) -> Node | None:
    nodes = [node_of(reading, part) for part in at.elts]
    items = tuple(node for node in nodes if node is not None)
    if len(items) < len(nodes):
        return None
    if not items:
        reading.refuse(
            at, "expression_in", "The list is empty.", "Write the values within the brackets."
        )
        return None
    return ListOf(items, Type(Kind.LIST, item=shared_type([item.type for item in items]) or TEXT))


def _logic(reading: Reading, at: ast.BoolOp) -> Node | None:
    nodes = [condition_of(reading, part) for part in at.values]
    parts = tuple(node for node in nodes if node is not None)
    if len(parts) < len(nodes):
        return None
    return Every(parts) if isinstance(at.op, ast.And) else Some(parts)


def condition_of(reading: Reading, at: ast.expr) -> Node | None:
    """Return the meaning of a part that must be a condition; None after noting a problem."""
    node = node_of(reading, at)
    return None if node is None else conditional(reading, at, node)


def _unary(reading: Reading, at: ast.UnaryOp) -> Node | None:
    if isinstance(at.op, ast.Not):
        part = condition_of(reading, at.operand)
        return None if part is None else Not(part)
    if not isinstance(at.op, ast.USub):
        return _refuse_syntax(reading, at, at.op)
    node = node_of(reading, at.operand)
    if isinstance(node, Literal) and isinstance(node.value, int | Decimal) and node.type == NUMBER:
        # copy_negate: unary minus would round to the 28 digits of Python's default context.
        value = node.value.copy_negate() if isinstance(node.value, Decimal) else -node.value
        return Literal(value, NUMBER)
    return None if node is None else called(reading, at, "negate", [(at.operand, node)])


def _arithmetic(reading: Reading, at: ast.BinOp) -> Node | None:
    name = _SIGNS.get(type(at.op))
    if name is None:
        return _refuse_syntax(reading, at, at.op)
    left, right = node_of(reading, at.left), node_of(reading, at.right)
    if left is None or right is None:
        return None
    return called(reading, at, name, [(at.left, left), (at.right, right)])


def _comparison(reading: Reading, at: ast.Compare) -> Node | None:
    places = [at.left, *at.comparators]
    nodes = [node_of(reading, place) for place in places]
    parts: list[Node | None] = []
    for i, op in enumerate(at.ops):
        left, right = nodes[i], nodes[i + 1]
        if left is None or right is None:
            parts.append(None)
        elif isinstance(op, ast.In | ast.NotIn):
            sides = (places[i], left), (places[i + 1], right)
            parts.append(membership(reading, isinstance(op, ast.NotIn), *sides))
        elif type(op) in OPERATORS:
            sides = (places[i], left), (places[i + 1], right)
            parts.append(compared(reading, OPERATORS[type(op)], *sides))
        else:
            parts.append(_refuse_syntax(reading, places[i + 1], op))
    settled = tuple(part for part in parts if part is not None)
    if len(settled) < len(parts):
        return None
    return settled[0] if len(settled) == 1 else Every(settled)


def _call(reading: Reading, at: ast.Call) -> Node | None:
    if at.keywords or any(isinstance(arg, ast.Starred) for arg in at.args):
        cure = "Write the values one after another, with commas."
        reading.refuse(at, "expression_arguments", "Values are given by their place only.", cure)
        return None
    if isinstance(at.func, ast.Attribute):
        return _role(reading, at, at.func)
    return (
        _named(reading, at, at.func.id)
        if isinstance(at.func, ast.Name)
        else _refuse_syntax(reading, at, at)
    )


def _named(reading: Reading, at: ast.Call, name: str) -> Node | None:
    if name in AGGREGATES or name in {"min", "max"}:
        rows = _rows_of(reading, at)
        if rows is not None:
            return _aggregate(reading, at, name, rows)
    if name in AGGREGATES:
        return _refuse_aggregate(reading, at, name)
    if name not in WRITTEN:
        cure = did_you_mean(name, [*WRITTEN, *AGGREGATES])
        reading.refuse(at, "expression_unknown_function", f"There is no function {name!r}.", cure)
        return None
    nodes = [node_of(reading, arg) for arg in at.args]
    args = [(arg, node) for arg, node in zip(at.args, nodes, strict=True) if node is not None]
    return called(reading, at, name, args) if len(args) == len(nodes) else None


def _role(reading: Reading, at: ast.Call, func: ast.Attribute) -> Node | None:
    is_role = isinstance(func.value, ast.Name) and func.value.id == "user" and func.attr == "role"
    if not is_role:
        cure = (
            f"Write {func.attr}(...) as a function."
            if func.attr in TABLE
            else "Only user.role('...') is called with a dot."
        )
        reading.refuse(
            at, "expression_unknown_function", f"Values have no function {func.attr!r}.", cure
        )
        return None
    arg = at.args[0] if len(at.args) == 1 else None
    if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
        return HasRole(arg.value)
    reading.refuse(
        at,
        "expression_arguments",
        "user.role takes one role in quotes.",
        "Write user.role('sales_manager').",
    )
    return None


def _rows_of(reading: Reading, at: ast.Call) -> str | None:
    if not at.args or not isinstance(at.args[0], ast.Name):
        return None
    found = reading.scope.type_of(at.args[0].id)
    return at.args[0].id if found is not None and found.kind is Kind.ROWS else None


def _aggregate(reading: Reading, at: ast.Call, name: str, rows: str) -> Node | None:
    child = reading.scope.follow(rows)
    if reading.rows or child is None:
        cure = "Keep the inner number in a rollup of the child object."
        reading.refuse(at, "expression_rows", "Child rows within child rows cannot be read.", cure)
        return None
    inner = reading.within(rows, child)
    nodes = [node_of(inner, arg) for arg in at.args[1:]]
    args = [(arg, node) for arg, node in zip(at.args[1:], nodes, strict=True) if node is not None]
    return aggregated(inner, at, name, rows, args) if len(args) == len(nodes) else None


def _refuse_aggregate(reading: Reading, at: ast.Call, name: str) -> Node | None:
    scope = reading.scope
    kinds = [(one, scope.type_of(one)) for one in scope.names()]
    rows = [one for one, type_ in kinds if type_ is not None and type_.kind is Kind.ROWS]
    if at.args:
        first = node_of(reading, at.args[0])
        if first is None:
            return None
        if name == "count" and first.type.kind is Kind.LIST and len(at.args) == 1:
            return called(reading, at, "length", [(at.args[0], first)])
    cure = (
        f"{scope.object_name} has these: {', '.join(rows)}."
        if rows
        else f"{scope.object_name} has none."
    )
    reading.refuse(at, "expression_rows", f"{name} needs child rows first.", cure)
    return None


_READERS: Final[dict[type[ast.expr], Callable[[Reading, Any], Node | None]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _path,
    ast.List: _list,
    ast.Tuple: _list,
    ast.BoolOp: _logic,
    ast.UnaryOp: _unary,
    ast.BinOp: _arithmetic,
    ast.Compare: _comparison,
    ast.Call: _call,
}
