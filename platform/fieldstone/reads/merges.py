"""Where the ids of records that were merged lead, as far as the viewer may know of the record that stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fieldstone.base.ids import is_id
from fieldstone.reads.listing import record_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.storage.merges import Merged, Merges

MOST_GONE: Final = 20
"""Records of the recycle bin with one value that are looked at."""


def led_to(sight: Sight, object_name: str, record_id: str) -> str | None:
    """Return the record that a merged one is part of now; None when it is not there for the viewer."""
    if not is_id(record_id):
        return None
    found = Merges(sight.reader.connection).survivors([record_id]).get(record_id)
    return found if found and _is_seen(sight, object_name, found) else None


def all_led_to(sight: Sight, object_name: str, record_ids: Iterable[str]) -> dict[str, str]:
    """Return, by id, the record that a merged one is part of now; only where the viewer may see that one."""
    found = Merges(sight.reader.connection).survivors(one for one in record_ids if is_id(one))
    seen = {one for one in set(found.values()) if _is_seen(sight, object_name, one)}
    return {gone: survivor for gone, survivor in found.items() if survivor in seen}


def led_to_by(sight: Sight, object_name: str, column: tuple[str, object]) -> str | None:
    """Return the record that the last merged one with this value is part of now, as far as the viewer may see it."""
    code, value = column
    if value is None:
        return None
    frame = sight.frame(object_name)
    gone = frame.raw.column("deleted_at")
    where = [frame.columns.column(code) == value, gone.is_not(None)]
    rows = sight.fetch(
        frame.select([frame.raw.column("id")], where).order_by(gone.desc()).limit(MOST_GONE)
    )
    ids = [str(row[0]) for row in rows]
    led = all_led_to(sight, object_name, ids)
    return next((led[one] for one in ids if one in led), None)


def merges_into(sight: Sight, object_name: str, record_id: str) -> list[Merged]:
    """Return the standing merges into a record that the viewer may see, newest first."""
    if not is_id(record_id) or not _is_seen(sight, object_name, record_id):
        return []
    found = Merges(sight.reader.connection).of(record_id)
    return [one for one in found if one.object_name == object_name]


def _is_seen(sight: Sight, object_name: str, record_id: str) -> bool:
    return record_of(sight, object_name, record_id, Query(fields=("id",))) is not None
