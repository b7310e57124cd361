"""Takes an import back: what it created goes to the recycle bin, unless somebody has worked on it since."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.model.site_model import Model
from fieldstone.storage.import_log import ImportRow
from fieldstone.writes.pipeline import Writes
from fieldstone.writes.unit import Unit

BATCH = 500


@dataclass(frozen=True)
class Undone:
    """How far an undo is: records taken back, records left because they were changed since, and the last line."""

    removed: int = 0
    left: int = 0
    line: int = 0
    of: int = 0

    @property
    def done(self) -> int:
        """Return how many records were dealt with."""
        return self.removed + self.left


def undo(
    ctx: Context,
    model: Model,
    writes: Writes,
    import_id: str,
    note: Callable[[Unit, Undone], None] = lambda unit, undone: None,
    begun: Undone = Undone(),
) -> Iterator[Undone]:
    """Take back the records that an import created; yield after each batch how far that is, at last the whole.

    `note` is called in the transaction of a batch, and `begun` is what it was told last, of an undo that goes on.
    Updates that the import made to records that were there before stay: their history shows and restores the old
    values. Raises RefusedError for an unknown or undone import.
    """
    with writes.unit(ctx, model) as unit:
        log = unit.transaction.imports
        found = log.get(import_id)
        created = list(log.rows(import_id, "created")) if found else []
    _check(found, import_id)
    object_name = str(found["object"]) if found else ""
    undone = replace(begun, of=len(created))
    coming = [row for row in created if row.line > begun.line]
    for start in range(0, len(coming), BATCH):
        part = coming[start : start + BATCH]
        with writes.unit(ctx, model) as unit:
            undone = _further(undone, part, unit.submit(_changes(object_name, part)))
            note(unit, undone)
        yield undone
    with writes.unit(ctx, model) as unit:
        counts = {"removed": undone.removed, "left": undone.left}
        unit.transaction.imports.finish(import_id, "undone", ctx.now, counts)
    yield undone


def _further(undone: Undone, part: Sequence[ImportRow], outcomes: Sequence[Outcome]) -> Undone:
    gone = sum(not outcome.refused for outcome in outcomes)
    return replace(
        undone,
        removed=undone.removed + gone,
        left=undone.left + len(part) - gone,
        line=part[-1].line,
    )


def _changes(object_name: str, rows: Sequence[ImportRow]) -> list[Change]:
    return [
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
