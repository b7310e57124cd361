"""A draft of an object as people would meet it: the real form, list and record, drawn from the compiled draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldstone.access.access import env_of
from fieldstone.access.masks import Masked
from fieldstone.base.cached import cached_property
from fieldstone.evolution.converting import converter
from fieldstone.expressions.env import Env
from fieldstone.model.formulas import in_order, worked_out
from fieldstone.model.objects import Field, ObjectType, View
from fieldstone.model.site_model import Model
from fieldstone.reads.expanding import target_of
from fieldstone.reads.query import Query, Record
from fieldstone.web.asking import Asked
from fieldstone.web.pages import views
from fieldstone.web.pages.arranging import Arrangement
from fieldstone.web.pages.details import Details
from fieldstone.web.pages.forms import RecordForm
from fieldstone.web.pages.inputs import values_of
from fieldstone.web.pages.studio_record_layout import panel_named, related_named
from fieldstone.web.pages.studio_samples import sample_of
from fieldstone.web.pages.subjects import access_of
from fieldstone.web.pages.table import Table

Drawn = dict[str, Any]
PREFIX: Final = "pv."  # before the names of the preview's own controls
ROWS: Final = 4


@dataclass(frozen=True)
class DraftForm(RecordForm):
    """The form of a draft, with the values of a record that the draft itself cannot read yet."""

    values: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def before(self) -> Mapping[str, object]:
        """Return the values of the record, or the defaults."""
        return {code: one.default for code, one in self.spec.fields.items()} | dict(self.values)


@dataclass(frozen=True)
class Draft:
    """One object as a draft has it; `live` asks the model in force, `asked` sees the draft with the eyes of a role."""

    live: Asked
    asked: Asked
    spec: ObjectType
    given: MultiDict[str, str]
    focus: str = ""  # the field somebody is at
    record_id: str = ""

    @property
    def was(self) -> ObjectType:
        """Return the object as it is in force."""
        return self.live.model.objects[self.spec.code]

    @property
    def env(self) -> Env:
        """Return what expressions know."""
        return env_of(self.asked.ctx)

    @cached_property
    def record(self) -> Record | None:
        """Return the chosen record as the draft has it, None for a new one."""
        if not self.record_id:
            return None
        query = Query(titles=True)
        live = self.live
        found = live.site.reads.get(live.ctx, live.model, self.spec.code, self.record_id, query)
        return self._as_drafted(found) if found is not None else None

    @cached_property
    def form(self) -> DraftForm:
        """Return the form with what was typed into the preview."""
        typed = MultiDict(
            (name.removeprefix(PREFIX), text)
            for name, text in self.given.items(multi=True)
            if name.startswith(PREFIX)
        )
        return DraftForm(self.asked, self.spec, None, typed, False, values_of(self.record))

    def form_context(self, *, quick: bool = False) -> Drawn:
        """Return what block `form` of pages/form.html needs; its controls are named apart from those around it."""
        form = replace(self.form, quick=quick)
        context = form.context()
        context.pop("matches_url", None)
        sections = [
            {**section, "fields": [self._apart(one) for one in section["fields"]]}
            for section in context["sections"]
        ]
        return {**context, "sections": sections, "hidden": []}

    def _apart(self, control: Drawn) -> Drawn:
        found = _named(control)
        one = self.spec.fields.get(str(control["name"]))
        if one is not None and "options_url" in control:
            found["options_url"] = f"/studio/preview/options?to={target_of(one)}"
        if control["name"] == self.focus:
            found["marked"] = True
        return found

    def view(self, code: str = "") -> View | None:
        """Return the list to show: the one named, else the first with the field in it, else the first."""
        lists = views.declared_views(self.spec, "list")
        named = [one for one in lists if one.code == code]
        with_it = [one for one in lists if self.focus in one.columns]
        return next(iter([*named, *with_it, *lists]), None)

    def list_context(self, view: View | None) -> Drawn:
        """Return the columns and rows of a list, as parts/table.html draws them."""
        arranged = Arrangement(f"/o/{self.spec.code}")
        codes = views.columns_of(self.asked, self.spec, arranged, views.Chosen(view))
        shown = access_of(self.asked, self.spec).shown_anywhere()
        if self.focus in shown and self.focus not in codes:
            codes.append(self.focus)
        table = Table(self.asked, self.spec, codes)
        columns = table.columns(arranged, view.sort if view else ())
        for one in columns:
            one.pop("sort_url", None)
        records = [self._example(codes), *self._records(codes, view)]
        return {"columns": columns, "rows": table.rows(records)}

    def _records(self, codes: Sequence[str], view: View | None) -> list[Record]:
        live, was = self.live, self.was
        wanted = {old.code for code in codes if (old := self._old(self.spec.fields[code]))}
        for code in codes:
            formula = self.spec.fields[code].formula
            wanted |= {one for one in (formula.names if formula else ()) if one in was.fields}
        same = was.views.get(view.code) if view else None
        query = Query(
            fields=tuple({was.title: None, **dict.fromkeys(wanted)}),
            limit=ROWS,
            titles=True,
            extra=same.filter if same else None,
            sort=same.sort if same else (),
        )
        page = live.site.reads.list(live.ctx, live.model, self.spec.code, query)
        return [self._as_drafted(one) for one in page.rows]

    def _old(self, one: Field) -> Field | None:
        """Return the field as it is in force, by the code it has there."""
        earlier = [self.was.fields[c] for c in one.renamed_from if c in self.was.fields]
        return self.was.fields.get(one.code) or next(iter(earlier), None)

    def _as_drafted(self, record: Record) -> Record:
        """Return a record with the values that the draft would give it."""
        values: dict[str, object] = {}
        titles: dict[str, object] = {}
        for code, one in self.spec.fields.items():
            old = self._old(one)
            if old is None or (one.formula is not None and one.formula != old.formula):
                values[code] = self._computed(one, record.values)
            elif old.code in record.values:
                value = record.values[old.code]
                plain = old.type == one.type or isinstance(value, Masked)
                values[code] = value if plain else converter(old.type, one.type)(value)
                if old.code in record.titles:
                    titles[code] = record.titles[old.code]
        return replace(record, values=values, titles=titles)

    def _computed(self, one: Field, row: Mapping[str, object]) -> object:
        """Return the default of a new field, or what its formula gives."""
        if one.formula is None:
            return one.default
        return worked_out(row, [one], self.env)[0].get(one.code)

    def _example(self, codes: Sequence[str]) -> Record:
        """Return the record of the form above the list, with something in the field somebody is at."""
        form = self.form
        values = {**form.before, **form.filled.known(self.spec)}
        spec = self.spec
        for code in (spec.title, self.focus):
            one = spec.fields.get(code)
            if one is not None and values.get(code) is None and not one.derived:
                values[code] = sample_of(self.asked, one, self.live)
        formulas = in_order(spec.fields[code] for code in codes)
        values, _ = worked_out(values, formulas, self.env)
        if spec.stage_field and values.get(spec.stage_field) is None and spec.pipelines:
            values[spec.stage_field] = next(iter(spec.pipelines.pipelines.values())).first.code
        return Record(spec.code, "example", 0, values, self._titles(codes, values))

    def _titles(self, codes: Sequence[str], values: Mapping[str, object]) -> dict[str, object]:
        live = self.live
        links = {c: target_of(self.spec.fields[c]) for c in codes if target_of(self.spec.fields[c])}
        named = {
            (to, str(id))
            for code, to in links.items()
            if to in live.model.objects
            for id in _ids(values.get(code))
        }
        titles = live.site.reads.titles(live.ctx, live.model, named) if named else {}
        found: dict[str, object] = {}
        for code, to in links.items():
            names = tuple(titles.get((to, str(id)), "") for id in _ids(values.get(code)))
            many = self.spec.fields[code].type.name == "multi_lookup"
            found[code] = names if many else next(iter(names), None)
        return found

    def panels(self) -> list[Drawn]:
        """Return the values beside the record's page, in the sections of the draft."""
        record = self.record or self._example([c for c in self.spec.fields if c != "id"])
        return Details(self.asked, record, self.form.standing).panels({self.spec.title})

    def record_page(self) -> Drawn:
        """Return the record's page as the draft lays it out; panels that rules fill are named only."""
        record = self.record or self._example([c for c in self.spec.fields if c != "id"])
        details = Details(self.asked, record, self.form.standing)
        panels = [panel_named(self.asked, one) for one in self.spec.layout.beside]
        return {
            "highlights": details.highlights(),
            "middle": details.middle({self.spec.title}),
            "panels": details.panels({self.spec.title}),
            "beside": panels,
            "related": related_named(self.asked, self.spec),
        }


def _ids(value: object) -> Sequence[object]:
    if isinstance(value, (list, tuple)):
        return value
    return [value] if value else []


def _named(control: Drawn) -> Drawn:
    """Return a control, and what stands inside it, with names of the preview."""
    name = f"{PREFIX}{control['name']}"
    found = {**control, "name": name, "id": f"f-{name}"}
    if "parts" in control:
        found["parts"] = [_named(one) for one in control["parts"]]
    if "rows" in control:
        rows = control["rows"]
        lines = [{**one, "cells": [_named(c) for c in one["cells"]]} for one in rows["lines"]]
        found["rows"] = {**rows, "lines": lines, "blank": [_named(c) for c in rows["blank"]]}
    return found


def seen_as(asked: Asked, model: Model, role: str, language: str) -> Asked:
    """Return the request as somebody of a role would make it, in a language, against another model."""
    spoken = language if language in asked.site.settings.languages else asked.language
    actor = asked.actor
    if actor is not None and role in model.roles:
        actor = replace(actor, roles=frozenset({role}))
    return replace(asked, model=model, actor=actor, spoken=spoken)
