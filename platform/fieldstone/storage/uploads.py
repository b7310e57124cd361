"""Files that people attached; each belongs to one field of one record and is seen through it only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Index, LargeBinary, Table, delete, insert, select, update

from fieldstone.storage.platform_tables import PLATFORM, instant, text, whole

TO_IMPORT: Final = "import"
"""Stands in place of a field for files whose rows are to be imported."""

fs_file: Final = Table(
    "fs_file",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record"),  # NULL until the record that shows it is saved
    text("field", null=False),
    text("name", null=False),
    text("type"),
    whole("size", null=False),
    text("sha256", null=False),
    Column("content", LargeBinary, nullable=False),
    text("created_by", null=False),
    instant("created_at", null=False),
    Index("ix_fs_file_record", "record"),
)


@dataclass(frozen=True)
class StoredFile:
    """An uploaded file without its content."""

    id: str
    object_name: str
    record_id: str | None
    field: str
    name: str
    type: str
    size: int
    sha256: str
    created_by: str
    created_at: datetime


class Uploads:
    """Files within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def add(self, file: StoredFile, content: bytes) -> None:
        """Keep a file."""
        values = dict(zip(_NAMES, _values(file), strict=True))
        self._connection.execute(insert(fs_file).values(**values, content=content))

    def get(self, file_id: str) -> StoredFile | None:
        """Return what is known about a file."""
        asked = select(*_COLUMNS).where(fs_file.c.id == file_id)
        row = self._connection.execute(asked).first()
        return None if row is None else StoredFile(*row)

    def content(self, file_id: str) -> bytes | None:
        """Return the bytes of a file."""
        asked = select(fs_file.c.content).where(fs_file.c.id == file_id)
        found: bytes | None = self._connection.execute(asked).scalar()
        return found

    def attach(self, file_ids: list[str], object_name: str, record_id: str, user: str) -> int:
        """Tie files that `user` uploaded for this object to a record; return how many were.

        A file that already belongs to a record, or that somebody else uploaded, stays untouched.
        """
        mine = update(fs_file).where(
            fs_file.c.id.in_(file_ids),
            fs_file.c.record.is_(None),
            fs_file.c.object == object_name,
            fs_file.c.created_by == user,
        )
        return self._connection.execute(mine.values(record=record_id)).rowcount

    def drop(self, file_id: str) -> None:
        """Delete a file."""
        self._connection.execute(delete(fs_file).where(fs_file.c.id == file_id))

    def drop_orphans(self, before: datetime) -> int:
        """Delete files that no record took since `before`; return how many."""
        orphans = delete(fs_file).where(fs_file.c.record.is_(None), fs_file.c.created_at < before)
        return self._connection.execute(orphans).rowcount

    def drop_imported(self, before: datetime) -> int:
        """Delete files that were sent to be imported before an instant; return how many."""
        old = delete(fs_file).where(fs_file.c.field == TO_IMPORT, fs_file.c.created_at < before)
        return self._connection.execute(old).rowcount


_NAMES = (
    "id",
    "object",
    "record",
    "field",
    "name",
    "type",
    "size",
    "sha256",
    "created_by",
    "created_at",
)
_COLUMNS = tuple(fs_file.c[name] for name in _NAMES)


def _values(file: StoredFile) -> tuple[object, ...]:
    return (
        file.id,
        file.object_name,
        file.record_id,
        file.field,
        file.name,
        file.type,
        file.size,
        file.sha256,
        file.created_by,
        file.created_at,
    )
