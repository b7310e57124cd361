"""Entries of a map as lines of a form: the options of a choice, the columns of line items."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.names import is_code
from fieldstone.compiler.shapes import COLORS
from fieldstone.web.i18n import Speech
from fieldstone.web.pages.picks import Pick

Json = Mapping[str, Any]
Drawn = dict[str, Any]
LONGEST_CODE: Final = 40
EMPTY_LINES: Final = 3
USED: Final = "used"
LANGUAGES: Final = ("en", "zh")


@dataclass(frozen=True)
class LineColumn:
    """One setting of an entry: a text, a switch, words, or a choice."""

    name: str
    label: str
    type: str = "text"  # text, boolean, words, select, several of the choices, any text with the choices suggested, a pick or picks
    choices: Sequence[tuple[str, str]] = ()
    size: str = ""
    example: str = ""
    pick: Pick | None = None
    only: str = ""  # in lines that are written in this way


@dataclass(frozen=True)
class Lines:
    """The entries of one map: those in force, and the columns people set, their names first; the rest of an entry is kept."""

    before: Json
    columns: Sequence[LineColumn]
    speech: Speech
    short: str = ""  # what a bare text says: the type of a field, "" for the label of an option
    used: Mapping[str, int] | None = (
        None  # how many records hold each entry; None where that is no question
    )

    def drawn(self, name: str, typed: Mapping[str, str]) -> Drawn:
        """Return the lines as parts/rows.html draws them."""
        lines = posted_lines(name, typed) or [
            (code, {one.name: _shown(self._long(value), one) for one in self.columns})
            for code, value in self.before.items()
        ]
        if not lines:
            lines = [("", {}) for _ in range(EMPTY_LINES)]
        drawn = [
            {"key": str(n), "id": code, "cells": self._cells(name, str(n), code, cells)}
            for n, (code, cells) in enumerate(lines)
        ]
        heads = [
            {"name": c.name, "label": c.label, "size": c.size, "number": c.name == USED}
            for c in self._all()
        ]
        blank = self._cells(name, "__n__", "", {})
        return {"columns": heads, "lines": drawn, "blank": blank, "next": len(drawn)}

    def _all(self) -> list[LineColumn]:
        code = LineColumn("code", self.speech.t("Code"), size="s")
        counts = [] if self.used is None else [LineColumn(USED, self.speech.t("Records"), size="s")]
        return [*self.columns[: len(LANGUAGES)], code, *self.columns[len(LANGUAGES) :], *counts]

    def _cells(self, name: str, key: str, code: str, cells: Mapping[str, str]) -> list[Drawn]:
        found = []
        for column in self._all():
            value = code if column.name == "code" and code else cells.get(column.name, "")
            cell = plain_cell(column, f"{name}-{key}", value)
            if column.name == USED:
                cell |= {
                    "read_only": True,
                    "text": str((self.used or {}).get(code, 0)) if code else "–",
                }
            elif column.name == "code":
                cell |= {"read_only": True, "text": code} if code else {"max_length": LONGEST_CODE}
                cell["placeholder"] = self.speech.t("by itself")
            found.append(cell)
        return found

    def read(self, name: str, typed: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the entries that the lines say; None when the form has none. Raises ValueError with what is wrong."""
        if name not in typed and not posted_lines(name, typed):
            return None
        found: dict[str, Any] = {}
        for known, cells in posted_lines(name, typed):
            said = any(cells.get(one.name) not in (None, "", "false") for one in self.columns)
            if not known and not said and not cells.get("code"):
                continue
            code = known or cells.get("code") or code_from(cells.get("en") or cells.get("zh") or "")
            if not is_code(code):
                raise ValueError(self.speech.t("Write small letters, digits and single _, beginning with a letter."))  # fmt: skip
            if code in found:
                raise ValueError(self.speech.t("{code} is there twice.", code=code))
            found[code] = self._entry(self.before.get(known) if known else None, cells)
        return found or (None if not self.before else {})

    def _entry(self, before: object, cells: Mapping[str, str]) -> object:
        was = self._long(before)
        if before is not None and all(
            _shown(was, one) == _same(cells.get(one.name, ""), one) for one in self.columns
        ):
            return before
        label = {one: cells[one] for one in LANGUAGES if cells.get(one)}
        entry = {key: value for key, value in was.items() if key not in (*LANGUAGES, "label")}
        if label:
            entry["label"] = spoken(label)
        for column in self.columns:
            if column.name in LANGUAGES:
                continue
            value = _value(cells.get(column.name, ""), column)
            if value is None:
                entry.pop(column.name, None)
            else:
                entry[column.name] = value
        return entry

    def _long(self, value: object) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return dict(value)
        return {} if value is None else {self.short or "label": value}


