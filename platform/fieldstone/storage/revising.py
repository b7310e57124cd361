"""Puts a revision into force in the transaction that brings the tables to its model: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from fieldstone.changes.nouns import Context
from fieldstone.storage import kept_columns
from fieldstone.storage.following_rules import follow_rules
from fieldstone.storage.journal import Journal, JournalEntry
from fieldstone.storage.queue import Jobs
from fieldstone.storage.relocating import Relocating, Relocation
from fieldstone.storage.retyping import Carrier
from fieldstone.storage.revisions import Revision, Revisions, Text
from fieldstone.storage.site_state import rule_versions
from fieldstone.storage.tables import Tables

SETTLE: Final = "settle_configuration"
FOLLOWED: Final = timedelta(seconds=2)
"""After this every process follows a revision."""


class Overtaken(Exception):  # noqa: N818 - a signal that the caller turns into a refusal
    """Another revision came after the one that this was made from."""


class Revising:
    """What is written together with the tables; call it once with the connection of their transaction."""

    def __init__(
        self,
        ctx: Context,
        tables: Tables,
        revision: Revision,
        texts: Sequence[Text],
        relocation: Relocation,
    ) -> None:
        """Write `revision` with its documents, and take the records along, on behalf of the context's actor."""
        self.versions: Mapping[str, int] = {}
        self._ctx = ctx
        self._tables = tables
        self._revision = revision
        self._texts = texts
        self._relocation = relocation

    def __call__(self, connection: Connection) -> None:
        """Write it. Raises Overtaken, and nothing is written."""
        now: datetime = self._ctx.now
        if not Revisions(connection).add(self._revision, self._texts, now):
            raise Overtaken
        follow_rules(connection, self._relocation.rules)
        self.versions = rule_versions(connection, self._tables.dialect, self._tables.model, now)
        carrier = Carrier(connection.engine)
        for carry in self._relocation.carries:
            carrier.catch_up(connection, carry)
        kept_columns.write(connection, self._relocation.columns)
        relocating = Relocating(connection, self._tables, self._ctx, self._revision.number)
        relocating.call(self._relocation.codes)
        relocating.views(self._relocation)
        relocating.remember_codes(self._relocation)
        relocating.pipelines(self._relocation.pipelines)
        moves = self._relocation.moves
        relocating.move(one for one in moves if one.renamed)
        if self._revision.target is not None:
            relocating.back_to(self._revision.target)
        relocating.move(one for one in moves if not one.renamed)
        self._settle_later(connection)
        self._audit(connection)

    def _settle_later(self, connection: Connection) -> None:
        """Let a worker do what takes long or must wait until every process follows."""
        wanted = self._relocation
        if wanted.carries or wanted.fills or wanted.searched_anew or wanted.rules:
            jobs = Jobs(connection, self._tables.dialect, self._ctx.now)
            number = self._revision.number
            jobs.add(
                SETTLE,
                {
                    "revision": number,
                    "fills": [list(one) for one in wanted.fills],
                    "rules": [[one.earlier, one.code] for one in wanted.rules],
                },
                actor=self._ctx.actor.id,
                unique_key=f"{SETTLE}/{number}",
                due=self._ctx.now + FOLLOWED,
            )

    def _audit(self, connection: Connection) -> None:
        """Keep in the audit log what an administrator did, as for any record."""
        one = self._revision
        steps = {
            f"{place}": (None, step["sentence"]["en"])
            for place, step in enumerate(one.difference, start=1)
        }
        journal = Journal(connection, self._ctx)
        entry = JournalEntry("config", str(one.number), one.kind, 1, steps, reason=one.reason)
        journal.add([entry])
        journal.close_chain()
