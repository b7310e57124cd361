"""Rows of a condition as text, so that each is read again as the same row."""

from __future__ import annotations

import ast
from typing import Final

from fieldstone.expressions.condition import (
    ROLE,
    SEVERAL,
    WITHOUT_VALUE,
    Group,
    Part,
    Piece,
    Row,
    rows_of,
    type_of,
)
from fieldstone.expressions.problems import ExpressionError
from fieldstone.expressions.syntax import read
from fieldstone.expressions.types import TEXT, Kind, Scope, Type

_CALLS: Final = {"contains": "contains({0}, {1})", "lacks": "not contains({0}, {1})",
                 "starts": "starts_with({0}, {1})", "not starts": "not starts_with({0}, {1})",
                 "ends": "ends_with({0}, {1})", "not ends": "not ends_with({0}, {1})",
                 "has": "{1} in {0}", "has not": "{1} not in {0}"}  # fmt: skip
_BARE: Final = {"yes": "{0}", "no": "not {0}", "false": "{0} == false", "filled": "not is_empty({0})",
                "empty": "is_empty({0})", "null": "{0} == null", "not null": "{0} != null"}  # fmt: skip


def text_of(group: Group, scope: Scope) -> str:
    """Return rows as text; a row that was not changed is written as it was read. Rows without a subject are left out."""
    return _Writer(scope).group(group)


def unfinished(group: Group, scope: Scope) -> bool:
    """Tell whether some row still waits for its value."""
    return any(
        unfinished(one, scope) if isinstance(one, Group) else isinstance(one, Row) and _waits(one, scope)
        for one in group.parts
    )  # fmt: skip


def _waits(row: Row, scope: Scope) -> bool:
    if not row.subject or row.op in WITHOUT_VALUE or _unchanged(row, scope):
        return False
    type_ = type_of(row.subject, row.measure, scope)
    may_be_empty = (
        type_ is not None and type_.kind is Kind.TEXT and not type_.choices and not row.free
    )
    return not any(row.values) and not (may_be_empty and row.op in ("==", "!="))  # fmt: skip


class _Writer:
    """Writes rows so that each is read again as the same row."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def group(self, group: Group) -> str:
        """Return a group without parentheses around it, but for a negated one."""
        texts = [text for one in group.parts if (text := self._part(one))]
        joined = f" {group.join} ".join(texts)
        return f"not ({joined})" if joined and group.negated else joined

    def _part(self, part: Part) -> str:
        if isinstance(part, Row):
            return self._row(part)
        if isinstance(part, Piece):
            text = part.text.strip()
            return f"({text})" if text and _joins(text) else text
        text = self.group(part)
        return f"({text})" if text and not part.negated else text

    def _row(self, row: Row) -> str:
        if not row.subject:
            return ""
        if _unchanged(row, self._scope):
            return row.was
        subject = f"{row.measure}({row.subject})" if row.measure else row.subject
        if row.op in WITHOUT_VALUE:
            return _BARE[row.op].format(subject)
        type_ = type_of(row.subject, row.measure, self._scope) or TEXT
        return self._compared(row, subject, type_)

    @staticmethod
    def _compared(row: Row, subject: str, type_: Type) -> str:
        if row.op == ROLE:
            return f"user.role({_quoted(row.values[0] if row.values else '')})"
        if row.op in SEVERAL:
            listed = ", ".join(_literal(one, type_) for one in row.values if one != "")
            return f"{subject} {row.op} [{listed}]"
        first = row.values[0] if row.values else ""
        value = first.strip() if row.free else _literal(first, type_)
        if row.op in _CALLS:
            return _CALLS[row.op].format(subject, value)
        return f"{subject} {row.op} {value}"


def _unchanged(row: Row, scope: Scope) -> bool:
    if not row.was:
        return False
    try:
        again = rows_of(row.was, scope)
    except ExpressionError:
        return False
    return again == Group(parts=(row,))


def _literal(text: str, type_: Type) -> str:
    kind = type_.item.kind if type_.kind is Kind.LIST and type_.item is not None else type_.kind
    if kind is Kind.NUMBER:
        return text.strip().replace(",", "")
    return text if kind is Kind.BOOLEAN else _quoted(text)


def _quoted(text: str) -> str:
    escaped = (
        text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    )
    return f"'{escaped}'"


def _joins(text: str) -> bool:
    """Tell whether a piece needs parentheses beside others."""
    try:
        return isinstance(read(text)[1], ast.BoolOp)
    except ExpressionError:
        return True
