"""The fields of an object as the controls of a form: the dicts of parts/input.html, for one reader and one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem
from fieldstone.fieldtypes.address import PARTS
from fieldstone.fieldtypes.currency import CurrencyType
from fieldstone.fieldtypes.locales import currency_marks
from fieldstone.fieldtypes.options import offered
from fieldstone.fieldtypes.rows import RowsType
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.expanding import target_of
from fieldstone.reads.query import Record
from fieldstone.reads.standing import Standing
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.controls import SEVERAL, Control, control_of
from fieldstone.web.pages.people import tone
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import message

Shown = dict[str, Any]
Errors = Mapping[str, list[str]]
SIGNS: Final = {"CNY": "¥", "JPY": "¥"}
ADDRESS_LABELS: Final = {
    "country": "Country",
    "province": "Province",
    "city": "City",
    "district": "District",
    "street": "Street and number",
    "postcode": "Postcode",
}
SIZES: Final = {"integer": "s", "decimal": "s", "percent": "s", "currency": "m", "date": "m"}
NUMBERS: Final = frozenset({"integer", "decimal", "percent", "currency", "formula", "rollup"})


@dataclass(frozen=True)
class Inputs:
    """The controls of one form. `typed` holds what was posted and wins over the stored `values`."""

    asked: Asked
    spec: ObjectType
    standing: Standing
    values: Mapping[str, object]
    typed: Mapping[str, Control] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    record_id: str = ""

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def zone(self) -> str:
        """Return the reader's time zone."""
        return self.asked.ctx.actor.zone

    def is_shown(self, code: str) -> bool:
        """Tell whether the form has this field now: it exists for the reader and no condition hides it."""
        found = self.spec.fields.get(code)
        if found is None or found.archived or code in self.standing.unseen:
            return False
        if not self.record_id:
            return code in self.standing.writable
        access = access_to(self.asked.model, self.asked.actor, self.spec.code)
        return code in access.shown_anywhere()

    def control(self, code: str) -> Control:
        """Return what stands in the control of a field."""
        if code in self.typed:
            return self.typed[code]
        kind = self.spec.fields[code].type
        return control_of(kind, self.values.get(code), self.asked.language, self.zone)

    def shown(self, codes: Iterable[str]) -> list[Shown]:
        """Return the controls of those fields that the form has now; all titles are asked for at once."""
        chosen = [self.spec.fields[code] for code in codes if self.is_shown(code)]
        titles = self._titles(chosen)
        return [self.one(one, titles) for one in chosen]

    def one(self, found: Field, titles: Mapping[tuple[str, str], str] | None = None) -> Shown:
        """Return the control of one field."""
        titles = self._titles([found]) if titles is None else titles
        control = self.control(found.code)
        made = self._plain(found, control)
        if not self.standing.may_write(found.code):
            return {**made, "read_only": True, "text": self._text(found), "why": self.why(found)}
        cell = Cell(self, found, control, titles)
        made |= MADE.get(found.type.name, Cell.line)(cell)
        made["errors"] = self.errors.get(found.code, [])
        return made

    def _plain(self, found: Field, control: Control) -> Shown:
        language = self.asked.language
        made: Shown = {
            "name": found.code,
            "label": found.label.text(language),
            "type": "file" if found.type.name == "image" else found.type.name,
            "value": control,
            "required": found.code in self.standing.demanded,
            "depends": found.code in watched(self.spec),
        }
        if found.help is not None:
            made["hint"] = found.help.text(language)
        longest = getattr(found.type, "max_length", None)
        return made | ({"max_length": longest} if longest else {})

    def why(self, found: Field) -> str:
        """Return why the reader cannot change a field."""
        t, language = self.speech.t, self.asked.language
        if found.derived:
            return t("Computed")
        if found.code in self.standing.locked and found.read_only_when is not None:
            return t("Locked while {what}", what=found.read_only_when.read_back(language))
        return t("Set by the system") if found.read_only else t("Your role cannot change it")

    def _text(self, found: Field) -> str:
        value = self.values.get(found.code)
        if target_of(found) and isinstance(value, str):
            reference = (target_of(found), value)
            return self.asked.site.reads.titles(self.asked.ctx, self.asked.model, [reference]).get(
                reference, ""
            )
        return "" if value is None else Look(self.asked).text(found, value)

    def _titles(self, chosen: Iterable[Field]) -> Mapping[tuple[str, str], str]:
        wanted = [one for found in chosen for one in references(found, self.control(found.code))]
        asked = self.asked
        return asked.site.reads.titles(asked.ctx, asked.model, wanted) if wanted else {}

    def offered_under(self, found: Field) -> object:
        """Return the value of the field that `found` depends on, as the form has it now."""
        return self.control(found.depends_on) if found.depends_on else None


