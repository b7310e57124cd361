"""Maps from words to values as lines of a form, such as a value for each case; what belongs to no case is for all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.web.i18n import Speech
from fieldstone.web.pages.schema_form import Drawn, Json, words_for
from fieldstone.web.pages.studio_lines import LineColumn, plain_cell, posted_lines, spoken
from fieldstone.web.pages.studio_shapes import chosen_from, is_spoken, numeric, words_in
from fieldstone.web.pages.yaml_texts import flow_text, yaml_value

Listed = Sequence[tuple[str, str]]
KEY: Final = "key"
VALUE: Final = "value"
MOST_TICKED: Final = 12
SPOKEN: Final = ("en", "zh")
# The case that stands for all that are not named.
OTHERS: Final = "default"


@dataclass(frozen=True)
class Mapped:
    """A map whose values each stand in a cell: those in force, what a value may be, and what the keys may be.

    `by_case`: the keys are cases, and one value for all of them may stand alone in place of a map.
    """

    schema: Json
    before: Any
    speech: Speech
    keys: Listed = ()
    values: Listed = ()
    by_case: bool = False
    head: str = ""

    def drawn(self, name: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Drawn:
        """Return the lines as parts/rows.html draws them."""
        known = self._entries(self.before)
        lines = posted_lines(name, typed) or [
            (str(n), self._cells_of(key, value)) for n, (key, value) in enumerate(known)
        ]
        drawn = [
            {"key": str(n), "id": was, "cells": self._cells(f"{name}-{n}", cells)}
            for n, (was, cells) in enumerate(lines or [("", {})])
        ]
        heads = [{"name": c.name, "label": c.label, "size": c.size} for c in self._columns({})]
        blank = self._cells(f"{name}-__n__", {})
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
        lines = posted_lines(name, typed)
        if name not in typed and not lines:
            return self.before, {}
        known = {str(n): entry for n, entry in enumerate(self._entries(self.before))}
        found: dict[str, Any] = {}
        for was, cells in lines:
            value, key = self._value(known.get(was), cells), cells.get(KEY, "")
            if value is None and not (was in known and known[was][1] is None):
                continue
            if not key and not self.by_case:
                return found, {name: self.speech.t("Say for each value what it belongs to.")}
            if key in found:
                return found, {name: self.speech.t("{code} is there twice.", code=key or self._all())}  # fmt: skip
            found[key] = value
        if found.keys() == {""}:
            return found[""], {}
        return {key or OTHERS: value for key, value in found.items()} or None, {}

    def _all(self) -> str:
        return self.speech.t("all others")

    def _entries(self, value: Any) -> list[tuple[str, Any]]:
        if isinstance(value, Mapping) and not (
            is_spoken(self.schema) and value.keys() <= set(SPOKEN)
        ):
            return [(str(key), one) for key, one in value.items()]
        return [] if value is None else [("", value)]

    def _columns(self, cells: Mapping[str, str]) -> list[LineColumn]:
        t = self.speech.t
        head = self.head or t("In the case" if self.by_case else "Which one")
        key = cells.get(KEY, "")
        others = [(OTHERS, t("all others"))] if self.by_case and self.keys else []
        keys = [*self.keys, *others]
        if key and key not in dict(keys):
            keys = [*keys, (key, key)]
        first = LineColumn(KEY, head, "select" if self.keys else "text", keys, "m", t("all others") if self.by_case else "")  # fmt: skip
        if is_spoken(self.schema):
            return [first, LineColumn("en", t("in English")), LineColumn("zh", t("in Chinese"))]
        named = self.values or words_for(chosen_from(self.schema), self.speech)
        value = cells.get(VALUE, "")
        if not named or (words_in(self.schema) and len(named) > MOST_TICKED):
            return [first, LineColumn(VALUE, t("Value"), size="l")]
        if words_in(self.schema):
            return [first, LineColumn(VALUE, t("Value"), "several", named, "l")]
        offered = named if not value or value in dict(named) else [*named, (value, value)]
        return [first, LineColumn(VALUE, t("Value"), "select", offered, "l")]

    def _cells(self, line: str, cells: Mapping[str, str]) -> list[Drawn]:
        return [plain_cell(one, line, cells.get(one.name, "")) for one in self._columns(cells)]

    def _cells_of(self, key: str, value: Any) -> dict[str, str]:
        if is_spoken(self.schema):
            label = value if isinstance(value, Mapping) else {"en": value}
            return {KEY: key, **{one: str(label.get(one) or "") for one in SPOKEN}}
        return {KEY: key, VALUE: cell_text(value, self.schema)}

    def _alike(self, one: str, other: str) -> bool:
        """Tell whether two cells say the same; words that are ticked have no order."""
        ticked = words_in(self.schema) and (self.values or chosen_from(self.schema))
        return sorted(one.split(", ")) == sorted(other.split(", ")) if ticked else one == other

    def _value(self, before: tuple[str, Any] | None, cells: Mapping[str, str]) -> Any:
        """Return what a line says; as it was written where it says the same."""
        if before is not None and all(
            self._alike(cells.get(name, ""), text)
            for name, text in self._cells_of(*before).items()
            if name != KEY
        ):
            return before[1]
        if is_spoken(self.schema):
            return spoken({one: cells[one] for one in SPOKEN if cells.get(one)}) or None
        return cell_value(cells.get(VALUE, ""), self.schema)


def cell_text(value: Any, schema: Json) -> str:
    """Return a value as it stands in a cell: words with commas, what has parts as YAML on one line."""
    if isinstance(value, (list, tuple)) and words_in(schema):
        return ", ".join(map(str, value))
    if value is None or isinstance(value, str):
        return value or ""
    return ("true" if value else "false") if isinstance(value, bool) else flow_text(value)


def cell_value(text: str, schema: Json) -> Any:
    """Return the value that a cell says, None for nothing: words where a list may be, numbers and the like where they may be."""
    if text and text[0] in "{[":
        return _yaml(text)
    if text and words_in(schema):
        several = [one for part in text.replace("，", ",").split(",") if (one := part.strip())]
        alone = any(one.get("type") == "string" or "enum" in one for one in schema.get("oneOf", ()))
        return several[0] if alone and len(several) == 1 else several
    found = _yaml(text) if text and numeric(schema) else None
    return found if isinstance(found, (bool, int, float)) else text or None


def _yaml(text: str) -> Any:
    try:
        return yaml_value(text)
    except ValueError:
        return text
