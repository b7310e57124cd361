"""What deadlines ask of the database: the last real follow-up, the timer that stands, another rule's body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import DueTimer, RuleBody
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.reader import Reader
from fieldstone.storage.timers import Timers


class DeadlineFacts(Reader):
    """A reader that answers deadlines."""

    def latest(
        self,
        object_name: str,
        link: str,
        at: str,
        record_ids: Sequence[str],
        where: Expression | None,
    ) -> Mapping[str, datetime]:
        """Return the greatest `at` of the live rows that point to each record through `link`."""
        columns = self.columns(object_name)
        target, instant = columns.column(link), columns.column(at)
        wanted = [among(target, self.dialect), columns.column("deleted_at").is_(None)]
        if where is not None:
            wanted.append(where.clause(columns, self.env))
        asked = select(target, func.max(instant, type_=instant.type)).where(*wanted)
        asked = columns.apply(asked.group_by(target))
        found: dict[str, datetime] = {}
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self.dialect)
            rows = self.connection.execute(asked, {"ids": ids})
            found.update((record, last) for record, last in rows if last is not None)
        return found

    def standing(self, rule: str, record_ids: Sequence[str]) -> Mapping[str, DueTimer]:
        """Return the timer "due" of a rule that stands for each record."""
        return Timers(self.connection, self.dialect).standing(rule, record_ids)

    def body_of(self, rule: str) -> RuleBody | None:
        """Return the body of another rule, None when it is not there or switched off."""
        found = self.tables.model.rules.get(rule)
        return found.body if found is not None and found.enabled else None
