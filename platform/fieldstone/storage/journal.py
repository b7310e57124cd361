"""What happened and why: the hash-chained audit, decisions, time in stages and spans of ownership."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import (
    Connection,
    Index,
    Table,
    bindparam,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Candidate, Context, Decision
from fieldstone.storage.chain import Chain
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    text,
    whole,
)
from fieldstone.storage.prepared import Adding, Changing

fs_decision: Final = Table(
    "fs_decision",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    instant("at", null=False),
    text("request"),
    text("rule", null=False),
    text("kind", null=False),
    whole("version", null=False),
    text("because_en"),
    text("because_zh"),
    json("sets"),
    json("candidates"),
    text("chosen"),  # the owner it gave the record to
    Index("ix_fs_decision_record", "record", "id"),
    Index("ix_fs_decision_chosen", "rule", "chosen", "at"),
)

fs_stage_history: Final = Table(
    "fs_stage_history",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("pipeline"),
    text("stage", null=False),
    text("kind"),
    instant("entered_at", null=False),
    instant("left_at"),
    whole("seconds"),
    text("actor"),
    text("rule"),
    text("owner"),  # the owner when it was entered: reports count by the owner of that time
    text("reason"),
    Index("ix_fs_stage_history_record", "record", "entered_at"),
    Index("ix_fs_stage_history_stage", "object", "stage", "entered_at"),
)

fs_owner_span: Final = Table(
    "fs_owner_span",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("owner"),
    text("pool"),
    instant("since", null=False),
    instant("until"),
    text("reason"),  # why it ended
    text("actor"),
    text("rule"),
    Index("ix_fs_owner_span_record", "record", "since"),
    Index("ix_fs_owner_span_owner", "owner", "until"),
)


@dataclass(frozen=True)
class StageMove:
    """A stage entered; `since` is when the one before was entered (None: there was none)."""

    pipeline: str
    stage: str
    kind: str
    at: datetime
    since: datetime | None = None
    owner: str | None = None
    rule: str = ""


@dataclass(frozen=True)
class OwnerMove:
    """A new owner or pool; `ends` tells whether a span before it comes to its end."""

    owner: str | None
    pool: str | None
    at: datetime
    ends: bool
    rule: str = ""


@dataclass(frozen=True)
class JournalEntry:
    """One written change; `changes` give (old, new) by field code in JSON form."""

    object_name: str
    record_id: str
    operation: str
    version: int
    changes: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    stages: tuple[StageMove, ...] = ()  # in order of time
    owner: OwnerMove | None = None
    reason: str = ""
    at: datetime | None = None  # set by imports of history


class Journal:
    """Writes and reads the journal within one transaction.

    Audit entries wait until `close_chain`, which takes a chain's lock: it is held for the last
    moment of the transaction only.
    """

    def __init__(self, connection: Connection, ctx: Context) -> None:
        """Write on behalf of the context's actor, at its moment."""
        self._connection = connection
        self._ctx = ctx
        self._chain = Chain(connection, connection.dialect.name)

    def add(self, entries: Sequence[JournalEntry]) -> None:
        """Keep what the entries say; the audit line of each follows in `close_chain`."""
        self._decisions(entries)
        for each_once in _rounds(entries):
            self._stages(each_once)
            self._owners(each_once)
        for entry in entries:
            self._chain.add(self._audit_line(entry))

    def pools_of(self, object_name: str, record: str) -> frozenset[str]:
        """Return the pools in which a record has lain."""
        span = fs_owner_span.c
        asked = select(span.pool).where(span.object == object_name, span.record == record)
        return frozenset(pool for (pool,) in self._connection.execute(asked) if pool)

    def close_chain(self) -> None:
        """Write the waiting audit entries; the last thing before COMMIT."""
        self._chain.write()

    def _audit_line(self, entry: JournalEntry) -> dict[str, object]:
        return {
            "at": entry.at or self._ctx.now,
            "written_at": self._ctx.now,
            "actor": self._ctx.actor.id,
            "source": self._ctx.source,
            "request": self._ctx.request_id,
            "object": entry.object_name,
            "record": entry.record_id,
            "operation": str(entry.operation),
            "version": entry.version,
            "changes": entry.changes,
            "reason": entry.reason,
        }

    def _decisions(self, entries: Sequence[JournalEntry]) -> None:
        shown: dict[int, dict[str, object]] = {}
        rows = [
            self._decision_row(entry, decision, shown)
            for entry in entries
            for decision in entry.decisions
        ]
        _ADD_DECISION.later(self._connection, rows)

    def _decision_row(
        self, entry: JournalEntry, decision: Decision, shown: dict[int, dict[str, object]]
    ) -> dict[str, object]:
        owner = decision.sets.get("owner")
        return {
            "id": new_id(),
            "object": entry.object_name,
            "record": entry.record_id,
            "at": self._ctx.now,
            "request": self._ctx.request_id,
            "rule": decision.rule,
            "kind": decision.kind,
            "version": decision.version,
            "because_en": decision.because.en,
            "because_zh": decision.because.zh,
            "sets": decision.sets,
            "candidates": [_shown(one, shown) for one in decision.candidates],
            "chosen": owner if isinstance(owner, str) else None,
        }

    def _stages(self, entries: Sequence[JournalEntry]) -> None:
        closing: list[dict[str, object]] = []
        opening: list[dict[str, object]] = []
        for entry in entries:
            rows = list(self._stage_rows(entry))
            if rows and entry.stages[0].since is not None:
                first = entry.stages[0]
                closing.append(
                    {
                        "b_record": entry.record_id,
                        "b_left": first.at,
                        "b_seconds": _seconds(first.since or first.at, first.at),
                    }
                )
            opening.extend(rows)
        _CLOSE_STAGE.later(self._connection, closing)
        _OPEN_STAGE.later(self._connection, opening)

    def _stage_rows(self, entry: JournalEntry) -> Iterable[dict[str, object]]:
        following = [*(move.at for move in entry.stages[1:]), None]
        for move, left in zip(entry.stages, following, strict=False):
            yield {
                "id": new_id(),
                "object": entry.object_name,
                "record": entry.record_id,
                "pipeline": move.pipeline,
                "stage": move.stage,
                "kind": move.kind,
                "entered_at": move.at,
                "left_at": left,
                "seconds": None if left is None else _seconds(move.at, left),
                "actor": self._ctx.actor.id,
                "rule": move.rule,
                "owner": move.owner,
                "reason": entry.reason,
            }

    def _owners(self, entries: Sequence[JournalEntry]) -> None:
        moved = [(entry, entry.owner) for entry in entries if entry.owner is not None]
        closing = [
            {"b_record": entry.record_id, "b_until": move.at, "b_reason": entry.reason}
            for entry, move in moved
            if move.ends
        ]
        _CLOSE_SPAN.later(self._connection, closing)
        opening = [
            {
                "id": new_id(),
                "object": entry.object_name,
                "record": entry.record_id,
                "owner": move.owner,
                "pool": move.pool,
                "since": move.at,
                "until": None,
                "reason": "",
                "actor": self._ctx.actor.id,
                "rule": move.rule,
            }
            for entry, move in moved
            if move.owner or move.pool
        ]
        _OPEN_SPAN.later(self._connection, opening)


