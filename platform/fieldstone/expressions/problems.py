"""What is wrong with an expression: all of it at once, each with its column and its cure."""

from __future__ import annotations

from collections.abc import Iterable

from fieldstone.base.errors import FieldstoneError, Problem


class ExpressionError(FieldstoneError):
    """The text is no expression of this object; `problems` says where and what to write.

    Each problem's path is "expression:COLUMN", 1-based; `column` is the first one's.
    """

    def __init__(self, text: str, problems: Iterable[Problem]) -> None:
        """Keep the text and everything wrong with it."""
        self.text = text
        self.problems = tuple(problems)
        self.column = int(self.problems[0].path.rpartition(":")[2])
        super().__init__("\n".join(f"{p.path}: {p.message} {p.cure}" for p in self.problems))

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[str, tuple[Problem, ...]]]:
        """Let the error travel between processes."""
        return type(self), (self.text, self.problems)


def problem(code: str, column: int, message: str, cure: str) -> Problem:
    """Return a problem at a 1-based column of the expression."""
    return Problem(code, f"expression:{column}", message, cure)
