"""What a refusal says on a page, in the reader's language."""

from __future__ import annotations

from fieldstone.base.errors import Problem
from fieldstone.base.problem_texts import in_language


def told(problem: Problem, language: str) -> str:
    """Return the message and its cure as one text."""
    said = in_language(problem, language)
    between = "" if language.startswith("zh") else " "
    return f"{said.message}{between}{said.cure}".strip()


def message(problem: Problem, language: str) -> str:
    """Return the message alone, for the line below a field."""
    return in_language(problem, language).message
