"""Joins objects to each other: lookups and the relations they make, child rows, and rollups over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.base.names import plural
from fieldstone.compiler.fields import FieldReader
from fieldstone.compiler.outline import Outline, Words, first_code
from fieldstone.compiler.system_fields import add_child_fields
from fieldstone.compiler.words import known_code, label_from
from fieldstone.fieldtypes.contract import FieldType
from fieldstone.model.objects import Relation


def child_outlines(outline: Outline, words: Words, reader: FieldReader) -> list[Outline]:
    """Return an outline for each field of child rows, and make the field and the relation to it."""
    children = []
    for code, settings in outline.settings.items():
        if settings["type"] != "rows" or code in outline.broken:
            continue
        spot = outline.spots[code]
        child = _child(outline, code, settings)
        add_child_fields(child, words, outline.code)
        reader.add_fields(child, spot.under("fields"), settings.get("fields", {}))
        _report_nested_rows(child)
        if not settings.get("fields"):
            spot.problem(
                "missing_key", "the rows have no fields.", "Add 'fields: {code: type}' below it."
            )
        outline.relations[code] = Relation(
            code, child.code, "parent", outline.fields[code].label, owned=True
        )
        children.append(child)
    return children


def _report_nested_rows(child: Outline) -> None:
    for code, settings in child.settings.items():
        if settings["type"] == "rows":
            child.broken.add(code)
            child.spots[code].problem(
                "nested_rows",
                "child rows cannot have child rows of their own.",
                "Make an object of its own, and a lookup to it.",
            )


def _child(outline: Outline, code: str, settings: Mapping[str, Any]) -> Outline:
    label = label_from(settings.get("label"), label_of(code))
    raw: dict[str, Any] = {"icon": "list"}
    first = f"{first_code(outline.code, outline.raw)}__{first_code(code, settings)}"
    if first != f"{outline.code}__{code}":
        raw["renamed_from"] = first
    return Outline(
        f"{outline.code}__{code}",
        outline.spots[code],
        raw,
        label,
        label,
        parent=(outline.code, code),
    )


def set_rows_types(outline: Outline, outlines: Mapping[str, Outline], reader: FieldReader) -> None:
    """Give each field of child rows the types of the rows' fields."""
    for code, settings in outline.settings.items():
        child = outlines.get(f"{outline.code}__{code}")
        if settings["type"] != "rows" or child is None:
            continue
        own = {key: value for key, value in settings.items() if key == "max"}
        own["of"] = child.code
        own["fields"] = {
            name: field.type for name, field in child.fields.items() if not field.system
        }
        made = reader.made(outline.spots[code], "rows", own)
        if made is not None:
            outline.fields[code] = replace(outline.fields[code], type=made)


def add_relations(outlines: Mapping[str, Outline]) -> None:
    """Give every object that is looked up the relation to the rows that point to it."""
    _call_like_objects(outlines)
    for outline in outlines.values():
        for code, settings in outline.settings.items():
            if code not in outline.broken:
                _link(outline, code, settings, outlines)


def _call_like_objects(outlines: Mapping[str, Outline]) -> None:
    """Let a lookup that is named like its object and has no label of its own be called what the object is called."""
    for outline in outlines.values():
        for code, settings in outline.settings.items():
            target = outlines.get(str(settings.get("to", "")))
            if target is None or "label" in settings or settings["type"] != "lookup":
                continue
            if code == first_code(target.code, target.raw):
                outline.fields[code] = replace(outline.fields[code], label=target.label)


def _link(
    outline: Outline, code: str, settings: Mapping[str, Any], outlines: Mapping[str, Outline]
) -> None:
    field_type = settings["type"]
    if field_type not in {"lookup", "multi_lookup", "user"}:
        return
    spot = outline.spots[code]
    target_code = "user" if field_type == "user" else settings["to"]
    if field_type != "user" and not known_code(
        spot.under("to"), "object", target_code, _own_objects(outlines)
    ):
        outline.broken.add(code)
        return
    # A person has too many lists already: a relation from user is made only on request.
    if field_type == "multi_lookup" or (field_type == "user" and "related_name" not in settings):
        return
    if target_code in outlines and (outline.parent is None or "related_name" in settings):
        _add_relation(outline, code, settings, outlines[target_code])


