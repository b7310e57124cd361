"""What the site's configuration was at every revision: its documents, each text kept once, and who changed it why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, insert, select, update

from fieldstone.storage.platform_tables import PLATFORM, instant, json, text, upserting, whole
from fieldstone.storage.site_state import fs_meta

MARK: Final = "site"
"""The row of fs_meta whose version is the revision in force: every process looks at it."""

fs_revision: Final = Table(
    "fs_revision",
    PLATFORM,
    whole("number", key=True),
    instant("at", null=False),
    text("author", null=False),
    text("author_name", null=False),  # as it was then
    text("reason", null=False),
    text("kind", null=False),  # apply, rollback, install, ...
    whole("base", null=False),
    whole("target"),  # of a rollback: the revision that it went back to
    json("difference"),
)

fs_document: Final = Table(
    "fs_document",
    PLATFORM,
    text("hash", key=True),
    text("text", null=False),
)

fs_revision_document: Final = Table(
    "fs_revision_document",
    PLATFORM,
    whole("revision", key=True),
    text("layer", key=True),
    text("path", key=True),
    whole("place", null=False),  # of the layer among the others, lowest first
    text("hash", null=False),
    Index("ix_fs_revision_document_hash", "hash"),
)


# Values that a revision moved, so that going back finds them.
fs_moved: Final = Table(
    "fs_moved",
    PLATFORM,
    whole("revision", key=True),
    text("object", key=True),  # its table's name, which stays when the object is renamed
    text("field", key=True),  # the column's name
    text("record", key=True),
    text("before"),
    text("after"),
    Index("ix_fs_moved_record", "record"),
)


@dataclass(frozen=True)
class Revision:
    """One change of the configuration; `difference` are its operations as JSON, `target` what a rollback went back to."""

    number: int
    at: datetime
    author: str
    author_name: str
    reason: str
    kind: str
    base: int
    target: int | None = None
    difference: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Text:
    """One document of one layer; layers with the lowest `place` first."""

    layer: str
    path: str
    place: int
    text: str


class Revisions:
    """Reads and writes the revisions within one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on `connection`."""
        self._connection = connection
        self._dialect = connection.dialect.name

    def current(self) -> int:
        """Return the number of the revision in force; 0 before the first."""
        asked = select(fs_meta.c.version).where(fs_meta.c.name == MARK)
        return int(self._connection.execute(asked).scalar() or 0)

    def texts(self, number: int) -> tuple[Text, ...]:
        """Return the documents of a revision by layer and path; none of revision 0."""
        link = fs_revision_document
        asked = (
            select(link.c.layer, link.c.path, link.c.place, fs_document.c.text)
            .join_from(link, fs_document, fs_document.c.hash == link.c.hash)
            .where(link.c.revision == number)
            .order_by(link.c.place, link.c.path)
        )
        return tuple(Text(*row) for row in self._connection.execute(asked))

    def add(self, revision: Revision, texts: Sequence[Text], now: datetime) -> bool:
        """Put a revision into force; False, and nothing written, when another came after its base."""
        moved = (
            update(fs_meta)
            .where(fs_meta.c.name == MARK, fs_meta.c.version == revision.base)
            .values(version=revision.number, changed_at=now)
        )
        if self._connection.execute(moved).rowcount != 1:
            return False
        row = {**vars(revision), "difference": list(revision.difference)}
        self._connection.execute(insert(fs_revision), [row])
        self._keep(revision.number, texts)
        return True

    def prepare(self, now: datetime) -> None:
        """Make the row that every process looks at, if it is not there."""
        adding = upserting(fs_meta, self._dialect).values(
            name=MARK, version=0, digest="", changed_at=now
        )
        self._connection.execute(adding.on_conflict_do_nothing(index_elements=["name"]))

    def _keep(self, number: int, texts: Sequence[Text]) -> None:
        hashed = [(sha256(one.text.encode()).hexdigest(), one) for one in texts]
        if not hashed:
            return
        adding = upserting(fs_document, self._dialect)
        self._connection.execute(
            adding.on_conflict_do_nothing(index_elements=["hash"]),
            [{"hash": digest, "text": one.text} for digest, one in hashed],
        )
        self._connection.execute(
            insert(fs_revision_document),
            [
                {"revision": number, "layer": one.layer, "path": one.path, "place": one.place, "hash": digest}
                for digest, one in hashed
            ],
        )  # fmt: skip

    def revision(self, number: int) -> Revision | None:
        """Return one revision, None when there is no such one."""
        found = self._connection.execute(_ALL.where(fs_revision.c.number == number)).first()
        return None if found is None else _revision(found)

    def latest(self, limit: int = 50, before: int | None = None) -> tuple[Revision, ...]:
        """Return revisions, the newest first, from below number `before` on."""
        asked = _ALL.order_by(fs_revision.c.number.desc()).limit(limit)
        if before is not None:
            asked = asked.where(fs_revision.c.number < before)
        return tuple(_revision(row) for row in self._connection.execute(asked))


_ALL: Final = select(
    fs_revision.c.number,
    fs_revision.c.at,
    fs_revision.c.author,
    fs_revision.c.author_name,
    fs_revision.c.reason,
    fs_revision.c.kind,
    fs_revision.c.base,
    fs_revision.c.target,
    fs_revision.c.difference,
)


def _revision(row: Any) -> Revision:
    return Revision(
        row.number,
        row.at,
        row.author,
        row.author_name,
        row.reason,
        row.kind,
        row.base,
        row.target,
        tuple(row.difference or ()),
    )
