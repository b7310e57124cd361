"""What stands where on the page of a record: the panel at the top, sections, panels and related lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.names import did_you_mean
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.outline import Outline
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.words import own_label
from fieldstone.expressions.types import BOOLEAN
from fieldstone.model.objects import RecordLayout, RecordSection


def layout_of(outline: Outline, resolver: Resolver) -> RecordLayout:
    """Return the layout of a record's page; a field stands once, and in the highlights first."""
    raw = outline.raw.get("layout")
    if not isinstance(raw, Mapping):
        return RecordLayout()
    spot = outline.spot.under("layout")
    highlights = _fields(spot.under("highlights"), outline, raw.get("highlights", ()), resolver)
    panels = raw.get("panels")
    return RecordLayout(
        highlights,
        _sections(outline, raw["sections"], resolver, highlights) if "sections" in raw else None,
        None if panels is None else tuple(dict.fromkeys(panels)),
        _related(spot.under("related"), outline, raw["related"], resolver)
        if "related" in raw
        else None,
    )


def _sections(
    outline: Outline, raw: Mapping[str, Any], resolver: Resolver, taken: tuple[str, ...]
) -> tuple[RecordSection, ...]:
    spot, used, found = outline.spot.under("layout", "sections"), {*taken}, []
    for code, settings in ordered(spot, raw).items():
        named = _fields(spot.under(code, "fields"), outline, settings["fields"], resolver)
        fields = tuple(one for one in named if one not in used)
        used |= {*fields}
        shown = resolver.expression(
            spot.under(code, "visible_when"),
            settings.get("visible_when"),
            resolver.scope(outline.code),
            expects=BOOLEAN,
        )
        label = own_label(code, {"label": settings.get("label", {})})
        found.append(
            RecordSection(
                code,
                label,
                fields,
                settings.get("columns", 1),
                shown,
                settings.get("place", "side"),
            )
        )
    return tuple(found)


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
