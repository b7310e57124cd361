"""Reads the text with Python's own parser and holds it to the limits, before any meaning."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from threading import Lock
from typing import Final

from fieldstone.base.text import FORBIDDEN
from fieldstone.expressions.problems import ExpressionError, problem

MOST_CHARACTERS: Final = 4096
MOST_NODES: Final = 200
MOST_DEPTH: Final = 20

# Python 3.11 keeps the depth of what it parses in one place for all threads: two at once may end in a SystemError.
_ONE_AT_A_TIME: Final = Lock()
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_SLIPS: Final = (
    (re.compile(r"(?<![=!<>])=(?!=)"), "Write == to compare."),
    (re.compile(r"&&"), "Write 'and'."),
    (re.compile(r"\|\|"), "Write 'or'."),
    (re.compile(r"!(?!=)"), "Write 'not'."),
    (re.compile(r"<>"), "Write !=."),
)
_IGNORED: Final = (ast.Load, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)


class Source:
    """The text of one expression; tells the column of each part of it."""

    def __init__(self, text: str) -> None:
        """Make the text one line, so that a column is a place in it."""
        self.text = text
        self.line = text.replace("\r", " ").replace("\n", " ")
        self.indent = len(self.line) - len(self.line.lstrip())
        # Python counts bytes, people count characters.
        self._bytes = self.line.lstrip().encode("utf-8", "replace")

    def column(self, node: ast.expr) -> int:
        """Return the 1-based column where the node begins."""
        before = self._bytes[: node.col_offset].decode("utf-8", "ignore")
        return self.indent + len(before) + 1

    def written(self, node: ast.expr) -> str:
        """Return the text of the node."""
        return self._bytes[node.col_offset : node.end_col_offset].decode("utf-8", "ignore")

    def error(self, code: str, column: int, message: str, cure: str) -> ExpressionError:
        """Return the error that stops everything at one column."""
        return ExpressionError(self.text, [problem(code, column, message, cure)])


@lru_cache(maxsize=512)
def read(text: str) -> tuple[Source, ast.expr]:
    """Return the source and its syntax tree; raises ExpressionError on broken syntax or limits.

    Nobody changes a tree: what a model says is read several times while somebody edits it, and the same each time.
    """
    source = Source(text[: MOST_CHARACTERS + 1])
    _check_characters(source, text)
    try:
        tree = tree_of(source.line.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _broken(source, error) from None
    _check_size(source, tree)
    return source, tree


def tree_of(text: str) -> ast.expr:
    """Return Python's tree of one expression. Raises SyntaxError, ValueError, RecursionError, MemoryError."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, mode="eval").body


def _check_characters(source: Source, text: str) -> None:
    if len(text.encode("utf-8", "replace")) > MOST_CHARACTERS:
        message = f"The expression is longer than {MOST_CHARACTERS} bytes."
        raise source.error(
            "expression_too_long", 1, message, "Move a part of it into a formula field."
        )
    if not source.line.strip():
        raise source.error(
            "expression_empty", 1, "The expression is empty.", "Write a condition or a value."
        )
    bad = FORBIDDEN.search(source.line)
    if bad:
        message = f"The character U+{ord(bad.group()):04X} is not allowed here."
        raise source.error("expression_character", bad.start() + 1, message, "Delete it.")
    for found in _ESCAPE.finditer(source.line):
        if found.group(1) not in "\\'\"nt":
            message = f"There is no escape {found.group()!r}."
            raise source.error(
                "expression_escape", found.start() + 1, message, "Write the character itself."
            )
    if "#" in re.sub(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", "", source.line):
        column = source.line.index("#") + 1
        raise source.error(
            "expression_comment", column, "A comment is not part of an expression.", "Delete it."
        )


def _broken(source: Source, error: Exception) -> ExpressionError:
    if not isinstance(error, SyntaxError):
        return source.error(
            "expression_too_deep", 1, "The expression is nested too deeply.", "Split it."
        )
    column = min(max(error.offset or 1, 1) + source.indent, len(source.line) + 1)
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", lambda found: " " * len(found.group()), source.line)
    for slip, cure in _SLIPS:
        found = slip.search(bare)
        if found:
            return source.error(
                "expression_syntax",
                found.start() + 1,
                f"{found.group()!r} is not understood.",
                cure,
            )
    reason = (error.msg or "it is not understood").partition(". ")[0]
    cure = "See docs/expressions.md for how conditions are written."
    return source.error(
        "expression_syntax", column, f"The expression cannot be read: {reason}.", cure
    )


def _check_size(source: Source, tree: ast.expr) -> None:
    # By hand and not by recursion: the depth is what is being checked.
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, _IGNORED):
            continue
        count += 1
        if depth > MOST_DEPTH or count > MOST_NODES:
            code, what = (
                ("expression_too_deep", f"more than {MOST_DEPTH} levels deep")
                if depth > MOST_DEPTH
                else ("expression_too_large", f"larger than {MOST_NODES} parts")
            )
            cure = "Move a part of it into a formula field."
            raise source.error(code, 1, f"The expression is {what}.", cure)
        waiting.extend((below, depth + 1) for below in ast.iter_child_nodes(node))
