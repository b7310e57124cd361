"""Where values come from: answers that hold for a while, and which field of which record got which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, select

from fieldstone.storage.platform_tables import PLATFORM, instant, json, text, upserting

fs_enrichment: Final = Table(
    "fs_enrichment",
    PLATFORM,
    text("rule", key=True),
    text("key", key=True),
    json("facts"),
    text("confidence", null=False),
    text("origin"),
    instant("asked_at", null=False),
    instant("holds_until", null=False),
)

fs_provenance: Final = Table(
    "fs_provenance",
    PLATFORM,
    text("record", key=True),
    text("field", key=True),
    text("object", null=False),
    text("rule", null=False),
    text("provider", null=False),
    text("origin"),
    text("confidence", null=False),
    json("value"),
    instant("at", null=False),
)


@dataclass(frozen=True)
class Kept:
    """An answer that still holds."""

    facts: Mapping[str, Any]
    confidence: str
    origin: str


@dataclass(frozen=True)
class Provenance:
    """Where the value of one field came from, as JSON, and when."""

    field: str
    rule: str
    provider: str
    origin: str
    confidence: str
    value: object
    at: datetime


class Origins:
    """Answers and origins within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection
        self._dialect = connection.dialect.name

    def answer(
        self, rule: str, key: str, now: datetime, since: datetime | None = None
    ) -> Kept | None:
        """Return the answer that a rule got for a key, while it holds; only one that is no older than `since`."""
        asked = select(
            fs_enrichment.c.facts, fs_enrichment.c.confidence, fs_enrichment.c.origin
        ).where(
            fs_enrichment.c.rule == rule,
            fs_enrichment.c.key == key,
            fs_enrichment.c.holds_until > now,
            *([fs_enrichment.c.asked_at >= since] if since else []),
        )
        row = self._connection.execute(asked).first()
        return None if row is None else Kept(row.facts or {}, row.confidence, row.origin or "")

    def empty_since(self, rule: str, key: str) -> datetime | None:
        """Return when a rule was answered that nothing is known under a key; None without such an answer."""
        asked = select(fs_enrichment.c.asked_at, fs_enrichment.c.facts).where(
            fs_enrichment.c.rule == rule, fs_enrichment.c.key == key
        )
        row = self._connection.execute(asked).first()
        return row.asked_at if row is not None and not row.facts else None

    def keep(self, rule: str, key: str, kept: Kept, span: tuple[datetime, datetime]) -> None:
        """Keep an answer from the first to the second instant, in place of the one before."""
        values = {
            "facts": kept.facts,
            "confidence": kept.confidence,
            "origin": kept.origin,
            "asked_at": span[0],
            "holds_until": span[1],
        }
        adding = upserting(fs_enrichment, self._dialect).values(rule=rule, key=key, **values)
        self._connection.execute(
            adding.on_conflict_do_update(index_elements=["rule", "key"], set_=values)
        )

    def note(self, object_name: str, record: str, several: Sequence[Provenance]) -> None:
        """Note where the values of a record's fields came from, in the transaction that wrote them."""
        for one in several:
            values = {
                "object": object_name,
                "rule": one.rule,
                "provider": one.provider,
                "origin": one.origin,
                "confidence": one.confidence,
                "value": one.value,
                "at": one.at,
            }
            adding = upserting(fs_provenance, self._dialect).values(
                record=record, field=one.field, **values
            )
            self._connection.execute(
                adding.on_conflict_do_update(index_elements=["record", "field"], set_=values)
            )

    def of(self, record: str) -> list[Provenance]:
        """Return where the values of a record came from, by field."""
        asked = select(fs_provenance).where(fs_provenance.c.record == record)
        rows = self._connection.execute(asked.order_by(fs_provenance.c.field))
        return [
            Provenance(r.field, r.rule, r.provider, r.origin or "", r.confidence, r.value, r.at)
            for r in rows
        ]


def forget_answers(connection: Connection, now: datetime) -> int:
    """Delete answers that no longer hold; return how many."""
    return connection.execute(
        delete(fs_enrichment).where(fs_enrichment.c.holds_until < now)
    ).rowcount
