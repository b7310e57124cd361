"""Arithmetic: exact, and missing where a value is missing."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from fieldstone.expressions import numbers, postgres
from fieldstone.expressions.function import NUMBERS, Form, Function, Sql
from fieldstone.expressions.sqltypes import ComputedNumber
from fieldstone.expressions.types import Kind

# Beyond this a column cannot hold the number; also keeps round(x, n) small.
MOST_DECIMALS: Final = 10


def _number(element: Any) -> Sql:
    return sa.type_coerce(element, ComputedNumber())


def rounded(number: numbers.Number, decimals: numbers.Number = 0) -> numbers.Number:
    """Return the number with 0 to 10 decimals, half up."""
    return numbers.rounded(number, min(max(numbers.whole_part(decimals), 0), MOST_DECIMALS))


def _rounded_postgresql(number: Sql, decimals: Sql | None = None) -> Sql:
    if decimals is None:
        return sa.func.round(number, type_=ComputedNumber())
    held = sa.func.least(
        sa.func.greatest(sa.func.trunc(decimals), postgres.number(0)),
        postgres.number(MOST_DECIMALS),
    )
    # GREATEST skips NULL: without the test a missing count of decimals would mean none.
    answer = sa.func.round(number, sa.cast(held, sa.Integer()), type_=ComputedNumber())
    return sa.case((decimals.is_not(None), answer))


def _two(python: Any, sql: Any, *, partial: bool = False) -> tuple[Form, ...]:
    return (Form((NUMBERS, NUMBERS), Kind.NUMBER, python, sql, partial=partial),)


def _one(python: Any, sql: Any) -> tuple[Form, ...]:
    return (Form((NUMBERS,), Kind.NUMBER, python, sql),)


ADD: Final = _two(numbers.added, lambda one, other: _number(one + other))
SUBTRACT: Final = _two(numbers.subtracted, lambda one, other: _number(one - other))

OPERATORS: Final = (
    Function(
        "multiply",
        _two(numbers.multiplied, lambda one, other: _number(one * other)),
        "Multiply two numbers with *.",
        "{0} times {1}",
        "{0}乘以{1}",
        written=False,
    ),
    Function(
        "divide",
        _two(numbers.divided, postgres.quotient, partial=True),
        "Divide with /: ten decimals, half up; division by zero is missing.",
        "{0} divided by {1}",
        "{0}除以{1}",
        written=False,
    ),
    Function(
        "negate",
        _one(numbers.negated, lambda number: _number(-number)),
        "Change the sign with -.",
        "minus {0}",
        "负{0}",
        written=False,
    ),
)

FUNCTIONS: Final = (
    Function(
        "round",
        (
            Form(
                (NUMBERS, NUMBERS),
                Kind.NUMBER,
                rounded,
                _rounded_postgresql,
                optional=1,
            ),
        ),
        "Round a number half up to whole, or to 0 to 10 decimals.",
        "{0} rounded",
        "{0}四舍五入",
        example="round(amount * 1.06, 2)",
    ),
    Function(
        "floor",
        _one(numbers.floored, lambda number: sa.func.floor(number, type_=ComputedNumber())),
        "Round a number down to whole.",
        "{0} rounded down",
        "{0}向下取整",
        example="floor(hours_since(created_at))",
    ),
    Function(
        "ceil",
        _one(numbers.ceiled, lambda number: sa.func.ceil(number, type_=ComputedNumber())),
        "Round a number up to whole.",
        "{0} rounded up",
        "{0}向上取整",
        example="ceil(amount / 1000)",
    ),
    Function(
        "abs",
        _one(numbers.absolute, lambda number: sa.func.abs(number, type_=ComputedNumber())),
        "Give a number without its sign.",
        "the size of {0}",
        "{0}的绝对值",
        example="abs(balance) < 1",
    ),
)
