"""One SELECT in the making: an object, a viewer, and the columns this viewer may use in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from fieldstone.access.access import Access
from fieldstone.access.viewer import Viewer, VisibleColumns
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression, ExpressionError, parse
from fieldstone.expressions.types import BOOLEAN, Type
from fieldstone.model.objects import ObjectType
from fieldstone.storage.columns import ObjectColumns
from fieldstone.storage.tables import Tables

Clause = ColumnElement[bool]


@dataclass(frozen=True, eq=False)
class Frame:
    """The surroundings of one statement over one object.

    `raw` sees every column and is for access rules and the platform's own columns; `columns` sees what the
    viewer may see and is for everything that a caller named.
    """

    viewer: Viewer
    env: Env
    object_name: str
    raw: ObjectColumns
    columns: VisibleColumns

    @property
    def access(self) -> Access:
        """Return the viewer's access to the object."""
        return self.viewer.access(self.object_name)

    @property
    def spec(self) -> ObjectType:
        """Return the object."""
        return self.viewer.model.objects[self.object_name]

    def within(self, *, deleted: bool) -> list[Clause]:
        """Return the conditions that every statement has: live (or binned) and within the scope."""
        gone = self.raw.column("deleted_at")
        clauses: list[Clause] = [gone.is_not(None) if deleted else gone.is_(None)]
        scope = self.access.read_scope
        if not scope.everything:
            clauses.append(scope.clause(self.raw, self.env))
        return clauses

    def holding(self, condition: Expression | None) -> list[Clause]:
        """Return a condition of the caller or of a view, over what the viewer may see."""
        return [] if condition is None else [condition.where(self.columns, self.env)]

    def select(self, columns: Sequence[ColumnElement[Any]], where: Sequence[Clause]) -> Select[Any]:
        """Return the statement; call it last, when every column is named and every join known."""
        return self.raw.apply(select(*columns)).where(*where)


def frame_of(viewer: Viewer, tables: Tables, object_name: str, env: Env) -> Frame:
    """Return a fresh frame."""
    raw = ObjectColumns(tables, viewer.model, object_name, env)
    return Frame(viewer, env, object_name, raw, viewer.columns(raw, object_name, env))


def condition_of(
    viewer: Viewer, object_name: str, written: str | Expression | None, parameter: str = "filter"
) -> Expression | None:
    """Return the caller's condition, typed against what this viewer may name.

    Raises RefusedError (400) with every problem in it; a hidden field reads as an unknown one.
    """
    if isinstance(written, Expression):
        # It may have been parsed by somebody who sees more: parse it as this viewer.
        written = written.text
    if written is None or not written.strip():
        return None
    return expression_of(viewer, object_name, written, parameter, BOOLEAN)


def expression_of(
    viewer: Viewer, object_name: str, text: str, parameter: str, expects: Type | None
) -> Expression:
    """Return a parsed expression of this viewer, or refuse it (400) with every problem in it."""
    try:
        return parse(text, viewer.scope(object_name), expects=expects)
    except ExpressionError as error:
        raise RefusedError(
            [
                Problem(p.code, p.path.replace("expression", parameter, 1), p.message, p.cure)
                for p in error.problems
            ],
            400,
        ) from None


def may_read(viewer: Viewer, object_name: str) -> Access:
    """Return the access, or refuse (404): an object one may not read is an object that is not there."""
    if object_name in viewer.model.objects:
        access = viewer.access(object_name)
        if access.may_read:
            return access
    problem = Problem(
        "unknown_object",
        "object",
        f"There is no object {object_name!r}.",
        "GET /api/v1/meta lists the objects you may use.",
    )
    raise RefusedError([problem], 404)