def plain_cell(column: LineColumn, line: str, value: str) -> Drawn:
    """Return the cell of a column in a line, as parts/input.html draws it."""
    cell: Drawn = {"name": f"{line}-{column.name}", "id": f"f-{line}-{column.name}",
                   "label": column.label, "type": "text", "value": value, "placeholder": column.example}  # fmt: skip
    if column.type == "select":
        choices = [{"value": v, "label": w, "chosen": v == value} for v, w in column.choices]
        cell |= {"type": "select", "options": choices, "placeholder": column.example or "–"}
    elif column.type == "several":
        ticked = [one.strip() for one in value.split(",")]
        choices = [{"value": v, "label": w, "chosen": v in ticked} for v, w in column.choices]
        cell |= {"type": "multi_select", "options": choices, "value": ""}
    elif column.type == "suggest":
        cell["suggest"] = [{"value": v, "label": w} for v, w in column.choices]
    elif column.pick is not None:
        cell |= {**column.pick.drawn(value, several=column.type == "picks"), "unlabelled": False}
    elif column.type == "boolean":
        cell["type"] = "boolean"
    return cell | ({"only": column.only} if column.only else {})


def posted_lines(name: str, typed: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Return the lines that a form posted: the name of an entry that is there already, and the cells."""
    found: dict[str, dict[str, str]] = {}
    shape = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-([a-z_.]+)")
    for key, text in typed.items():
        if match := shape.fullmatch(key):
            found.setdefault(match[1], {})[match[2]] = text.strip()
    return [(cells.pop("id", ""), cells) for cells in found.values()]


def _shown(entry: Json, column: LineColumn) -> str:
    """Return what stands in a cell."""
    if column.name in LANGUAGES:
        label = entry.get("label", entry)
        if isinstance(label, str):
            return label if column.name == "en" else ""
        return str(label.get(column.name) or "") if isinstance(label, Mapping) else ""
    value = entry.get(column.name)
    if column.type == "boolean":
        return "true" if value is True else ""
    if column.type == "words" and isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _same(text: str, column: LineColumn) -> str:
    return "" if column.type == "boolean" and text == "false" else text


def _value(text: str, column: LineColumn) -> object:
    if column.type == "boolean":
        return True if text == "true" else None
    if column.type == "words":
        words = [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]
        return words or None
    return text or None


def spoken(label: Mapping[str, str]) -> dict[str, str]:
    """Return a label that says something in English too; Chinese without its own text falls back on that."""
    return {"en": label.get("en") or label["zh"], **label} if label.get("zh") else dict(label)


def code_from(label: str, taken: Sequence[str] = ()) -> str:
    """Return a code made from what people read: "Shoe size" is shoe_size, 鞋码 is xie_ma; "" for a text without letters."""
    text = label
    if not text.isascii():
        from pypinyin import lazy_pinyin  # a third of a second, paid when Chinese comes

        text = " ".join(lazy_pinyin(text))
    words = re.findall(r"[a-z0-9]+", text.lower())
    code = "_".join(words)[:LONGEST_CODE].strip("_")
    if code and not code[0].isalpha():
        code = f"n_{code}"[:LONGEST_CODE]
    wanted, n = code, 2
    while code and code in taken:
        code, n = f"{wanted[: LONGEST_CODE - 3]}_{n}", n + 1
    return code


def option_lines(
    before: Json, speech: Speech, used: Mapping[str, int] | None, *, parents: bool
) -> Lines:
    """Return the lines of the options of a choice, with how many records hold each."""
    t = speech.t
    columns = [
        LineColumn("en", t("in English")),
        LineColumn("zh", t("in Chinese")),
        LineColumn(
            "color", t("Color"), "select", [(one, t(one).capitalize()) for one in COLORS], "s"
        ),
        LineColumn("archived", t("Retired"), "boolean", size="s"),
    ]
    if parents:
        columns.insert(3, LineColumn("parents", t("Only under"), "words", size="m"))
    return Lines(before, columns, speech, used=used)


def column_lines(before: Json, types: Sequence[tuple[str, str]], objects: Sequence[tuple[str, str]], speech: Speech) -> Lines:  # fmt: skip
    """Return the lines of the columns of line items."""
    t = speech.t
    columns = [
        LineColumn("en", t("in English")),
        LineColumn("zh", t("in Chinese")),
        LineColumn("type", t("Type"), "select", types, "m"),
        LineColumn("to", t("Links to"), "select", objects, "m"),
        LineColumn("required", t("Required"), "boolean", size="s"),
    ]
    return Lines(before, columns, speech, short="type")


# What a path begins with: people rename these, take some away and add their own.
FIRST_STAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "new": {"label": {"en": "New", "zh": "新建"}, "color": "blue"},
    "doing": {"label": {"en": "In progress", "zh": "进行中"}, "color": "amber"},
    "done": {"label": {"en": "Done", "zh": "已完成"}, "kind": "won", "color": "green"},
    "dropped": {"label": {"en": "Dropped", "zh": "已放弃"}, "kind": "lost", "color": "gray"},
}


def stage_lines(speech: Speech) -> Lines:
    """Return the lines of the stages that a new pipeline begins with."""
    t = speech.t
    kinds = (("open", t("open")), ("won", t("won")), ("lost", t("lost")))
    columns = [
        LineColumn("en", t("in English")),
        LineColumn("zh", t("in Chinese")),
        LineColumn("kind", t("Kind"), "select", kinds, "m"),
        LineColumn(
            "color", t("Color"), "select", [(one, t(one).capitalize()) for one in COLORS], "m"
        ),
    ]
    return Lines(FIRST_STAGES, columns, speech)
