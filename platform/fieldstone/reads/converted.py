"""What an undo of a conversion would do with each record that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldstone.base.workdays import Calendar
from fieldstone.model.site_model import Model
from fieldstone.rules.conversion import Conversion
from fieldstone.storage.conversions import Kept
from fieldstone.storage.reader import Reader

REMOVED, KEPT, PUT_BACK, LEFT = "removed", "kept", "put_back", "left"


@dataclass(frozen=True)
class Fate:
    """What becomes of one target: removed, kept (it lived on), put back (it was there before) or left as it is.

    `why` of one that is kept: "changed" since, "used" by other records, or "gone" already.
    """

    target: str
    object_name: str
    record_id: str
    fate: str
    why: str = ""


def until(body: Conversion, kept: Kept, calendar: Calendar) -> datetime:
    """Return until when a conversion may be undone."""
    return calendar.after(kept.settled_at or kept.asked_at, body.undo_within)


def fates(reader: Reader, model: Model, body: Conversion, kept: Kept) -> list[Fate]:
    """Return what an undo would do with each target, the last made first."""
    found: list[Fate] = []
    removed: set[str] = set()
    for target in reversed(body.targets):
        made = kept.made.get(target.code)
        if made is None:
            continue
        fate, why = _fate(reader, model, kept, target.object_name, made, removed)
        found.append(Fate(target.code, target.object_name, str(made["id"]), fate, why))
        if fate == REMOVED:
            removed.add(str(made["id"]))
    return found


def _fate(
    reader: Reader,
    model: Model,
    kept: Kept,
    object_name: str,
    made: Mapping[str, Any],
    removed: set[str],
) -> tuple[str, str]:
    record_id = str(made["id"])
    row = reader.rows(object_name, [record_id], names=("version",)).get(record_id)
    if row is None:
        return LEFT, "gone"
    if not made.get("created"):
        return (PUT_BACK, "") if made.get("filled") else (LEFT, "")
    if row["version"] != made.get("version"):
        return KEPT, "changed"
    ours = {row_id for rows in kept.carried.values() for row_id in rows}
    ours |= removed | {kept.record_id}
    return (
        (KEPT, "used") if _is_used(reader, model, object_name, record_id, ours) else (REMOVED, "")
    )


def _is_used(
    reader: Reader, model: Model, object_name: str, record_id: str, ours: set[str]
) -> bool:
    """Tell whether other records than those of the conversion point to this one."""
    for relation in model.objects[object_name].relations.values():
        if relation.owned:
            continue
        rows = reader.children(object_name, [record_id], relation.name, {"id"})
        if any(str(row["id"]) not in ours for row in rows.get(record_id, [])):
            return True
    return False
