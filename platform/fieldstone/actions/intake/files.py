"""Files for a source: rows of a table by their headings, or the cards of a vCard file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from fieldstone.actions.importing.desk import on_disk, safe_name
from fieldstone.actions.intake.cards import cards_in
from fieldstone.base.errors import Problem, RefusedError

CARDS: Final = (".vcf", ".vcard")
MOST: Final = 20_000


def rows_of(name: str, content: bytes) -> list[Mapping[str, Any]]:
    """Return what a file holds, row by row. Raises RefusedError for what is no table and no pack of cards."""
    if PurePath(name.lower()).suffix in CARDS:
        found: list[Mapping[str, Any]] = list(cards_in(content))
    else:
        with on_disk(safe_name(name), content) as source:
            rows = (
                {head: cell for head, cell in zip(source.headings, cells, strict=False) if head}
                for _, cells in source.rows()
            )
            found = [row for row in rows if any(row.values())]
    if not found:
        raise RefusedError(
            [Problem("nothing", "file", "There is nothing in this file.", "Choose another.")]
        )
    if len(found) > MOST:
        text = f"The file holds {len(found):,} rows; a source takes {MOST:,} at once."
        raise RefusedError([Problem("too_many_rows", "file", text, "Split the file.")])
    return found
