"""What rules about scores and lifecycles ask of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import case, func, select

from fieldstone.rules.contract import Adoption
from fieldstone.storage.adoption import adoption_of
from fieldstone.storage.journal import fs_decision
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.reader import Reader


class ScoreFacts(Reader):
    """A reader that knows which rules were adopted and what they last decided."""

    def adoption(self, rule: str) -> Adoption:
        """Return which version of a rule holds for the records that stood before its last change."""
        return adoption_of(self.connection, rule)

    def last_decided(self, rule: str, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return when a rule last decided something about each record."""
        # With the rule as a condition SQLite would walk all that it ever decided, not these records.
        last = func.max(case((fs_decision.c.rule == rule, fs_decision.c.at)))
        asked = (
            select(fs_decision.c.record, last)
            .where(among(fs_decision.c.record, self.dialect))
            .group_by(fs_decision.c.record)
            .having(last.is_not(None))
        )
        found: dict[str, datetime] = {}
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self.dialect)
            rows = self.connection.execute(asked, {"ids": ids})
            found.update((record, at) for record, at in rows)
        return found
