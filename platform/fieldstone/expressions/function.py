"""What one function of the language is: its forms in Python and SQL and its sentence, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement

from fieldstone.expressions.types import Kind

Sql = ColumnElement[Any]
Shape = frozenset[Kind]

TEXTS: Final[Shape] = frozenset({Kind.TEXT})
NUMBERS: Final[Shape] = frozenset({Kind.NUMBER})
CONDITION: Final[Shape] = frozenset({Kind.BOOLEAN})
DATES: Final[Shape] = frozenset({Kind.DATE})
DATETIMES: Final[Shape] = frozenset({Kind.DATETIME})
TIMES: Final[Shape] = frozenset({Kind.TIME})
DURATIONS: Final[Shape] = frozenset({Kind.DURATION})
LISTS: Final[Shape] = frozenset({Kind.LIST})
ORDERED: Final[Shape] = frozenset(
    {Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION}
)
KEPT: Final[Shape] = frozenset(set(Kind) - {Kind.ROWS, Kind.NULL})
VALUES: Final[Shape] = frozenset(KEPT - {Kind.JSON})


@dataclass(frozen=True)
class Form:
    """A function for one choice of argument kinds.

    `python` gets plain values and answers with one, or None for a missing one. `postgresql`
    and `sqlite` get elements; without `sqlite` the Python form is called from SQLite.
    `same`: the arguments from that one on are of one type, which is also what it gives.
    A `strict` form is missing (a test: false) when an argument is missing and is not asked.
    `partial`: may be missing although no argument is. `clock`: gets the Env first.
    `code`: Python source with {0}, {1}, each used once, in place of a call.
    """

    takes: tuple[Shape, ...]
    gives: Kind | None
    python: Callable[..., object]
    postgresql: Callable[..., Sql]
    sqlite: Callable[..., Sql] | None = None
    repeats: bool = False
    optional: int = 0
    same: int | None = None
    strict: bool = True
    partial: bool = False
    clock: bool = False
    code: str = ""

    def shape(self, position: int) -> Shape:
        """Return what the argument at a position may be."""
        return self.takes[min(position, len(self.takes) - 1)]

    def fits_count(self, count: int) -> bool:
        """Tell whether the form takes so many arguments."""
        least = len(self.takes) - self.optional
        return count >= least and (self.repeats or count <= len(self.takes))


@dataclass(frozen=True)
class Function:
    """A function people write, or an operator (then `name` is its word and not written).

    `doc` is one sentence for docs/expressions.md; `en` and `zh` are sentences for reading
    back, with {0}, {1} for the arguments and {all} for all of them.
    """

    name: str
    forms: tuple[Form, ...]
    doc: str
    en: str
    zh: str
    uses_now: bool = False
    written: bool = True
    example: str = ""
