"""What one line of a map says in its cells, and back: a value, a text in two languages, one of several ways, or a few settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.web.pages.schema_kinds import Json
from fieldstone.web.pages.studio_lines import spoken
from fieldstone.web.pages.studio_shapes import (
    Entry,
    entry_of,
    is_spoken,
    numeric,
    shape_of,
    words_in,
)
from fieldstone.web.pages.yaml_texts import flow_text, yaml_value

KEY, HOW, VALUE, ZH = "key", "how", "value", "zh"
SPOKEN: Final = ("en", "zh")
MOST_SETTINGS: Final = 2
# What a way of giving a value is called in a line.
WAYS: Final = {"text": "A text", "after": "A time from now"}


@dataclass(frozen=True)
class Cells:
    """How the values of a map stand in cells.

    `ways`: beside a plain value, one of these settings alone; `settings`: those of an entry, one cell each, of which a
    bare value is the first; neither: a value is one cell, or two of a text in two languages.
    """

    values: Json
    ways: Mapping[str, Json] = field(default_factory=dict)
    settings: Mapping[str, Json] = field(default_factory=dict)
    entry: Entry | None = None

    def said(self, value: Any) -> dict[str, str]:
        """Return what the cells say of a value."""
        if self.entry is not None:
            stands = self.entry.long(value)
            return {name: cell_text(stands.get(name), one) for name, one in self.settings.items()}
        if not self.ways:
            return _label(value) if is_spoken(self.values) else {VALUE: cell_text(value, self.values)}  # fmt: skip
        way = next(iter(value), "") if isinstance(value, Mapping) and len(value) == 1 else ""
        if way not in self.ways:
            return {HOW: "", VALUE: cell_text(value, self.values)}
        if is_spoken(self.ways[way]):
            label = _label(value[way])
            return {HOW: way, VALUE: label["en"], ZH: label["zh"]}
        return {HOW: way, VALUE: cell_text(value[way], self.ways[way])}


def _label(value: Any) -> dict[str, str]:
    label = value if isinstance(value, Mapping) else {"en": value}
    return {one: str(label.get(one) or "") for one in SPOKEN}


def cells_of(values: Json) -> Cells:
    """Return how values of a schema stand in cells."""
    shape = shape_of(values)
    if shape.closed is None or not shape.plain:
        return Cells(values)
    if shape.closed.get("maxProperties") == 1:
        return Cells(values, ways=shape.closed["properties"])
    entry = entry_of(values)
    return Cells(values, settings=entry.schema["properties"], entry=entry)


def stands_in_cells(values: Json) -> bool:
    """Tell whether values of a schema that are more than one can stand in a line: one of several ways, or two settings."""
    shape = shape_of(values)
    if shape.closed is None or not shape.plain or shape.mapped is not None or shape.listed:
        return False
    if shape.closed.get("maxProperties") == 1:
        return True
    entry = entry_of(values)
    inner = entry.schema["properties"].values()
    plain = all(one.get("type") in ("integer", "number", "string") for one in inner)
    return bool(entry.bare) and plain and len(entry.schema["properties"]) <= MOST_SETTINGS


def how_words(cells: Cells, t: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return the ways to choose from, the plain one left out."""
    return [(name, t(WAYS.get(name, name))) for name in cells.ways]


def value_in(cells: Cells, said: Mapping[str, str], before: Any) -> Any:
    """Return the value that a line says, None for nothing."""
    if cells.entry is not None:
        found = {name: cell_value(said.get(name, ""), one) for name, one in cells.settings.items()}
        there = {name: one for name, one in found.items() if one is not None}
        return cells.entry.short(there, before) if there else None
    way = said.get(HOW, "")
    if way in cells.ways:
        inner = cells.ways[way]
        both = {"en": said.get(VALUE, ""), "zh": said.get(ZH, "")}
        filled = spoken({one: text for one, text in both.items() if text})
        told = filled if is_spoken(inner) else said.get(VALUE)
        return {way: told} if told else None
    if is_spoken(cells.values):
        return spoken({one: said[one] for one in SPOKEN if said.get(one)}) or None
    return cell_value(said.get(VALUE, ""), cells.values)


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
