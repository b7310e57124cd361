"""Settings that are lists as lines of a form: the steps of a reminder, who is told what, the fields that are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.model.site_model import Model
from fieldstone.web.i18n import Speech
from fieldstone.web.pages.studio_lines import Drawn, Json, LineColumn, plain_cell, posted_lines
from fieldstone.web.pages.yaml_texts import flow_text, yaml_value

KEY, VALUE = "key", "value"
# The settings of steps and messages that stand in lines; the others are kept as they are.
STEP: Final = ("before", "after", "at", "to", "by", "message")
MESSAGE: Final = ("to", "by", "message")
LISTED: Final[Mapping[str, tuple[str, ...]]] = {
    "remind": STEP,
    "steps": STEP,
    "notify": MESSAGE,
}
PAIRED: Final = frozenset({"set", "then.set"})
DUE: Final = "due"
CHANNELS: Final = ("in_page", "email", "in_page, email", "sms", "webhook")


@dataclass(frozen=True)
class Items:
    """The entries of a list, or of a map from a field to a value, as they are written; what no column shows is kept."""

    before: Any
    columns: Sequence[LineColumn]
    speech: Speech
    paired: bool = False

    def drawn(self, name: str, typed: Mapping[str, str]) -> Drawn:
        """Return the lines as parts/rows.html draws them."""
        known = self._known()
        lines = posted_lines(name, typed) or [
            (code, {one.name: self._shown(entry, one) for one in self.columns})
            for code, entry in known.items()
        ] or [("", {})]  # fmt: skip
        drawn = [
            {"key": str(n), "id": code, "cells": self._cells(f"{name}-{n}", cells)}
            for n, (code, cells) in enumerate(lines)
        ]
        heads = [{"name": c.name, "label": c.label, "size": c.size} for c in self.columns]
        blank = self._cells(f"{name}-__n__", {})
        return {"columns": heads, "lines": drawn, "blank": blank, "next": len(drawn)}

    def read(self, name: str, typed: Mapping[str, str]) -> Any:
        """Return what the lines say, None for nothing. Raises ValueError with what is wrong."""
        known, found = self._known(), []
        for code, cells in posted_lines(name, typed):
            if any(cells.get(one.name) not in (None, "", "false") for one in self.columns):
                found.append(self._entry(known.get(code, {}), cells))
        if self.paired:
            return {one[KEY]: one.get(VALUE) for one in found if one.get(KEY)} or None
        single = isinstance(self.before, Mapping) and len(found) == 1
        return found[0] if single else found or None

    def _known(self) -> dict[str, Json]:
        """Return the entries by a name that lasts while the form is open."""
        if self.paired:
            said = self.before if isinstance(self.before, Mapping) else {}
            return {str(n): {KEY: code, VALUE: value} for n, (code, value) in enumerate(said.items())}  # fmt: skip
        several = [self.before] if isinstance(self.before, Mapping) else self.before or ()
        return {str(n): one for n, one in enumerate(several) if isinstance(one, Mapping)}

    def _cells(self, prefix: str, cells: Mapping[str, str]) -> list[Drawn]:
        return [
            plain_cell(_offering(one, cells.get(one.name, "")), prefix, cells.get(one.name, ""))
            for one in self.columns
        ]

    def _entry(self, before: Json, cells: Mapping[str, str]) -> dict[str, Any]:
        entry = dict(before)
        for column in self.columns:
            text = cells.get(column.name, "")
            if column.name in before and text == self._shown(before, column):
                continue
            entry.pop(column.name, None)
            value = _read(text, column)
            if column.name == MESSAGE[-1] and value and _is_spoken(before.get(column.name)):
                value = {**before[column.name], self.speech.language: value}
            if value is not None:
                entry[column.name] = value
        return entry

    def _shown(self, entry: Json, column: LineColumn) -> str:
        """Return what stands in a cell; of a text in two languages that of the reader."""
        value: Any = entry.get(column.name)
        if _is_spoken(value):
            return str(value.get(self.speech.language) or "")
        return _text(value, column)


def _is_spoken(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value) and set(value) <= {"en", "zh"}


def _offering(column: LineColumn, value: str) -> LineColumn:
    """Return a column that offers the value it holds, whatever else it offers."""
    if column.type != "select" or not value or value in dict(column.choices):
        return column
    return replace(column, choices=[*column.choices, (value, value)])


def _text(value: Any, column: LineColumn) -> str:
    if column.type == "boolean":
        return "true" if value else ""
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if value is None or isinstance(value, str):
        return value or ""
    return flow_text(value)


def _read(text: str, column: LineColumn) -> Any:
    if not text or (column.type == "boolean" and text != "true"):
        return None
    if column.type == "boolean":
        return DUE
    if text[0] in "{[":
        return yaml_value(text)
    several = [one for part in text.split(",") if (one := part.strip())]
    if column.name == "by" or (column.name == "to" and len(several) > 1):
        return several
    return _scalar(text) if column.name == VALUE else text


def _scalar(text: str) -> Any:
    """Return a number, yes or no as such; everything else is an expression as it stands."""
    try:
        found = yaml_value(text)
    except ValueError:
        return text
    return found if isinstance(found, (bool, int, float)) else text


def people_told(model: Model, speech: Speech) -> list[tuple[str, str]]:
    """Return who can be told of a record: its owner, the owner's manager, everybody of a role."""
    t = speech.t
    roles = [(f"role:{one.code}", one.label.text(speech.language)) for one in model.roles.values()]
    return [("owner", t("Owner")), ("owner.manager", t("Manager of the owner")), *roles]


def _ways(speech: Speech) -> list[tuple[str, str]]:
    t = speech.t
    named = {"in_page": t("In the page"), "email": t("E-mail"), "sms": t("SMS"), "webhook": t("Webhook")}  # fmt: skip
    return [(one, " + ".join(named[part] for part in one.split(", "))) for one in CHANNELS]


def listed_items(name: str, before: Any, model: Model, speech: Speech) -> Items | None:
    """Return the lines of a setting that is a list of steps or messages; None where it is written in another way."""
    t = speech.t
    if not isinstance(before, (Mapping, list, tuple, type(None))):
        return None
    made = {
        "before": LineColumn("before", t("Before it is due"), example=t("1 day")),
        "after": LineColumn("after", t("After it was due")),
        "at": LineColumn("at", t("When due"), "boolean", size="s"),
        "to": LineColumn("to", t("Who is told"), "select", people_told(model, speech)),
        "by": LineColumn("by", t("By which way"), "select", _ways(speech)),
        "message": LineColumn("message", t("Message"), size="l"),
    }
    return Items(before, [made[one] for one in LISTED[name]], speech)


def paired_items(
    before: Any,
    fields: Sequence[tuple[str, str]],
    speech: Speech,
    value: str = "",
    key: str = "",
) -> Items | None:
    """Return the lines of a map from fields to the values they get; `key` and `value` are the heads of other maps."""
    if not isinstance(before, (Mapping, type(None))):
        return None
    t = speech.t
    named = LineColumn(KEY, key or t("Field"), "select" if fields else "text", fields)
    columns = [named, LineColumn(VALUE, value or t("Value, as an expression"), size="l")]
    return Items(before, columns, speech, paired=True)
