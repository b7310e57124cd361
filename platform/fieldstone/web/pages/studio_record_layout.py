"""The layout of a record's page as its designer arranges it: highlights, sections, panels and related lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fieldstone.compiler.merging import order_of
from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import PANELS as ALL_PANELS
from fieldstone.model.objects import ObjectType, Section
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.details import NEVER, SYSTEM_SHOWN
from fieldstone.web.pages.layouts import HIGHLIGHTS, PANELS, RELATED, Group, Layout
from fieldstone.web.pages.related_lists import listed_relations, name_of
from fieldstone.web.pages.studio_changes import rearranged
from fieldstone.web.pages.studio_edits import Edits
from fieldstone.web.pages.studio_lines import code_from

Drawn = dict[str, Any]
FRESH: Final = "section_"
FACTS: Final = "facts"
# What is called so among the things to carry; the codes of fields have no dash.
MARKS: Final = {PANELS: "panel-", RELATED: "related-"}
FIXED: Final = {
    HIGHLIGHTS: ("Highlights", "At the top of the page, beneath the name."),
    PANELS: ("Panels", "Beside the record, in this order. A panel shows itself only where it has something to say."),
    RELATED: ("Related lists", "The records that belong to it, in this order."),
}  # fmt: skip
NAMES: Final = {
    "details": ("Sections", "list"),
    "score": ("Score", "gauge"),
    "deadlines": ("Deadlines", "timer"),
    "grade": ("Grade", "star"),
    "owners": ("Owners", "users-round"),
    "merged": ("Merged records", "git-merge"),
    "provenance": ("Where data comes from", "database"),
    "related": ("Related lists", "link-2"),
}


def standing_on(asked: Asked, spec: ObjectType) -> list[str]:
    """Return what may stand on the page: fields, panels, related lists; line items have a place of their own."""
    fields = [
        code
        for code, one in spec.fields.items()
        if not one.archived
        and code not in {*NEVER, spec.title, spec.stage_field}
        and one.type.name != "rows"
        and (not one.system or code in ("owner", "pool", *SYSTEM_SHOWN))
    ]
    relations = [MARKS[RELATED] + one.name for one in listed_relations(asked.model, spec)]
    return [*fields, *(MARKS[PANELS] + one for one in ALL_PANELS), *relations]


def present_of(asked: Asked, spec: ObjectType) -> Layout:
    """Return the page as it is: where its layout is silent, as the form and the page itself have it."""
    layout, usable = spec.layout, set(standing_on(asked, spec))
    sections = _derived(spec, usable) if layout.sections is None else [
        replace(_group_of(one, one.fields), place=one.place) for one in layout.sections
    ]  # fmt: skip
    related = layout.related
    if related is None:
        related = tuple(one.name for one in listed_relations(asked.model, spec))
    return Layout((
        Group(HIGHLIGHTS, layout.highlights),
        *(replace(one, fields=tuple(f for f in one.fields if f in usable)) for one in sections),
        Group(PANELS, tuple(MARKS[PANELS] + one for one in layout.beside)),
        Group(RELATED, tuple(MARKS[RELATED] + one for one in related if MARKS[RELATED] + one in usable)),
    ))  # fmt: skip


def _derived(spec: ObjectType, usable: set[str]) -> list[Group]:
    """Return the sections of the form, its owner first, and what else the page shows of a record."""
    top, owner = spec.layout.highlights, ["owner"] if "owner" in spec.fields else []
    in_form = {*owner, *top, *(code for one in spec.form for code in one.fields)}
    groups = []
    for n, one in enumerate(spec.form):
        fields = dict.fromkeys([*(owner if n == 0 else ()), *one.fields])
        kept = tuple(f for f in fields if f not in top and (n == 0 or f not in owner))
        groups.append(replace(_group_of(one, kept), columns=1))
    others = tuple(
        code
        for code, one in spec.fields.items()
        if code in usable and code not in in_form and not one.system
    )
    if others:
        groups.insert(1, Group(_free(FACTS, groups), others, "Key facts", "关键信息"))
    return groups


def _free(code: str, groups: Sequence[Group]) -> str:
    return f"{code}_more" if any(one.code == code for one in groups) else code


def _group_of(one: Section, fields: tuple[str, ...]) -> Group:
    return Group(one.code, fields, one.label.text("en"), one.label.text("zh"), one.columns)


def edits_of(
    asked: Asked, path: tuple[str, ...], spec: ObjectType, wanted: Layout, effective: Effective
) -> Edits:
    """Return the steps that make the page so; of what did not change the layout goes on saying what it says."""
    edits, present = Edits(), present_of(asked, spec)
    for code, name in ((HIGHLIGHTS, "highlights"), (PANELS, "panels"), (RELATED, "related")):
        now, then = _in(present, code), _in(wanted, code)
        if now != then:
            edits = edits.set((*path, name), then)
    now_sections, sections = _sections(present), _sections(wanted)
    if sections == now_sections:
        return edits
    here = (*path, "sections")
    written = effective.value(here) or {}
    before = {code: written[code] for code in order_of(written) if written[code] is not None}
    after = sections_written(sections, before, now_sections if before else ())
    return rearranged(asked, edits, here, before, after)


def _sections(layout: Layout) -> list[Group]:
    return [one for one in layout.groups if not one.fixed]


def _in(layout: Layout, code: str) -> list[str]:
    """Return what stands in a group that is always there, as YAML calls it."""
    mark = MARKS.get(code, "")
    found = [one for group in layout.groups if group.code == code for one in group.fields]
    return [one.removeprefix(mark) for one in found if one.startswith(mark) and (mark or "-" not in one)]  # fmt: skip


def sections_written(
    wanted: Sequence[Group], before: Mapping[str, Mapping[str, Any]], present: Sequence[Group]
) -> dict[str, dict[str, Any]]:
    """Return sections as YAML has them; what did not change stays as it is written `before`."""
    now = {one.code: one for one in present}
    return dict(_section(one, before.get(one.code), now.get(one.code), list(before)) for one in wanted)  # fmt: skip


def _section(
    wanted: Group, before: Mapping[str, Any] | None, now: Group | None, taken: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Return the code of a section and what is written of it."""
    label = {"en": wanted.en or wanted.zh, "zh": wanted.zh or wanted.en}
    fields = [one for one in wanted.fields if "-" not in one]
    place = {"place": wanted.place} if wanted.place != "side" else {}
    if before is None:
        code = wanted.code
        if code.startswith(FRESH):
            code = code_from(wanted.en or wanted.zh, taken) or code
        said = {"label": label} if any(label.values()) else {}
        return code, {**said, "columns": wanted.columns, **place, "fields": fields}
    written = dict(before)
    if now is None or (wanted.en, wanted.zh) != (now.en, now.zh):
        written["label"] = label
    if now is None or wanted.columns != now.columns:
        written["columns"] = wanted.columns
    if now is None or wanted.place != now.place:
        written["place"] = wanted.place
    if now is None or wanted.fields != now.fields:
        written["fields"] = fields
    return wanted.code, written


def panel_named(asked: Asked, code: str) -> Drawn:
    """Return what people call a panel: {code, label, icon}."""
    label, icon = NAMES[code]
    return {"code": code, "label": speech(asked.language).t(label), "icon": icon}


def related_named(asked: Asked, spec: ObjectType) -> list[str]:
    """Return what the related lists of a page are called, in their order."""
    there = {one.name: one for one in listed_relations(asked.model, spec)}
    shown = there if spec.layout.related is None else spec.layout.related
    names = [name_of(asked.model, spec, there[one]) for one in shown if one in there]
    return [one.text(asked.language) for one in names]


def block_item(asked: Asked, spec: ObjectType, code: str) -> Drawn:
    """Return a panel or a related list as something that can be carried."""
    what = PANELS if code.startswith(MARKS[PANELS]) else RELATED
    name = code.removeprefix(MARKS[what])
    if what == PANELS:
        found = panel_named(asked, name)
    else:
        relation = spec.relations[name]
        label = name_of(asked.model, spec, relation).text(asked.language)
        found = {"label": label, "icon": asked.model.objects[relation.object_name].icon}
    return {**found, "code": code, "kind_of": what, "to": what, "kind": "", "required": False}
