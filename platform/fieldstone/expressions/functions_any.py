"""Functions over values of any kind: asking for them, choosing between them."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from fieldstone.expressions.function import CONDITION, KEPT, ORDERED, VALUES, Form, Function, Sql
from fieldstone.expressions.sqltypes import PlainText, StringList, WholeNumber
from fieldstone.expressions.types import Kind


def empty(value: object) -> bool:
    """Tell whether a value is missing, an empty text or an empty list."""
    return value is None or value == "" or value == ()


def count_filled(*values: object) -> int:
    """Count the values that are not empty."""
    return sum(1 for value in values if value is not None and value not in ("", (), []))


def first_filled(*values: object) -> object:
    """Return the first value that is not missing."""
    return next((value for value in values if value is not None), None)


def empty_sql(value: Sql) -> Sql:
    """Return the clause that tells whether a value is empty; never NULL."""
    if isinstance(value.type, PlainText | sa.String):
        blank = sa.literal("", PlainText())
        if isinstance(value, sa.ColumnClause):
            return sa.or_(value.is_(None), value == blank)
        return sa.func.coalesce(value, blank, type_=PlainText()) == blank
    if isinstance(value.type, StringList):
        none = sa.literal((), StringList())
        return sa.func.coalesce(value, none, type_=StringList()) == none
    return value.is_(None)


def _count_filled_sql(*values: Sql) -> Sql:
    ones = [sa.case((empty_sql(value), 0), else_=1) for value in values]
    total: Any = ones[0]
    for one in ones[1:]:
        total = total + one
    return sa.type_coerce(total, WholeNumber())


def _coalesce(*values: Sql) -> Sql:
    return sa.func.coalesce(*values, type_=values[0].type) if len(values) > 1 else values[0]


def _choice(condition: Sql, yes: Sql, no: Sql) -> Sql:
    return sa.case((condition, yes), else_=no)


def _least(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


def _least_sqlite(*values: Sql) -> Sql:
    # SQLite's min() is NULL when one argument is; every form of a value sorts like the value.
    return sa.func.fs_least(*values, type_=values[0].type)


def _greatest_sqlite(*values: Sql) -> Sql:
    return sa.func.fs_greatest(*values, type_=values[0].type)


def _extreme(python: Any, postgresql: Any, sqlite: Any) -> tuple[Form, ...]:
    return (
        Form(
            (ORDERED, ORDERED),
            None,
            python,
            postgresql,
            sqlite,
            repeats=True,
            same=0,
            strict=False,
        ),
    )


FUNCTIONS: Final = (
    Function(
        "is_empty",
        (
            Form(
                (KEPT,),
                Kind.BOOLEAN,
                empty,
                empty_sql,
                empty_sql,
                strict=False,
                code="({0} in (None, '', ()))",
            ),
        ),
        "Test whether a value is missing, an empty text or an empty list.",
        "{0} is empty",
        "{0}为空",
        example="is_empty(mobile)",
    ),
    Function(
        "filled",
        (
            Form(
                (KEPT,),
                Kind.NUMBER,
                count_filled,
                _count_filled_sql,
                _count_filled_sql,
                repeats=True,
                strict=False,
            ),
        ),
        "Count how many of the values are not empty; with one value, also a test.",
        "how many of {all} are filled",
        "{all}中已填写的个数",
        example="filled(name, mobile, email) / 3",
    ),
    Function(
        "coalesce",
        (
            Form(
                (VALUES, VALUES),
                None,
                first_filled,
                _coalesce,
                _coalesce,
                repeats=True,
                same=0,
                strict=False,
            ),
        ),
        "Give the first of the values that is not missing.",
        "the first filled of {all}",
        "{all}中第一个有值的",
        example="coalesce(budget, 0)",
    ),
    Function(
        "if_",
        (
            Form(
                (CONDITION, VALUES, VALUES),
                None,
                lambda condition, yes, no: yes if condition else no,
                _choice,
                _choice,
                same=1,
                strict=False,
                code="({1} if {0} else {2})",
            ),
        ),
        "Give the second where the first is true, else the third.",
        "{1} if {0}, otherwise {2}",
        "若{0}则{1}，否则{2}",
        example="if_(budget >= 100000, 'large', 'small')",
    ),
    Function(
        "min",
        _extreme(_least, sa.func.least, _least_sqlite),
        "Give the smallest of the values, or of child rows; missing ones are skipped.",
        "the smallest of {all}",
        "{all}中的最小值",
        example="min(price, list_price)",
    ),
    Function(
        "max",
        _extreme(_greatest, sa.func.greatest, _greatest_sqlite),
        "Give the largest of the values, or of child rows; missing ones are skipped.",
        "the largest of {all}",
        "{all}中的最大值",
        example="max(score, 0)",
    ),
)

# Over child rows only; written like functions, compiled by themselves.
AGGREGATES: Final = {
    "count": (
        "Count child rows, all or those that fulfil a condition.",
        "count(activities, kind == 'call') >= 2",
    ),
    "sum": (
        "Add up a value over child rows; 0 when there are none.",
        "sum(items, price * quantity)",
    ),
    "avg": (
        "Give the mean of a value over child rows, ten decimals; missing when there are none.",
        "avg(items, discount)",
    ),
    "any": (
        "Test whether at least one child row fulfils a condition.",
        "any(activities, kind == 'visit')",
    ),
    "all": (
        "Test whether every child row fulfils a condition; true when there are none.",
        "all(items, price > 0)",
    ),
}