@dataclass(frozen=True)
class Cell:
    """One control in the making."""

    inputs: Inputs
    field: Field
    control: Control
    titles: Mapping[tuple[str, str], str]
    path: str = ""  # of a line item: the rows field it stands in

    def line(self) -> Shown:
        """Return nothing more than a line of text needs."""
        return {}

    def money(self) -> Shown:
        """Return the sign of the field's currency."""
        kind = self.field.type
        code = kind.currency if isinstance(kind, CurrencyType) else ""
        return {"symbol": SIGNS.get(code) or min(currency_marks(code), key=len, default=code)}

    def choice(self) -> Shown:
        """Return the options that the record may take now, under the field it depends on."""
        options = getattr(self.field.type, "options", {})
        chosen = self.control if isinstance(self.control, list) else [self.control]
        live = offered(options, self.inputs.offered_under(self.field))
        kept = [options[one] for one in chosen if one in options and options[one] not in live]
        depends = bool(self.field.depends_on)
        listed = [*live, *(one for one in kept if one.archived and not depends)]
        return {
            "options": [
                {
                    "value": one.code,
                    "label": one.label.text(self.inputs.asked.language),
                    "tone": one.color,
                    "chosen": one.code in chosen,
                }
                for one in listed
            ]
        }

    def link(self) -> Shown:
        """Return the name of the chosen record, where to look for others, and how to make a new one."""
        target = target_of(self.field)
        text = self.titles.get((target, str(self.control or "")), "")
        return {"text": text, "options_url": self.options_url(), **self._creating(target)}

    def links(self) -> Shown:
        """Return the chosen records."""
        target = target_of(self.field)
        chosen = [
            {"value": id, "label": self.titles.get((target, id), id), "tone": tone(id)}
            for id in self.control
        ]
        return {"chosen": chosen, "options_url": self.options_url()}

    def options_url(self) -> str:
        """Return the address that answers with records to choose from."""
        name = f"{self.path}.{self.field.code}" if self.path else self.field.code
        return f"/o/{self.inputs.spec.code}/options?field={name}"

    def _creating(self, target: str) -> Shown:
        # Inside a dialog a second one would throw the first away; the page has room for it.
        return {"target": target}

    def words(self) -> Shown:
        """Return the tags that are there."""
        options = getattr(self.field.type, "options", None) or {}
        return {
            "chosen": [
                {
                    "value": one,
                    "label": options[one].label.text(self.inputs.asked.language)
                    if one in options
                    else one,
                    "tone": "gray",
                }
                for one in self.control
            ]
        }

    def address(self) -> Shown:
        """Return the small fields of an address, from large to small."""
        t = self.inputs.speech.t
        return {
            "parts": [
                {
                    "name": f"{self.field.code}.{part}",
                    "label": t(ADDRESS_LABELS[part]),
                    "type": "text",
                    "value": self.control.get(part) or "",
                }
                for part in PARTS
            ]
        }

    def files(self) -> Shown:
        """Return the files that are there, each with what takes it away."""
        there = [
            {
                "text": one["name"],
                "href": f"/files/{one['id']}",
                "remove_name": f"{self.field.code}.remove",
                "remove_value": one["id"],
            }
            for one in self.control
        ]
        accept = ",".join(getattr(self.field.type, "accept", ()))
        many = getattr(self.field.type, "max", 1) > 1
        return {"files": there, "accept": accept, "many": many}

    def secret(self) -> Shown:
        """Return whether something is there; never what."""
        return {"text": "••••" if self.inputs.values.get(self.field.code) else ""}

    def lines(self) -> Shown:
        """Return the grid of line items."""
        kind = self.field.type
        if not isinstance(kind, RowsType):
            return {}
        child = self.inputs.asked.model.objects[f"{self.inputs.spec.code}__{self.field.code}"]
        columns = [child.fields[code] for code in kind.fields if code in child.fields]
        own = self.inputs.errors
        lines = [
            {
                "key": str(n),
                "id": line.get("id", ""),
                "cells": [self._line_cell(child, one, line, str(n)) for one in columns],
                "errors": own.get(f"{self.field.code}.{n}", []),
            }
            for n, line in enumerate(self.control)
        ]
        blank = [self._line_cell(child, one, {}, "__n__") for one in columns]
        language = self.inputs.asked.language
        heads = [
            {
                "name": one.code,
                "label": one.label.text(language),
                "number": one.type.name in NUMBERS,
                "size": SIZES.get(one.type.name, ""),
            }
            for one in columns
        ]
        rows = {"columns": heads, "lines": lines, "blank": blank, "next": len(lines)}
        return {"rows": rows}

    def _line_cell(
        self, child: ObjectType, one: Field, line: Mapping[str, Control], number: str
    ) -> Shown:
        inputs, name = self.inputs, f"{self.field.code}-{number}-{one.code}"
        control = line.get(one.code)
        if control is None:
            given = one.default if not line and number == "__n__" else None
            control = control_of(one.type, given, inputs.asked.language, inputs.zone)
        made = {
            **inputs._plain(one, control),  # noqa: SLF001 - the same form, one level down
            "name": name,
            "required": False,
            "depends": False,
        }
        if one.derived:
            return {**made, "read_only": True, "text": control}
        inner = replace(inputs, spec=child, typed={one.code: control})
        cell = Cell(inner, one, control, self.titles, self.field.code)
        made |= MADE.get(one.type.name, Cell.line)(cell)
        if "options_url" in made:
            made["options_url"] = replace(cell, inputs=inputs).options_url()
        return made


