"""What a driver answered: the values as it gave them, and how they become ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """The rows of one statement. Without `kinds` the values are ours already."""

    raw: list[Row]
    converts: Sequence[tuple[int, Convert]] = ()  # by the place of the column
    kinds: Sequence[TypeEngine[Any]] = ()  # of the columns, as the statement knows them

    def rows(self) -> list[Row]:
        """Return the rows with our values in them."""
        return converted(self.raw, self.converts)

    def row(self, place: int) -> Row:
        """Return one row with our values in it."""
        return _row(self.raw[place], self.converts)


def converted(rows: list[Row], converts: Sequence[tuple[int, Convert]]) -> list[Row]:
    """Return rows with some of their columns converted; what is missing stays missing."""
    if not converts or not rows:
        return rows
    if len(rows) == 1:
        return [_row(rows[0], converts)]
    # Column by column, which is a third of the work.
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, convert in converts:
        columns[place] = [value if value is None else convert(value) for value in columns[place]]
    return list(zip(*columns, strict=True))


def _row(row: Row, converts: Sequence[tuple[int, Convert]]) -> Row:
    values = list(row)
    for place, convert in converts:
        if values[place] is not None:
            values[place] = convert(values[place])
    return tuple(values)
