"""An order of fields as lines of a form: which field, and which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.named import named
from fieldstone.web.pages.schema_form import Drawn
from fieldstone.web.pages.studio_inner import Known
from fieldstone.web.pages.studio_lines import LineColumn, plain_cell, posted_lines

FIELD, WAY, DOWN = "field", "way", "-"


@dataclass(frozen=True)
class Sorting:
    """One field or several, the first one first; - before a field lets the largest come first."""

    before: Any
    known: Known

    def drawn(self, name: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Drawn:
        """Return the lines as parts/rows.html draws them."""
        lines = [cells for _, cells in posted_lines(name, typed)] or self._cells_of(self.before) or [{}]  # fmt: skip
        drawn = [{"key": str(n), "id": "", "cells": self._drawn(f"{name}-{n}", cells)} for n, cells in enumerate(lines)]  # fmt: skip
        heads = [{"name": c.name, "label": c.label, "size": c.size} for c in self._columns({})]
        blank = self._drawn(f"{name}-__n__", {})
        return {"type": "rows", "rows": {"columns": heads, "lines": drawn, "blank": blank, "next": len(drawn)}}  # fmt: skip

    def _columns(self, cells: Mapping[str, str]) -> list[LineColumn]:
        t, chosen = self.known.speech.t, cells.get(FIELD, "")
        listed = self.known.listed(SORTED)
        if chosen and chosen not in dict(listed):
            listed = [*listed, (chosen, chosen)]
        return [
            LineColumn(FIELD, t("Field"), "select", listed, "l"),
            LineColumn(
                WAY, t("Order"), "select", [(DOWN, t("Largest or latest first"))], "l", t("Smallest or earliest first")
            ),
        ]  # fmt: skip

    def _drawn(self, line: str, cells: Mapping[str, str]) -> list[Drawn]:
        return [plain_cell(one, line, cells.get(one.name, "")) for one in self._columns(cells)]

    def _cells_of(self, value: Any) -> list[dict[str, str]]:
        several = [value] if isinstance(value, str) else value or []
        words = [str(one) for one in several]
        return [{FIELD: one.removeprefix(DOWN), WAY: DOWN if one.startswith(DOWN) else ""} for one in words]  # fmt: skip

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the lines say of a value."""
        found = {name: ""}
        for n, cells in enumerate(self._cells_of(value)):
            found |= {f"{name}-{n}-{cell}": text for cell, text in cells.items()}
        return found

    def read(self, name: str, typed: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """Return the order that the lines say, None for none, and what is wrong."""
        lines = posted_lines(name, typed)
        if name not in typed and not lines:
            return self.before, {}
        found = [f"{cells.get(WAY, '')}{cells[FIELD]}" for _, cells in lines if cells.get(FIELD)]
        fields = [one.removeprefix(DOWN) for one in found]
        twice = next((one for one in fields if fields.count(one) > 1), "")
        if twice:
            called = dict(self.known.listed(SORTED)).get(twice, twice)
            return found, {name: self.known.speech.t("{code} is there twice.", code=called)}
        if found == [self.before]:
            return self.before, {}
        return (found[0] if len(found) == 1 and not isinstance(self.before, list) else found) or None, {}  # fmt: skip


SORTED: Final = named("sort")
