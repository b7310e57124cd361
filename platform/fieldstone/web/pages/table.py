"""The table of a list: its columns, rows and sums, as parts/table.html draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import Record, Sort
from fieldstone.web.asking import Asked
from fieldstone.web.pages.arranging import Arrangement, Trail, with_trail
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.subjects import has_face, is_company
from fieldstone.web.pages.values import Look, is_number

NARROW: Final = frozenset({"boolean", "rating", "integer", "percent"})
PARENT: Final = "parent"
UNSORTED: Final = frozenset({"rows", "file", "image", "json", "secret", "rich_text"})


@dataclass(frozen=True)
class Table:
    """The columns of one list for one reader."""

    asked: Asked
    spec: ObjectType
    codes: Sequence[str]

    @property
    def title(self) -> str:
        """Return the column that leads to the record: lines of a record lead to the record that they belong to."""
        return PARENT if self.spec.parent else self.spec.title

    def columns(self, arranged: Arrangement, order: Sort) -> list[dict[str, Any]]:
        """Return the heads; a click on one puts the list in its order, a second click reverses it."""
        now = order[0] if order else ("", False)
        return [self._column(code, arranged, now) for code in self.codes]

    def _column(self, code: str, arranged: Arrangement, now: tuple[str, bool]) -> dict[str, Any]:
        field = self.spec.fields[code]
        column: dict[str, Any] = {"name": code, "label": field.label.text(self.asked.language)}
        if code == self.title:
            column["title"] = True
        if is_number(field):
            column["number"] = True
        if field.type.name in NARROW:
            column["size"] = "s"
        if field.type.sortable and field.type.name not in UNSORTED:
            down = now == (code, False)
            column["sort_url"] = arranged.url(sort=f"-{code}" if down else code)
        if now[0] == code:
            column["sorted"] = "down" if now[1] else "up"
        return column

    def rows(self, records: Sequence[Record], trail: Trail = ()) -> list[dict[str, Any]]:
        """Return the rows of a page, which lead into the records; those were read with their titles."""
        look = Look(self.asked)
        faces, square = has_face(self.spec), is_company(self.spec)
        way = with_trail("", trail)
        return [self._row(look, record, way, faces=faces, square=square) for record in records]

    def _row(
        self, look: Look, record: Record, way: str, *, faces: bool, square: bool
    ) -> dict[str, Any]:
        title, href = look.title(record), f"/o/{self.spec.code}/{record.id}{way}"
        if self.spec.parent:
            title = str(record.titles.get(PARENT) or "")
            href = f"/o/{self.spec.parent[0]}/{record.values.get(PARENT)}"
        row: dict[str, Any] = {
            "id": record.id,
            "href": href,
            "title": title,
            "cells": [look.cell(record, code) for code in self.codes],
        }
        if faces:
            row["who"] = {"initials": initials(title), "tone": tone(title), "org": square}
        return row

    @property
    def summed(self) -> list[str]:
        """Return the columns of money, whose sums stand below the list."""
        return [code for code in self.codes if self.spec.fields[code].type.name == "currency"]
