"""Numbers in SQL: plain and served by an index against a constant, exact in every other case."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

import sqlalchemy as sa

from fieldstone.expressions.function import Sql
from fieldstone.expressions.numbers import EXACT, Number, scaled, unscaled
from fieldstone.expressions.sqltypes import BIGGEST, ComputedNumber, ExactNumber, WholeNumber

COMPARED: Final[dict[str, Any]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def scale_of(dialect: str, element: Sql) -> int | None:
    """Return the decimals of a number kept as a whole one, None for any other."""
    if isinstance(element.type, WholeNumber | sa.Integer):
        return 0
    if isinstance(element.type, ExactNumber) and dialect == "sqlite":
        return element.type.scale
    return None


def constant_of(element: Sql) -> Number | None:
    """Return the number of a parameter, None for anything else."""
    if isinstance(element, sa.BindParameter) and isinstance(element.value, int | Decimal):
        return element.value
    return None


def literal(number: Number | None) -> Sql:
    """Return a number as a parameter that keeps all its digits."""
    return sa.literal(number, ComputedNumber())


def computed(dialect: str, element: Sql) -> Sql:
    """Return the number in the form that arithmetic works on."""
    number = constant_of(element)
    if number is not None:
        return literal(number)
    scale = scale_of(dialect, element)
    if scale is None:
        return element if isinstance(element.type, ComputedNumber) else _as_computed(element)
    if dialect == "sqlite":
        return sa.func.fs_number(element, sa.literal(scale, sa.Integer()), type_=ComputedNumber())
    return sa.cast(element, ComputedNumber())


def _as_computed(element: Sql) -> Sql:
    return sa.type_coerce(element, ComputedNumber())


def compare(dialect: str, op: str, left: Sql, right: Sql) -> Sql:
    """Return the comparison of two numbers, NULL when one is missing."""
    if constant_of(left) is not None and constant_of(right) is None:
        left, right, op = right, left, MIRRORED[op]
    number, scale = constant_of(right), scale_of(dialect, left)
    if number is not None and scale is not None and constant_of(left) is None:
        return _against_whole(op, left, scale, number)
    if scale is not None and scale == scale_of(dialect, right):
        return COMPARED[op](left, right)  # type: ignore[no-any-return]
    return COMPARED[op](computed(dialect, left), computed(dialect, right))  # type: ignore[no-any-return]


def _against_whole(op: str, column: Sql, scale: int, number: Number) -> Sql:
    """Compare a column of whole numbers with any number, so that its index serves it."""
    whole = scaled(number, scale)
    if whole is None:
        # Between two whole numbers: above 0.5 is above 0, at least 0.5 too.
        if op in {"==", "!="}:
            return _never(column) if op == "==" else column.is_not(None)
        below = EXACT.scaleb(number, scale).to_integral_value(ROUND_FLOOR, EXACT)
        whole, op = int(below), ">" if op in {">", ">="} else "<="
    if abs(whole) > BIGGEST:
        holds = op == "!=" or op in ({"<", "<="} if whole > 0 else {">", ">="})
        return column.is_not(None) if holds else _never(column)
    return COMPARED[op](column, whole_literal(column, scale, whole))  # type: ignore[no-any-return]


def _never(column: Sql) -> Sql:
    return column.is_not(None) & sa.false()


def whole_literal(column: Sql, scale: int, whole: int) -> Sql:
    """Return a parameter bound as the column keeps its numbers."""
    if isinstance(column.type, ExactNumber):
        return sa.literal(unscaled(whole, scale), column.type)
    return sa.literal(whole, WholeNumber())


def among(dialect: str, column: Sql, numbers: Sequence[Number], *, negated: bool) -> Sql | None:
    """Return `column in (...)` over whole numbers; None when the column does not keep such."""
    scale = scale_of(dialect, column)
    if scale is None or constant_of(column) is not None:
        return None
    wholes = [scaled(number, scale) for number in numbers]
    kept = [whole_literal(column, scale, w) for w in wholes if w is not None and abs(w) <= BIGGEST]
    if not kept:
        return column.is_not(None) if negated else _never(column)
    return column.not_in(kept) if negated else column.in_(kept)


def aligned(dialect: str, elements: Sequence[Sql]) -> list[Sql]:
    """Return numbers in one common form, the columns' own where that is possible."""
    scales = {scale_of(dialect, one) for one in elements if not isinstance(one, sa.BindParameter)}
    known = [constant_of(one) for one in elements]
    if len(scales) == 1 and None not in scales:
        (scale,) = scales
        model = next(one for one in elements if not isinstance(one, sa.BindParameter))
        if scale is not None and all(_fits(number, scale) for number in known):
            return [_like(one, model, scale) for one in elements]
    return [computed(dialect, one) for one in elements]


def _fits(number: Number | None, scale: int) -> bool:
    whole = 0 if number is None else scaled(number, scale)
    return whole is not None and abs(whole) <= BIGGEST


def _like(element: Sql, model: Sql, scale: int) -> Sql:
    number = constant_of(element)
    if number is not None:
        return whole_literal(model, scale, scaled(number, scale) or 0)
    if isinstance(element, sa.BindParameter):
        return sa.literal(None, model.type)
    return element
