"""Maps from names to values as lines of a form: a value for each field or case, an entry whose few settings each stand in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.named import sort_of as sort_named
from fieldstone.web.pages.schema_form import Drawn, words_for
from fieldstone.web.pages.schema_kinds import Json
from fieldstone.web.pages.studio_inner import OWN_WORDS, Known, naming_of
from fieldstone.web.pages.studio_line_values import (
    HOW,
    KEY,
    SPOKEN,
    VALUE,
    ZH,
    Cells,
    cells_of,
    how_words,
    value_in,
)
from fieldstone.web.pages.studio_lines import LineColumn, plain_cell, posted_lines
from fieldstone.web.pages.studio_shapes import chosen_from, is_spoken, words_in

# The case that stands for all that are not named.
OTHERS: Final = "default"
MOST_TICKED: Final = 12


@dataclass(frozen=True)
class Mapped:
    """A map in lines: its keys and values by their schemas, and what is in force.

    `by_case`: the keys are cases, and one value for all of them may stand alone in place of a map.
    """

    keys: Json
    values: Json
    before: Any
    known: Known
    by_case: bool = False

    @property
    def _cells(self) -> Cells:
        return cells_of(self.values)

    def drawn(self, name: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Drawn:
        """Return the lines as parts/rows.html draws them."""
        shown = self._entries(self.before)
        lines = posted_lines(name, typed) or [
            (str(n), self._cells_of(key, value)) for n, (key, value) in enumerate(shown)
        ]
        drawn = [
            {"key": str(n), "id": was, "cells": self._drawn_cells(f"{name}-{n}", cells)}
            for n, (was, cells) in enumerate(lines or [("", {})])
        ]
        heads = [{"name": c.name, "label": c.label, "size": c.size, "only": c.only} for c in self._columns({})]  # fmt: skip
        blank = self._drawn_cells(f"{name}-__n__", {})
        return {"type": "rows", "rows": {"columns": heads, "lines": drawn, "blank": blank, "next": len(drawn)}}  # fmt: skip

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the lines say of a value."""
        found = {name: ""}
        for n, (key, one) in enumerate(self._entries(value)):
            cells = {"id": str(n), **self._cells_of(key, one)}
            found |= {f"{name}-{n}-{cell}": text for cell, text in cells.items()}
        return found

    def read(self, name: str, typed: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """Return the map that the lines say, None for nothing, and what is wrong."""
        t, lines = self.known.speech.t, posted_lines(name, typed)
        if name not in typed and not lines:
            return self.before, {}
        stood = {str(n): entry for n, entry in enumerate(self._entries(self.before))}
        found: dict[str, Any] = {}
        for was, cells in lines:
            value, key = self._value(stood.get(was), cells), cells.get(KEY, "")
            if value is None and not (was in stood and stood[was][1] is None):
                continue
            if not key and not self.by_case:
                return found, {name: t("Say for each value what it belongs to.")}
            if key in found:
                return found, {name: t("{code} is there twice.", code=key or t("all others"))}
            found[key] = value
        if found.keys() == {""}:
            return found[""], {}
        return {key or OTHERS: value for key, value in found.items()} or None, {}

    def _entries(self, value: Any) -> list[tuple[str, Any]]:
        spoken = is_spoken(self.values) and isinstance(value, Mapping) and value.keys() <= set(SPOKEN)  # fmt: skip
        if isinstance(value, Mapping) and not (spoken and self.by_case):
            return [(str(key), one) for key, one in value.items()]
        return [] if value is None else [("", value)]

    def _columns(self, cells: Mapping[str, str]) -> list[LineColumn]:
        return [self._key_column(cells.get(KEY, "")), *self._value_columns(cells)]

    def _key_column(self, key: str) -> LineColumn:
        t, known = self.known.speech.t, self.known
        listed = known.listed(self.keys) or words_for(chosen_from(self.keys), known.speech)
        names_field = sort_named(self.keys)[0] in ("field", "own_field", "person_field", "field_of", "link")  # fmt: skip
        usual = "In the case" if self.by_case else "Field" if names_field else "Which one"
        head = t(str(self.keys.get("title") or usual))
        example = t("all others") if self.by_case else ""
        naming = naming_of(self.keys)
        pick = known.pick(naming, [key]) if naming else None
        if pick is not None:
            return LineColumn(KEY, head, "pick", size="m", example=example, pick=pick)
        if naming and naming.sort in OWN_WORDS:
            return LineColumn(KEY, head, "suggest", listed, "m", example)
        others = [(OTHERS, t("all others"))] if self.by_case and listed else []
        keys = [*listed, *others]
        if key and key not in dict(keys):
            keys = [*keys, (key, key)]
        return LineColumn(KEY, head, "select" if listed else "text", keys, "m", example)

    def _value_columns(self, cells: Mapping[str, str]) -> list[LineColumn]:
        made = self._cells
        if made.settings:
            return [self._of(name, one, str(one.get("title") or name), cells) for name, one in made.settings.items()]  # fmt: skip
        t = self.known.speech.t
        if is_spoken(self.values):
            return [LineColumn("en", t("in English")), LineColumn(ZH, t("in Chinese"))]
        value = self._of(VALUE, self.values, str(self.values.get("title") or "Value"), cells)
        if not made.ways:
            return [value]
        how = LineColumn(HOW, t("How it is given"), "select", how_words(made, t), "w", t("An expression"))  # fmt: skip
        both = [f for f, one in made.ways.items() if is_spoken(one)]
        return [how, value, *(LineColumn(ZH, t("in Chinese"), only=one) for one in both[:1])]

    def _of(self, name: str, schema: Json, title: str, cells: Mapping[str, str]) -> LineColumn:
        """Return the column of a value: chosen, ticked or found where its schema says from what."""
        known, shown = self.known, cells.get(name, "")
        head = known.speech.t(title.replace("_", " ").capitalize() if title == name else title)
        naming = naming_of(schema)
        pick = known.pick(naming, [one.strip() for one in shown.split(",")]) if naming else None
        if pick is not None:
            return LineColumn(name, head, "picks" if words_in(schema) else "pick", size="l", pick=pick)  # fmt: skip
        listed = known.offers.listed(naming.sort, naming.of, known.place) if naming and known.offers else ()  # fmt: skip
        named = listed or words_for(chosen_from(schema), known.speech)
        if naming and naming.sort in OWN_WORDS:
            return LineColumn(name, head, "suggest", named, "l")
        if not named or (words_in(schema) and len(named) > MOST_TICKED):
            short = schema.get("type") in ("integer", "number") and bool(self._cells.settings)
            return LineColumn(name, head, size="s" if short else "l")
        if words_in(schema):
            return LineColumn(name, head, "several", named, "l")
        offered = named if not shown or shown in dict(named) else [*named, (shown, shown)]
        return LineColumn(name, head, "select", offered, "l")

    def _drawn_cells(self, line: str, cells: Mapping[str, str]) -> list[Drawn]:
        return [plain_cell(one, line, cells.get(one.name, "")) for one in self._columns(cells)]

    def _cells_of(self, key: str, value: Any) -> dict[str, str]:
        return {KEY: key, **self._cells.said(value)}

    def _value(self, before: tuple[str, Any] | None, cells: Mapping[str, str]) -> Any:
        """Return what a line says; as it was written where it says the same."""
        if before is not None and all(
            self._alike(cells.get(name, ""), text)
            for name, text in self._cells_of(*before).items()
            if name != KEY
        ):
            return before[1]
        return value_in(self._cells, cells, before[1] if before else None)

    def _alike(self, one: str, other: str) -> bool:
        """Tell whether two cells say the same; words that are ticked have no order."""
        several = words_in(self.values)
        return sorted(one.split(", ")) == sorted(other.split(", ")) if several else one == other
