"""An entry as it stands in a form of the studio: what it says, what is wrong with it, and the steps that make it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from fieldstone.base.names import is_code, plural
from fieldstone.evolution.effective import Effective
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.schema_form import SchemaForm
from fieldstone.web.pages.studio_called import as_called_now
from fieldstone.web.pages.studio_changes import changed, rearranged, removed
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of
from fieldstone.web.pages.studio_fields import placed
from fieldstone.web.pages.studio_lines import LONGEST_CODE, Lines, code_from
from fieldstone.web.pages.studio_parts import (
    CHOICES,
    HIDDEN,
    Part,
    entries_of,
    form_of,
    taken_from,
    users_of,
)
from fieldstone.web.pages.subjects import not_there

Errors = dict[str, str]


@dataclass(frozen=True)
class TypedEntry:
    """One entry, `code` as it is called now (part.new: not there yet), `wanted` as it is to be called."""

    part: Part
    code: str
    wanted: str
    variant: str
    before: Mapping[str, Any]
    values: Mapping[str, Any]
    errors: Errors
    edits: Edits


def variant_of(part: Part, value: Mapping[str, Any], asked_for: str) -> str:
    """Return the type of a field, the kind of a rule, "" of other parts."""
    if part.kind == "fields":
        return asked_for or str(value.get("type") or "text")
    if part.kind == "rules":
        return str(value.get("kind") or asked_for or "automation")
    return ""


def typed_entry(asked: Asked, part: Part, code: str, given: MultiDict[str, str]) -> TypedEntry:
    """Return what a form says; its steps leave out what is wrong."""
    effective = effective_of(asked, given.get("base", ""))
    entries = entries_of(part, effective)
    if code != part.new and code not in entries:
        raise not_there()
    before = entries.get(code, {}) if code != part.new else {}
    before = as_called_now(asked, part, code, before, given.get("base", ""))
    variant = variant_of(part, before, given.get("variant", ""))
    about = str(given.get("object") or before.get("object") or "")
    form = form_of(asked, part, variant, [one for one in entries if one != code], before, about)
    typed = form.posted(given)
    values, errors = form.read(typed)
    values = form.kept(before, values)
    if "options" in form.lines and not values.get("options") and not values.get("options_from"):
        errors["options"] = speech(asked.language).t("Write at least one option.")
    wanted = code
    if code == part.new or part.may_rename:
        wanted = given.get("code", "" if code == part.new else code).strip()
        if not wanted and code == part.new:
            wanted = _own_code(part, values, entries)
    if error_of_code := _code_error(asked, part, wanted, code, entries):
        errors["code"] = error_of_code
    found = TypedEntry(part, code, wanted, variant, before, values, errors, Edits())
    edits = (
        _added(asked, found, given) if code == part.new else _altered(asked, found, form, effective)
    )
    return TypedEntry(part, code, wanted, variant, before, values, errors, edits)


def _own_code(part: Part, values: Mapping[str, Any], entries: Mapping[str, Any]) -> str:
    """Return the code that a new entry gets when nobody names one: its English, or its Chinese as pinyin."""
    label = values.get("label")
    said = label.get("en") or label.get("zh") if isinstance(label, Mapping) else label
    taken = [*entries, *(part.spec.fields if part.spec and part.kind == "fields" else ()), part.new]
    return code_from(str(said or ""), taken)


def _added(asked: Asked, found: TypedEntry, given: MultiDict[str, str]) -> Edits:
    head = _head(found.part, found.variant, given.get("object", ""))
    values = {**head, **found.values}
    if found.part.kind == "fields":
        values |= _related_name(asked, found)
    if found.part.kind == CHOICES:
        return Edits().set(found.part.entry(found.wanted), values.get(CHOICES, {}))
    edits = Edits().set(found.part.entry(found.wanted), values)
    if found.part.kind == "fields":
        edits = placed(asked, edits, found.part, found.wanted, given)
    return edits


def _related_name(asked: Asked, found: TypedEntry) -> dict[str, str]:
    """Return another name for the way back of a second link to an object: the first one has the usual name."""
    target, spec = asked.model.objects.get(str(found.values.get("to", ""))), found.part.spec
    if found.variant != "lookup" or target is None or spec is None:
        return {}
    taken = any(one.object_name == spec.code for one in target.relations.values())
    if "related_name" in found.values or not taken:
        return {}
    return {"related_name": f"{plural(spec.code)}_by_{found.wanted}"[:LONGEST_CODE]}


def _altered(asked: Asked, found: TypedEntry, form: SchemaForm, effective: Effective) -> Edits:
    part, before, edits = found.part, found.before, Edits()
    path = part.entry(found.wanted)
    if found.wanted != found.code and part.kind == CHOICES:
        return _called_otherwise(asked, found, effective)
    if found.wanted != found.code:
        _, documents = changing_of(asked).current(asked.ctx)
        own = documents.value(part.entry(found.code))[1]
        edits = _renamed(edits, part, found.code, found.wanted, own=own)
    if part.kind == "fields" and before.get("type") != found.variant:
        edits = edits.set((*path, "type"), found.variant)
        for name in before:
            if name not in form.properties and name not in HIDDEN:
                edits = removed(asked, edits, (*path, name))
    lines = {name for name, one in form.lines.items() if isinstance(one, Lines)}
    plain = [one for one in form.properties if one in before and one not in lines]
    after = {name: value for name, value in found.values.items() if name not in lines}
    edits = changed(asked, edits, path, {name: before[name] for name in plain}, after)
    for name in lines & set(found.values):
        inside = part.setting(found.wanted, name)
        edits = rearranged(asked, edits, inside, before.get(name) or {}, found.values[name])
    return edits


def _called_otherwise(asked: Asked, found: TypedEntry, effective: Effective) -> Edits:
    """Return the steps that give a shared set of choices another code: the fields that use it name it anew."""
    part = found.part
    edits = Edits().set(part.entry(found.wanted), _as_it_stands(found.values.get(CHOICES, {})))
    for spec, one in users_of(asked, found.code, effective):
        edits = edits.set(taken_from(spec, one), found.wanted)
    return removed(asked, edits, part.entry(found.code))


def _as_it_stands(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return choices whose order is that of the map, with no word on where each comes after."""
    return {
        code: {k: v for k, v in one.items() if k != "after"} if isinstance(one, Mapping) else one
        for code, one in choices.items()
    }


def _head(part: Part, variant: str, object_name: str) -> dict[str, Any]:
    if part.kind == "fields":
        return {"type": variant}
    return {"kind": variant, "object": object_name} if part.kind == "rules" else {}


def _code_error(
    asked: Asked, part: Part, wanted: str, code: str, entries: Mapping[str, Any]
) -> str:
    t = speech(asked.language).t
    if part.kind in ("permissions",):
        roles = asked.model.roles
        return "" if wanted in roles else t("There is no role of this code.")
    if not is_code(wanted) or wanted == part.new:
        return t("Write small letters, digits and single _, beginning with a letter.")
    if wanted != code and wanted in entries:
        return t("This code is taken.")
    return ""


def _renamed(edits: Edits, part: Part, code: str, wanted: str, *, own: bool) -> Edits:
    """Return the step that calls an entry otherwise; one of a lower layer is renamed from above it."""
    if own:
        return edits.rename(part.entry(code), wanted)
    return edits.set((*part.entry(wanted), "renamed_from"), code)
