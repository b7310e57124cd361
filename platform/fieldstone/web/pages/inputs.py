"""The fields of an object as the controls of a form: the dicts of parts/input.html, for one reader and one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fieldstone.access.access import access_to
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
from fieldstone.web.pages.line_items import LineItems, worked_out
from fieldstone.web.pages.people import tone
from fieldstone.web.pages.values import Look, is_number, shown_type
from fieldstone.web.pages.wrong import Errors

Shown = dict[str, Any]
SIGNS: Final = {"CNY": "¥", "JPY": "¥"}
ADDRESS_LABELS: Final = {
    "country": "Country",
    "province": "Province",
    "city": "City",
    "district": "District",
    "street": "Street and number",
    "postcode": "Postcode",
}
# How values are written that no control of its own takes: in words where nothing says so, and an example.
WRITTEN: Final = {
    "duration": ("", "1 h 30 min"),
    "geolocation": ("Latitude, then longitude, in degrees.", "31.2304, 121.4737"),
    "json": ("An object or a list in JSON.", '{"size": "L"}'),
}
SIZES: Final = {"integer": "s", "decimal": "s", "percent": "s", "currency": "m", "date": "m"}


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
        hint, example = WRITTEN.get(found.type.name, ("", ""))
        made |= {"hint": self.speech.t(hint)} if hint else {}
        made |= {"placeholder": self.speech.t(example)} if example else {}
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
        """Return the grid of line items, with what their formulas and the totals come to."""
        inputs, language = self.inputs, self.inputs.asked.language
        items = LineItems(inputs.asked, inputs.spec, self.field)
        drafted = worked_out(
            inputs.asked, inputs.spec, inputs.record_id, inputs.values, inputs.typed
        )
        worked = drafted.lines.get(self.field.code, ()) if drafted else ()
        sent = {n: place for place, n in enumerate(items.busy(self.control))}
        lines = [
            self._line(items, n, line, worked[n] if n < len(worked) else {}, sent.get(n))
            for n, line in enumerate(self.control)
        ]
        blank = [
            self._line_cell(items, one, items.blank[one.code], "__n__") for one in items.columns
        ]
        heads = [
            {
                "name": one.code,
                "label": one.label.text(language),
                "number": is_number(one),
                "size": SIZES.get(shown_type(one), ""),
                "required": one.required,
            }
            for one in items.columns
        ]
        again = f"?id={inputs.record_id}" if inputs.record_id else ""
        rows = {
            "columns": heads,
            "lines": lines,
            "blank": blank,
            "next": max((int(one["key"]) + 1 for one in lines), default=0),
            "totals": items.totals(drafted),
            "work_url": f"/o/{inputs.spec.code}/lines/{self.field.code}{again}",
        }
        return {"rows": rows}

    def _line(
        self,
        items: LineItems,
        n: int,
        line: Mapping[str, Control],
        worked: Mapping[str, object],
        place: int | None,
    ) -> Shown:
        """Return one line; `place` is where it stands among those that were sent."""
        key, texts = str(line.get("key") or n), items.texts(worked)
        begin = f"{self.field.code}.{place}"
        own = {} if place is None else self.inputs.errors
        codes = {one.code for one in items.columns}
        cells = []
        for one in items.columns:
            control = line.get(one.code)
            control = items.control(one, None) if control is None else control
            cell = self._line_cell(items, one, control, key)
            cell |= {"text": texts[one.code]} if one.code in texts else {}
            cells.append({**cell, "errors": own.get(f"{begin}.{one.code}", [])})
        errors = [
            text
            for path, said in own.items()
            if path == begin
            or (path.startswith(f"{begin}.") and path.rpartition(".")[2] not in codes)
            for text in said
        ]
        return {"key": key, "id": line.get("id", ""), "cells": cells, "errors": errors}

    def _line_cell(self, items: LineItems, one: Field, control: Control, number: str) -> Shown:
        inputs, name = self.inputs, f"{self.field.code}-{number}-{one.code}"
        made = {
            **inputs._plain(one, control),  # noqa: SLF001 - the same form, one level down
            "name": name,
            "required": False,
            "depends": False,
        }
        if one.derived:
            return {**made, "read_only": True, "text": ""}
        inner = replace(inputs, spec=items.child, typed={one.code: control})
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


def values_of(record: Record | None) -> Mapping[str, object]:
    """Return the stored values of a record, none of a new one."""
    return {} if record is None else record.values
