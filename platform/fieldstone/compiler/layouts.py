"""What stands where on the page of a record: the panel at the top, sections, panels and related lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.names import did_you_mean
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.outline import Outline
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.tree import earlier_codes
from fieldstone.compiler.words import own_label
from fieldstone.expressions.types import BOOLEAN
from fieldstone.model.objects import RecordLayout, RecordSection, Section


def layout_of(outline: Outline, form: Sequence[Section], resolver: Resolver) -> RecordLayout:
    """Return the layout of a record's page; a field stands once, and in the highlights first."""
    raw = outline.raw.get("layout")
    if not isinstance(raw, Mapping):
        return RecordLayout()
    spot = outline.spot.under("layout")
    highlights = _fields(spot.under("highlights"), outline, raw.get("highlights", ()), resolver)
    panels = raw.get("panels")
    return RecordLayout(
        highlights,
        _sections(outline, raw["sections"], form, resolver, highlights)
        if "sections" in raw
        else None,
        None if panels is None else tuple(dict.fromkeys(panels)),
        _related(spot.under("related"), outline, raw["related"], resolver)
        if "related" in raw
        else None,
    )


def _sections(
    outline: Outline,
    raw: Mapping[str, Any],
    form: Sequence[Section],
    resolver: Resolver,
    highlights: tuple[str, ...],
) -> tuple[RecordSection, ...]:
    """Return the sections in their order: those that name their fields take them first, then those that follow the form.

    A section that follows one which a higher layer took out of the form is gone as well.
    """
    spot = outline.spot.under("layout", "sections")
    written = ordered(spot, raw)
    of_form = _of_form(form, written)
    fields: dict[str, tuple[str, ...]] = {}
    left = Left({*highlights})
    for code, settings in written.items():
        if "fields" in settings:
            named = _fields(spot.under(code, "fields"), outline, settings["fields"], resolver)
            fields[code] = left.take(named)
    for code, settings in written.items():
        if code in of_form and not settings.keys() & {"fields", "rest"}:
            fields[code] = left.take(of_form[code].fields)
    found: list[RecordSection] = []
    for code, settings in written.items():
        if settings.get("rest"):
            followed = {of_form[name].code for name in written if name in of_form}
            unnamed = [one for one in form if one.code not in {*written, *followed}]
            found += [_as_in_form(one, left.take(one.fields)) for one in unnamed]
            fields[code] = left.take(_own(outline))
        elif code not in fields:
            continue  # the form has this section no more
        found.append(_section(outline, code, settings, fields[code], of_form, resolver))
    return tuple(found)


def _of_form(form: Sequence[Section], written: Mapping[str, Any]) -> dict[str, Section]:
    """Return the sections of the form by the codes that those of the page have, whichever of both was renamed."""
    present = {one.code: one for one in form}
    called = {old: one for one in form for old in one.renamed_from if old not in present} | present
    found = dict(present)
    for code, settings in written.items():
        earlier = [old for old in earlier_codes(settings) if old in called and old not in written]
        same = called.get(code) or next((called[old] for old in reversed(earlier)), None)
        if same is not None and (code == same.code or same.code not in written):
            found[code] = same
    return found


@dataclass
class Left:
    """Which fields stand already: each stands once."""

    taken: set[str]

    def take(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return those of the fields that stand nowhere yet; from now on they do."""
        found = tuple(dict.fromkeys(one for one in codes if one not in self.taken))
        self.taken |= {*found}
        return found


def _own(outline: Outline) -> Iterable[str]:
    return (code for code, one in outline.fields.items() if not one.system and not one.archived)


def _as_in_form(section: Section, fields: tuple[str, ...]) -> RecordSection:
    return RecordSection(section.code, section.label, fields, 1, section.visible_when)


def _section(
    outline: Outline,
    code: str,
    settings: Mapping[str, Any],
    fields: tuple[str, ...],
    of_form: Mapping[str, Section],
    resolver: Resolver,
) -> RecordSection:
    """Return one section; what it does not say of itself is as in the form's section of the same code."""
    like = None if {"fields", "rest"} & settings.keys() else of_form.get(code)
    place = settings.get("place", "side")
    wide = like.columns if like and place == "main" else 1
    shown = resolver.expression(
        outline.spot.under("layout", "sections", code, "visible_when"),
        settings.get("visible_when"),
        resolver.scope(outline.code),
        expects=BOOLEAN,
    )
    return RecordSection(
        code,
        like.label if like and "label" not in settings else own_label(code, {"label": settings.get("label", {})}),
        fields,
        settings.get("columns", wide),
        like.visible_when if like and "visible_when" not in settings else shown,
        earlier_codes(settings),
        place,
        rest=bool(settings.get("rest")),
    )  # fmt: skip


def _fields(spot: Spot, outline: Outline, names: object, resolver: Resolver) -> tuple[str, ...]:
    known = resolver.fields(spot, outline.code, names)
    return tuple(one for one in known if not outline.fields[one].archived)


def _related(spot: Spot, outline: Outline, names: object, resolver: Resolver) -> tuple[str, ...]:
    """Return the relations that are named; rows that live with their parent are no related records."""
    known = {name: one for name, one in outline.relations.items() if not one.owned}
    found = []
    for index, name in enumerate(names if isinstance(names, list) else []):
        here = spot.under(index)
        relation = known.get(name)
        if relation is not None:
            resolver.use(here, "field", relation.object_name, relation.field)
            found.append(name)
        elif here.place().layer not in resolver.removed.get(("relations", name), ()):
            here.problem(
                "unknown_relation",
                f"no other object has rows that {outline.code} calls '{name}'.",
                did_you_mean(str(name), known),
            )
    return tuple(dict.fromkeys(found))
