"""The window through which an expression sees tables; storage implements it."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause


class Columns(Protocol):
    """The columns of one object in one statement that is being built."""

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""

    def column(self, path: str) -> ColumnElement[Any]:
        """Return the column of "budget" or, making what joins it takes, of "channel.kind"."""

    def rows(self, name: str) -> tuple[FromClause, Columns, ColumnElement[bool]]:
        """Return a child relation's alias, its columns and the clause that ties it to the row.

        Its `column("owner.region")` must stand by itself (a correlated scalar subquery), for
        the alias is already placed when the names inside are resolved.
        """
