"""What rules ask about ownership: who had a record before and how it ended, whose groups are whose, what is alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import func, select

from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Belonging, PastOwner
from fieldstone.storage.claim_ledger import ClaimLedger
from fieldstone.storage.journal import fs_owner_span
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.reader import Reader, Stored

USER: Final = "user"
REJECTED: Final = "rejected"


class GainFacts(Reader):
    """A reader that knows owners, past and present."""

    @property
    def source(self) -> str:
        """Return by which way the write came."""
        return self.ctx.source

    def past_owners(self, record_ids: Sequence[str]) -> Mapping[str, tuple[PastOwner, ...]]:
        """Return the ended spans of ownership, newest first; each with the way it ended."""
        asked = _spans(self.dialect)
        found: dict[str, tuple[PastOwner, ...]] = {}
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self.dialect)
            spans = asked.rows(self.connection, {"ids": ids})
            for record, owner, until, reason, since, *then in spans:
                if owner is None or until is None:
                    continue
                past = PastOwner(owner, until, reason or "", _way(owner, reason or "", then), since)
                found[record] = (*found.get(record, ()), past)
        return found

    def pooled_since(self, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return since when records lie in the pool they are in."""
        span = fs_owner_span.c
        asked = select(span.record, span.since).where(
            among(span.record, self.dialect), span.until.is_(None), span.pool.is_not(None)
        )
        rows = self.connection.execute(asked, {"ids": listed(record_ids, self.dialect)})
        return dict(rows.all())

    def hold(self, rule: str, subjects: Sequence[str]) -> None:
        """Lock nothing: a read spends nothing."""

    def spent(self, rule: str, ledger: str, subject: str, since: datetime) -> int:
        """Return what an account of a claim rule was charged since an instant."""
        return ClaimLedger(self.connection, self.dialect).spent(rule, ledger, subject, since)

    def first_spent(self, rule: str, ledger: str, subject: str, since: datetime) -> datetime | None:
        """Return when the earliest of these charges was made."""
        return ClaimLedger(self.connection, self.dialect).first(rule, ledger, subject, since)

    def last_spent(self, rule: str, ledger: str, subject: str) -> datetime | None:
        """Return when the latest charge was made."""
        return ClaimLedger(self.connection, self.dialect).last(rule, ledger, subject)

    def with_lookups(
        self, object_name: str, rows: Mapping[str, Stored], expressions: Sequence[Expression]
    ) -> dict[str, Stored]:
        """Return rows with what these expressions look up behind their links."""
        paths = {path for one in expressions for path in one.paths}
        if not paths or not rows:
            return dict(rows)
        found = self.lookups(object_name, list(rows.values()), paths)
        return {
            record_id: {**row, **more}
            for (record_id, row), more in zip(rows.items(), found, strict=True)
        }

    def belonging(self, people: Sequence[str]) -> Mapping[str, Belonging]:
        """Return the groups of people by their ids, the nearest first."""
        if USER not in self.tables.objects:
            return {}
        rows = self.live(USER, people)
        teams = self._called("team", [row.get("team") for row in rows.values()])
        found = {}
        for person, row in rows.items():
            groups = [f"user:{name}" for name in (person, row.get("email")) if name]
            groups += [f"role:{role}" for role in row.get("roles") or ()]
            groups += [f"team:{name}" for name in teams.get(str(row.get("team")), ())]
            for department in self._upwards(row.get("department")):
                names = self._called("department", [department])[department]
                groups += [f"department:{name}" for name in names]
            found[person] = Belonging(str(row.get("name") or ""), tuple(groups))
        return found

    def alike(
        self, object_name: str, field_code: str, record_ids: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """Return, by record, itself and the live records that have the same value in a field."""
        rows = self.rows(object_name, list(record_ids), names=(field_code,))
        wanted = sorted({str(row[field_code]) for row in rows.values() if row.get(field_code)})
        sharing: dict[str, list[str]] = {}
        for (value, *_), record_id in self.holders(
            object_name, (field_code,), [(v,) for v in wanted]
        ):
            sharing.setdefault(str(value), []).append(record_id)
        found = {}
        for record_id in record_ids:
            value = str(rows.get(record_id, {}).get(field_code) or "")
            found[record_id] = tuple(dict.fromkeys((record_id, *sharing.get(value, ()))))
        return found

    def _called(self, object_name: str, ids: Sequence[object]) -> dict[str, list[str]]:
        """Return what teams or departments are called in rules: by code, name and id."""
        wanted = sorted({one for one in ids if isinstance(one, str)})
        rows: dict[str, Stored] = {}
        if wanted and object_name in self.tables.objects:
            rows = self.live(object_name, wanted)
        return {
            one: [
                *(str(rows[one][c]) for c in ("code", "name") if rows.get(one, {}).get(c)),
                one,
            ]
            for one in wanted
        }

    def _upwards(self, department: object) -> list[str]:
        """Return a department and all above it; a circle ends where it began."""
        found: list[str] = []
        while isinstance(department, str) and department not in found:
            found.append(department)
            department = self.live("department", [department]).get(department, {}).get("parent")
        return found


@cache
def _spans(dialect: str) -> Prepared:
    """Return the question for the spans of ownership of records, each with who came next and by whom."""
    span = fs_owner_span.c
    turn: dict[str, Any] = {"partition_by": span.record, "order_by": (span.since, span.id)}
    following = [func.lead(one).over(**turn) for one in (span.owner, span.pool, span.actor)]
    return Prepared(
        select(span.record, span.owner, span.until, span.reason, span.since, *following)
        .where(among(span.record, dialect))
        .order_by(span.until.desc(), span.id.desc())
    )


def _way(owner: str, reason: str, then: Sequence[object]) -> str:
    """Return how a span ended; `then` is the next owner, the next pool, and who saw to it."""
    next_owner, next_pool, actor = then
    if reason.partition(":")[0] == REJECTED:
        return "reject"
    if next_owner is not None:
        return "transfer"
    if next_pool is None:
        return ""
    return "return" if actor == owner else "recall"
