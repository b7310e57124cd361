"""The audit log: every entry carries the hash of the one before, so that a later change shows."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, bindparam, select, update

from fieldstone.expressions.sqltypes import instant_text
from fieldstone.storage.platform_tables import PLATFORM, instant, packed, text, whole
from fieldstone.storage.prepared import Adding, Prepared, send

CHAINS: Final = 16
"""Chains that grow side by side. A writer takes any chain whose end is free, so that PostgreSQL writers
seldom wait for each other's commit; each chain proves its own entries, and its end is a row that moves on."""

fs_chain: Final = Table(
    "fs_chain",
    PLATFORM,
    whole("chain", key=True),
    whole("length", null=False),
    text("hash", null=False),
)

fs_audit: Final = Table(
    "fs_audit",
    PLATFORM,
    whole("chain", key=True),
    whole("place", key=True),
    instant("at", null=False),
    instant("written_at", null=False),
    text("actor", null=False),
    text("source"),
    text("request"),
    text("object", null=False),
    text("record", null=False),
    text("operation", null=False),
    whole("version"),
    text("changes", null=False),  # JSON text exactly as it was hashed
    text("reason"),
    text("hash", null=False),
    Index("ix_fs_audit_record", "record", "at"),
    Index("ix_fs_audit_at", "at"),
)

_HASHED = (
    "actor",
    "source",
    "request",
    "object",
    "record",
    "operation",
    "version",
    "changes",
    "reason",
)


@dataclass(frozen=True)
class BrokenLink:
    """A place in a chain whose entry does not follow from the one before."""

    chain: int
    place: int


class Chain:
    """Collects the audit entries of one transaction and writes them at its end."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        """Write through `connection`."""
        self._connection = connection
        self._dialect = dialect
        self._waiting: list[Mapping[str, object]] = []

    def add(self, entry: Mapping[str, object]) -> None:
        """Let an entry (columns of fs_audit, `changes` as a mapping) wait for `write`."""
        self._waiting.append(entry)

    def write(self) -> None:
        """Append all waiting entries to one chain, whose end stays locked until COMMIT; all else is sent before."""
        if not self._waiting:
            send(self._connection)
            return
        chain, length, last = self._free_end()
        rows = []
        for place, entry in enumerate(self._waiting, start=length + 1):
            row = {**entry, "changes": packed(entry["changes"]), "chain": chain, "place": place}
            last = row["hash"] = _hash(last, row)
            rows.append(row)
        _ADD.later(self._connection, rows)
        end = {"b_chain": chain, "b_length": length + len(rows), "b_hash": last}
        _MOVE_END.later(self._connection, [end])
        self._waiting.clear()

    def _free_end(self) -> tuple[int, int, str]:
        free: list[tuple[Any, ...]] = []
        asked, one = _ONE_END, 0  # SQLite has one writer at a time anyway
        if self._dialect == "postgresql":
            free = _FREE_END.rows(self._connection, after_all=True)
            asked, one = _LOCKED_END, random.randrange(CHAINS)  # noqa: S311 - spreads load, guards nothing
        (end,) = free or asked.rows(self._connection, {"b_chain": one}, after_all=True)
        return end[0], end[1], end[2]


# Built once: making a statement costs more than running it.
_ADD = Adding(fs_audit)
_ENDS = select(fs_chain.c.chain, fs_chain.c.length, fs_chain.c.hash)
_FREE_END = Prepared(_ENDS.limit(1).with_for_update(skip_locked=True))
_END = _ENDS.where(fs_chain.c.chain == bindparam("b_chain"))
_ONE_END, _LOCKED_END = Prepared(_END), Prepared(_END.with_for_update())
_MOVE_END = Prepared(
    update(fs_chain)
    .where(fs_chain.c.chain == bindparam("b_chain"))
    .values(length=bindparam("b_length"), hash=bindparam("b_hash"))
)


def broken_links(connection: Connection) -> Iterator[BrokenLink]:
    """Yield every place where the audit log was changed, cut out or put in after the fact."""
    hashed = [fs_audit.c[name] for name in ("chain", "place", "at", "written_at", *_HASHED, "hash")]
    ends = connection.execute(_ENDS).all()
    for chain, length, end in ends:
        last, expected = "", 1
        entries = select(*hashed).where(fs_audit.c.chain == chain).order_by(fs_audit.c.place)
        for entry in connection.execute(entries).mappings():
            if entry["place"] != expected or entry["hash"] != _hash(last, entry):
                yield BrokenLink(chain, expected)
            last, expected = entry["hash"], entry["place"] + 1
        if expected != length + 1 or last != end:
            yield BrokenLink(chain, expected)


def _hash(before: str, row: Mapping[Any, Any]) -> str:
    """Hash an entry with the one before it; times as text, for databases give them back differently."""
    times = [instant_text(row[name]) for name in ("at", "written_at")]
    content = packed([before, row["chain"], row["place"], *times, *(row[n] for n in _HASHED)])
    return hashlib.sha256(content.encode()).hexdigest()
