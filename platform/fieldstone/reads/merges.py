"""Where the ids of records that were merged lead, as far as the viewer may know of the record that stays."""

from __future__ import annotations

from fieldstone.base.ids import is_id
from fieldstone.reads.listing import record_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.storage.merges import Merged, Merges


def led_to(sight: Sight, object_name: str, record_id: str) -> str | None:
    """Return the record that a merged one is part of now; None when it is not there for the viewer."""
    if not is_id(record_id):
        return None
    found = Merges(sight.reader.connection).survivors([record_id]).get(record_id)
    return found if found and _is_seen(sight, object_name, found) else None


def merges_into(sight: Sight, object_name: str, record_id: str) -> list[Merged]:
    """Return the standing merges into a record that the viewer may see, newest first."""
    if not is_id(record_id) or not _is_seen(sight, object_name, record_id):
        return []
    found = Merges(sight.reader.connection).of(record_id)
    return [one for one in found if one.object_name == object_name]


def _is_seen(sight: Sight, object_name: str, record_id: str) -> bool:
    return record_of(sight, object_name, record_id, Query(fields=("id",))) is not None