def _own_objects(outlines: Mapping[str, Outline]) -> Mapping[str, Outline]:
    return {code: outline for code, outline in outlines.items() if outline.parent is None}


def _add_relation(
    outline: Outline, code: str, settings: Mapping[str, Any], target: Outline
) -> None:
    # By its first code: expressions that count the rows go on when the object is renamed.
    name = settings.get("related_name", plural(first_code(outline.code, outline.raw)))
    label = label_from(settings.get("related_label"), _relation_label(outline, code, settings))
    taken = target.relations.get(name)
    spot = (
        outline.spots[code].under("related_name")
        if "related_name" in settings
        else outline.spots[code]
    )
    if taken is not None:
        other = f"{taken.object_name}.{taken.field}"
        spot.problem(
            "duplicate_relation",
            f"{target.code} would have two relations '{name}': from {other} and from this field.",
            f"Add 'related_name: {name}_by_{code}', or another name, to one of the two.",
        )
    elif name in target.fields:
        spot.problem(
            "duplicate_relation",
            f"{target.code} has a field '{name}' already, so the rows that point to it cannot be called so.",
            f"Add 'related_name: {name}_by_{code}', or another name.",
        )
    else:
        target.relations[name] = Relation(name, outline.code, code, label)


def _relation_label(outline: Outline, code: str, settings: Mapping[str, Any]) -> Label:
    """Return the plural of the pointing object; with a name of its own, the field is named too."""
    if "related_name" not in settings:
        return outline.plural
    by = outline.fields[code].label
    several = outline.plural
    return Label(f"{several.en} ({by.en})", f"{several.zh or several.en}（{by.zh or by.en}）")


class RollupTypes:
    """Gives rollups the type of what they sum up; one rollup may build on another."""

    def __init__(self, outlines: Mapping[str, Outline], reader: FieldReader) -> None:
        self._outlines = outlines
        self._reader = reader
        self._done: set[tuple[str, str]] = set()
        self._open: list[tuple[str, str]] = []

    def set_all(self) -> None:
        """Set the type of every rollup of every object."""
        for outline in self._outlines.values():
            for code, settings in outline.settings.items():
                if settings["type"] == "rollup" and code not in outline.broken:
                    self._set(outline, code, settings)

    def _set(self, outline: Outline, code: str, settings: Mapping[str, Any]) -> None:
        key = (outline.code, code)
        if key in self._done:
            return
        spot = outline.spots[code]
        if key in self._open:
            circle = " -> ".join(
                f"{name}.{field}" for name, field in [*self._open[self._open.index(key) :], key]
            )
            spot.problem(
                "circle", f"the rollups go round in a circle: {circle}.", "Take one of them out."
            )
            for name, field in self._open[self._open.index(key) :]:
                self._outlines[name].broken.add(field)
            return
        self._open.append(key)
        made = self._made(outline, code, settings)
        self._open.pop()
        self._done.add(key)
        if made is None:
            outline.broken.add(code)
        else:
            outline.fields[code] = replace(outline.fields[code], type=made)

    def _made(self, outline: Outline, code: str, settings: Mapping[str, Any]) -> FieldType | None:
        spot, own = outline.spots[code], {"function": settings["function"]}
        if not known_code(spot.under("of"), "relation", settings["of"], outline.relations):
            return None
        child = self._outlines[outline.relations[settings["of"]].object_name]
        value = _present_value(settings, child)
        if value is not None and settings["function"] != "count":
            if value in child.broken or not known_code(
                spot.under("value"), "field", value, child.fields
            ):
                return None
            nested = child.settings.get(value, {})
            if nested.get("type") == "rollup":
                self._set(child, value, nested)
                if value in child.broken:
                    return None
            own["over"] = child.fields[value].type
        return self._reader.made(spot, "rollup", own)


def _present_value(settings: Mapping[str, Any], child: Outline) -> Any:
    """Return the field that a rollup sums up, written anew where it is named by an earlier code."""
    value = settings.get("value")
    if value is not None and value not in child.fields and isinstance(settings, dict):
        value = settings["value"] = next(
            (code for code, one in child.fields.items() if value in one.renamed_from), value
        )
    return value
