"""Where a read looks: who asks and when, the live model, and an open connection for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.engine import Row

from fieldstone.access.access import Access
from fieldstone.access.viewer import Viewer
from fieldstone.changes.nouns import Context
from fieldstone.expressions.expression import Expression
from fieldstone.model.site_model import Model
from fieldstone.reads.frame import Clause, Frame, frame_of
from fieldstone.storage.reader import Reader
from fieldstone.storage.tables import Tables


@dataclass(frozen=True, eq=False)
class Sight:
    """One snapshot of the database, seen by one actor.

    Inside a public pool `special` replaces the access to its object, and one of `sees` must hold there.
    """

    ctx: Context
    model: Model
    tables: Tables
    reader: Reader
    special: Access | None = None
    sees: tuple[Expression, ...] = ()

    @property
    def viewer(self) -> Viewer:
        """Return the actor looking at the model."""
        return Viewer(self.model, self.ctx.actor, self.special)

    def frame(self, object_name: str) -> Frame:
        """Return a fresh frame over one object."""
        return frame_of(self.ctx, self.model, self.tables, object_name, self.special)

    def fetch(
        self, statement: Select[Any], values: Mapping[str, object] | None = None
    ) -> Sequence[Row[Any]]:
        """Return the rows of a statement."""
        return self.reader.connection.execute(statement, dict(values or {})).all()

    def count(self, frame: Frame, where: Sequence[Clause]) -> int:
        """Return how many rows meet the conditions."""
        found = self.fetch(frame.select([func.count()], where))
        return int(found[0][0])


def id_list(ids: Sequence[str]) -> list[list[str]]:
    """Return ids, each once, in portions that fit one statement."""
    distinct = list(dict.fromkeys(ids))
    return [distinct[start : start + PORTION] for start in range(0, len(distinct), PORTION)]


PORTION = 500
