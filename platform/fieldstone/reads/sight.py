"""Where a read looks: who asks and when, the live model, and an open connection for reading."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Select
from sqlalchemy.engine import Row

from fieldstone.access.access import Access, env_of
from fieldstone.access.viewer import Viewer
from fieldstone.changes.nouns import Context
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression
from fieldstone.model.site_model import Model
from fieldstone.reads.frame import Frame, frame_of
from fieldstone.reads.kept import Kept, key_of, watched
from fieldstone.storage.answers import Answer
from fieldstone.storage.at_once import NOTHING
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.reader import Reader
from fieldstone.storage.tables import Tables

Plan = TypeVar("Plan")


@dataclass(frozen=True, eq=False)
class Sight:
    """One snapshot of the database, seen by one actor.

    Inside a public pool `special` replaces the access to its object, and one of `sees` must hold there.
    `single` says that one record or one page is all that is looked for.
    """

    ctx: Context
    model: Model
    tables: Tables
    reader: Reader
    special: Access | None = None
    sees: tuple[Expression, ...] = ()
    kept: Kept | None = None
    single: bool = False

    @property
    def viewer(self) -> Viewer:
        """Return the actor looking at the model."""
        return Viewer(self.model, self.ctx.actor, self.special)

    def frame(self, object_name: str, env: Env | None = None) -> Frame:
        """Return a fresh frame over one object."""
        return frame_of(self.viewer, self.tables, object_name, env or env_of(self.ctx))

    def planned(
        self, question: tuple[Hashable, ...], build: Callable[[Env], Plan], *, keep: bool
    ) -> Plan:
        """Return what `build` makes of a question; the same object again while it may be kept."""
        key = None
        if keep and self.kept is not None and self.special is None:
            key = key_of(self.model, self.ctx.actor, *question)
        if key is None or self.kept is None:
            return build(env_of(self.ctx))
        found = self.kept.find(key)
        if found is not None:
            return cast("Plan", found)
        env = watched(env_of(self.ctx))
        made = build(env)
        if env.timeless:
            self.kept.keep(key, made)
        return made

    def asked(
        self, prepared: Prepared, values: Mapping[str, object] = NOTHING, *, alone: bool
    ) -> Answer:
        """Return the answer to a statement that is kept; `alone`: nothing else has to see the same moment."""
        if alone and self.single:
            return self.reader.answer(prepared, values)
        return prepared.answer(self.reader.connection, values)

    def fetch(
        self, statement: Select[Any], values: Mapping[str, object] | None = None
    ) -> Sequence[Row[Any]]:
        """Return the rows of a statement."""
        return self.reader.connection.execute(statement, dict(values or {})).all()


def id_list(ids: Sequence[str]) -> list[list[str]]:
    """Return ids, each once, in portions that fit one statement."""
    distinct = list(dict.fromkeys(ids))
    return [distinct[start : start + PORTION] for start in range(0, len(distinct), PORTION)]


PORTION = 500