MADE: Final[Mapping[str, Callable[[Cell], Shown]]] = {
    "currency": Cell.money,
    "select": Cell.choice,
    "multi_select": Cell.choice,
    "lookup": Cell.link,
    "user": Cell.link,
    "multi_lookup": Cell.links,
    "tags": Cell.words,
    "address": Cell.address,
    "file": Cell.files,
    "image": Cell.files,
    "secret": Cell.secret,
    "rows": Cell.lines,
}


def references(found: Field, control: Control) -> Iterable[tuple[str, str]]:
    """Yield (object, id) of every record that a control names."""
    target = target_of(found)
    if target:
        ids = control if found.type.name in SEVERAL else [control]
        yield from ((target, str(id)) for id in ids if id)
    if isinstance(found.type, RowsType):
        for line in control:
            for code, kind in found.type.fields.items():
                to = getattr(kind, "to", "")
                if to and isinstance(line.get(code), str) and line[code]:
                    yield to, line[code]


def watched(spec: ObjectType) -> frozenset[str]:
    """Return the fields that others depend on: the form is drawn anew when one changes."""
    names = {one.depends_on for one in spec.fields.values() if one.depends_on}
    conditions = [
        condition
        for one in spec.fields.values()
        for condition in (one.visible_when, one.required_when)
        if condition is not None
    ]
    conditions += [one.visible_when for one in spec.form if one.visible_when is not None]
    return frozenset(names | {name for one in conditions for name in one.names})


def errors_of(problems: Iterable[Problem], language: str) -> dict[str, list[str]]:
    """Return what is wrong by field; a line item also has its own under "lines.0"."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        head, _, rest = problem.path.partition(".")
        text = message(problem, language)
        place = rest.partition(".")[0]
        key = f"{head}.{place}" if place.isdigit() else head
        said = found.setdefault(key, [])
        if text not in said:
            said.append(text)
    return found


def summary_of(
    problems: Iterable[Problem], spec: ObjectType, language: str
) -> list[dict[str, str]]:
    """Return the list above a form, each entry with the field it leads to."""
    found = []
    for problem in problems:
        code, text = problem.path.partition(".")[0], message(problem, language)
        if code in spec.fields:
            label = spec.fields[code].label.text(language)
            between = "：" if language == "zh" else ": "
            found.append({"text": f"{label}{between}{text}", "name": code})
        else:
            found.append({"text": text})
    return found


def values_of(record: Record | None) -> Mapping[str, object]:
    """Return the stored values of a record, none of a new one."""
    return {} if record is None else record.values