def _shown(one: Candidate, shown: dict[int, dict[str, object]]) -> dict[str, object]:
    """Return a candidate as JSON; many decisions of a batch share theirs, and are all alive meanwhile."""
    found = shown.get(id(one))
    if found is None:
        found = shown[id(one)] = {
            "id": one.id,
            "name": one.name,
            "chosen": one.chosen,
            "en": one.because.en,
            "zh": one.because.zh,
        }
    return found


_ADD_DECISION = Adding(fs_decision)
_OPEN_STAGE = Adding(fs_stage_history)
_OPEN_SPAN = Adding(fs_owner_span)
_CLOSE_STAGE = Changing(
    update(fs_stage_history)
    .where(fs_stage_history.c.record == bindparam("b_record"), fs_stage_history.c.left_at.is_(None))
    .values(left_at=bindparam("b_left"), seconds=bindparam("b_seconds"))
)
_CLOSE_SPAN = Changing(
    update(fs_owner_span)
    .where(fs_owner_span.c.record == bindparam("b_record"), fs_owner_span.c.until.is_(None))
    .values(until=bindparam("b_until"), reason=bindparam("b_reason"))
)


def _rounds(entries: Sequence[JournalEntry]) -> Iterable[list[JournalEntry]]:
    """Split entries so that no record stands twice in one part: what one opens the next must close."""
    rounds: list[dict[str, JournalEntry]] = []
    for entry in entries:
        part = next((one for one in rounds if entry.record_id not in one), None)
        if part is None:
            part = {}
            rounds.append(part)
        part[entry.record_id] = entry
    return [list(part.values()) for part in rounds]


def _seconds(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds()))
