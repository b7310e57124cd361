"""The table of all functions and operators of the language."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from fieldstone.expressions import functions_any, functions_date, functions_number, functions_text
from fieldstone.expressions.function import Form, Function

_ADD: Final = Function(
    "add",
    (*functions_number.ADD, functions_text.JOIN, *functions_date.ADD),
    "Add with +: numbers, texts, durations, a duration to a moment.",
    "{0} plus {1}",
    "{0}加{1}",
    written=False,
)
_SUBTRACT: Final = Function(
    "subtract",
    (*functions_number.SUBTRACT, *functions_date.SUBTRACT),
    "Subtract with -: numbers, durations, moments (a duration comes out).",
    "{0} minus {1}",
    "{0}减{1}",
    written=False,
)

TABLE: Final = MappingProxyType(
    {
        function.name: function
        for function in (
            *functions_any.FUNCTIONS,
            *functions_text.FUNCTIONS,
            *functions_number.FUNCTIONS,
            *functions_date.FUNCTIONS,
            _ADD,
            _SUBTRACT,
            *functions_number.OPERATORS,
            *functions_date.OPERATORS,
        )
    }
)
WRITTEN: Final = tuple(name for name, function in TABLE.items() if function.written)
AGGREGATES: Final = functions_any.AGGREGATES


def form_of(name: str, index: int) -> Form:
    """Return one form of one function."""
    return TABLE[name].forms[index]
