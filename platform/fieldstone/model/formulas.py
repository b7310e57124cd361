"""Formulas of one object, in the order in which they rest on each other, worked out for a row in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from fieldstone.expressions.env import Env
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field

Wrong = list[tuple[str, InvalidValueError]]


def in_order(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Sort formulas so that each comes after those it reads; the compiler refused cycles."""
    formulas = {field.code: field for field in fields if field.formula is not None}
    graph = {
        code: {name for name in field.formula.names if name in formulas}
        for code, field in formulas.items()
        if field.formula is not None
    }
    return tuple(formulas[code] for code in TopologicalSorter(graph).static_order())


def worked_out(
    row: Mapping[str, object], formulas: Iterable[Field], env: Env
) -> tuple[dict[str, object], Wrong]:
    """Return the row with these formulas, which are in order, and by code what the results' types refuse."""
    result, wrong = dict(row), []
    for field in formulas:
        if field.formula is None:
            continue
        try:
            result[field.code] = field.type.parse(field.formula.evaluate(result, env))
        except InvalidValueError as invalid:
            wrong.append((field.code, invalid))
    return result, wrong
