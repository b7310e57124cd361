"""The figures of an aggregate: read from text, and made into SQL that both databases answer alike."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, case, func, type_coerce

from fieldstone.access.resolver import Purpose, Resolved, resolve
from fieldstone.access.viewer import Viewer
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.expressions import sql_numbers
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.numbers import divided, unscaled
from fieldstone.expressions.sqltypes import ComputedNumber
from fieldstone.expressions.syntax import tree_of
from fieldstone.expressions.types import BOOLEAN, Kind
from fieldstone.reads.frame import Frame, expression_of

FUNCTIONS: Final = ("count", "sum", "avg", "min", "max")
COMPARABLE: Final = frozenset(
    {Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION}
)
HALF: Final = 32  # bits of the lower half of a whole number
LONGEST: Final = 4_096


@dataclass(frozen=True)
class Measure:
    """A figure asked for: function(value, condition)."""

    name: str
    function: str
    value: Expression | None
    condition: Expression | None


@dataclass(frozen=True, eq=False)
class Figure:
    """A measure in a statement: its columns, and how their values become the figure."""

    columns: tuple[ColumnElement[Any], ...]
    made: Callable[..., object]


def measure_of(viewer: Viewer, object_name: str, name: str, text: str) -> Measure:
    """Return what "count()", "count(condition)", "sum(value)" or "sum(value, condition)" means.

    Raises RefusedError (400) saying what is wrong with it.
    """
    path = f"measures.{name}"
    function, arguments = _call(text, path)
    condition: Expression | None = None
    if function == "count":
        value, tests = None, arguments
    else:
        value = expression_of(viewer, object_name, arguments[0], path, None) if arguments else None
        tests = arguments[1:]
    wanted = (0, 1) if function == "count" else (1, 2)
    if not wanted[0] <= len(arguments) <= wanted[1]:
        raise RefusedError([_malformed(text, path)], 400)
    if tests:
        condition = expression_of(viewer, object_name, tests[0], path, BOOLEAN)
    if value is not None:
        _check_value(viewer, function, value, path)
    return Measure(name, function, value, condition)


def condition_in(text: str) -> str:
    """Return the condition of a measure, "" when it has none: of "sum(budget, stage == 'new')" the second part."""
    function, arguments = _call(text, "measure")
    tests = arguments if function == "count" else arguments[1:]
    return tests[0] if tests else ""


def reads_secret(viewer: Viewer, expression: Expression) -> bool:
    """Tell whether an expression gives a sealed value: the database holds only its fingerprint."""
    found = [
        resolve(viewer, expression.object_name, path, Purpose.GROUP)
        for path in (*expression.names, *expression.paths)
    ]
    return any(
        isinstance(one, Resolved) and one.field is not None and one.field.type.name == "secret"
        for one in found
    )


def _check_value(viewer: Viewer, function: str, value: Expression, path: str) -> None:
    kind = value.type.kind
    fits = kind in (COMPARABLE if function in ("min", "max") else {Kind.NUMBER})
    if fits and not reads_secret(viewer, value):
        return
    message = f"{function} does not work on {value.text!r}, which is {kind}."
    problem = Problem("expression_type", path, message, "Use a number, or count(condition).")
    raise RefusedError([problem], 400)


def _call(text: str, path: str) -> tuple[str, list[str]]:
    try:
        tree = tree_of(text.strip()) if len(text) <= LONGEST else None
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        tree = None
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.keywords:
        raise RefusedError([_malformed(text, path)], 400)
    if tree.func.id not in FUNCTIONS:
        message = f"There is no measure {tree.func.id!r}."
        cure = did_you_mean(tree.func.id, FUNCTIONS)
        raise RefusedError([Problem("unknown_measure", path, message, cure)], 400)
    source = text.strip()
    return tree.func.id, [ast.get_source_segment(source, arg) or "" for arg in tree.args]


def _malformed(text: str, path: str) -> Problem:
    shown = text if len(text) <= 80 else text[:80] + "..."  # noqa: PLR2004 - a line of a message
    return Problem(
        "malformed_measure",
        path,
        f"{shown!r} is not a measure.",
        "Write count(), count(condition), sum(value), avg(value), min(value) or max(value), "
        "with a condition behind the value if you like.",
    )


def figure_of(frame: Frame, measure: Measure) -> Figure:
    """Return the columns that give the figure within the viewer's rows and fields."""
    test = measure.condition.clause(frame.columns, frame.env) if measure.condition else None
    if measure.value is None:
        counted = func.count(case((test, 1))) if test is not None else func.count()
        return Figure((counted,), int)
    value = measure.value.clause(frame.columns, frame.env)
    if test is not None:
        value = case((test, value), else_=None)
    if measure.function in ("min", "max"):
        least = func.min if measure.function == "min" else func.max
        return Figure((least(value, type_=value.type),), _same)
    total = _total(frame.columns.dialect, value)
    if measure.function == "sum":
        return total
    return Figure(
        (*total.columns, func.count(value)),
        lambda *parts: divided(_number(total.made(*parts[:-1])), int(parts[-1])),
    )


def _same(value: object) -> object:
    return value


def _number(value: object) -> Decimal | int:
    return value if isinstance(value, Decimal | int) else 0


def _total(dialect: str, value: ColumnElement[Any]) -> Figure:
    """Return a sum that is exact on both databases; nothing adds up to 0."""
    scale = sql_numbers.scale_of(dialect, value)
    if dialect == "sqlite" and scale is not None:
        # A sum of 64-bit numbers can overflow; the sums of their upper and lower halves cannot.
        whole = type_coerce(value, BigInteger())
        upper = func.sum(whole.bitwise_rshift(HALF), type_=BigInteger())
        lower = func.sum(whole.bitwise_and((1 << HALF) - 1), type_=BigInteger())
        return Figure((upper, lower), partial(_joined, scale))
    number = sql_numbers.computed(dialect, value)
    add = func.fs_sum if dialect == "sqlite" else func.sum
    made = _whole if scale == 0 else _or_nothing
    return Figure((add(number, type_=ComputedNumber()),), made)


def _joined(scale: int, upper: int | None, lower: int | None) -> Decimal | int:
    total = ((upper or 0) << HALF) + (lower or 0)
    return unscaled(total, scale) if scale else total


def _whole(total: Decimal | None) -> int:
    return int(total or 0)


def _or_nothing(total: Decimal | None) -> Decimal:
    return Decimal(total) if total is not None else Decimal(0)
