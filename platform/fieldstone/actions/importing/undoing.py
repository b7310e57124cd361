"""Takes an import back: what it created goes to the recycle bin, unless somebody has worked on it since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Context, Operation
from fieldstone.model.site_model import Model
from fieldstone.storage.import_log import ImportRow
from fieldstone.writes.pipeline import Writes

BATCH = 500


@dataclass(frozen=True)
class Undone:
    """What an undo did: records taken back, and records left because they were changed since."""

    removed: int
    left: int


def undo(
    ctx: Context, model: Model, writes: Writes, import_id: str, progress: Callable[[int, int], None]
) -> Undone:
    """Take back the records that an import created. Raises RefusedError for an unknown or undone import.

    Updates it made to records that were there before stay: their history shows and restores the old values.
    """
    with writes.unit(ctx, model) as unit:
        log = unit.transaction.imports
        found = log.get(import_id)
        created = list(log.rows(import_id, "created")) if found else []
    _check(found, import_id)
    object_name = str(found["object"]) if found else ""
    removed = left = 0
    for start in range(0, len(created), BATCH):
        part = created[start : start + BATCH]
        gone = _take_back(ctx, model, writes, object_name, part)
        removed += gone
        left += len(part) - gone
        progress(start + len(part), len(created))
    with writes.unit(ctx, model) as unit:
        unit.transaction.imports.finish(
            import_id, "undone", ctx.now, {"removed": removed, "left": left}
        )
    return Undone(removed, left)


def _take_back(
    ctx: Context, model: Model, writes: Writes, object_name: str, rows: Sequence[ImportRow]
) -> int:
    changes = [
        Change(
            object_name,
            Operation.DELETE,
            {},
            row.record_id,
            expected_version=row.version,
            reason="import undone",
        )
        for row in rows
    ]
    outcomes = writes.submit(ctx, model, changes)
    return sum(not outcome.refused for outcome in outcomes)


def _check(found: Any, import_id: str) -> None:
    if found is None:
        text = f"There is no import {import_id}."
        raise RefusedError(
            [Problem("not_found", "id", text, "Copy the id that the import printed.")], 404
        )
    if found["state"] == "undone":
        text = "This import was taken back already."
        raise RefusedError(
            [Problem("undone", "id", text, "Import the file again if you want it back.")], 409
        )
