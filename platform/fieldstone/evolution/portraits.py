"""Parts of a model as plain values that people can compare: no places, no compiled forms, expressions as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.expression import Expression
from fieldstone.model.objects import Field, ObjectType, Permission, Pipeline, RecordSection, Stage
from fieldstone.rules.contract import Rule

Portrait = dict[str, Any]
# What the compiler adds, and what is compared by itself.
UNSHOWN: Final = frozenset({"origin", "code", "once"})
OF_OBJECT: Final = (
    "label",
    "plural",
    "icon",
    "title",
    "search",
    "owned",
    "pools",
    "unique_together",
    "help",
    "timeline",
    "hidden",
    "archived",
)
NOT_OF_FIELD: Final = UNSHOWN | {"column", "system", "type"}
NOT_OF_TYPE: Final = frozenset({"name", "widget", "sortable", "options", "kept", "fields"})
NOT_OF_PERMISSION: Final = UNSHOWN | {"role", "fields"}


def plain(value: object) -> Any:
    """Return a value as JSON can hold it."""
    match value:
        case None | bool() | int() | float() | str():
            found: Any = value
        case Expression():
            found = value.text
        case Label():
            found = {"en": value.en, "zh": value.zh}
        case Mapping():
            found = {str(key): plain(item) for key, item in value.items()}
        case frozenset() | set():
            found = sorted(plain(item) for item in value)
        case list() | tuple():
            found = [plain(item) for item in value]
        case _:
            found = without(value, UNSHOWN) if is_dataclass(value) else str(value)
    return found


def without(thing: Any, left_out: frozenset[str]) -> Portrait:
    """Return the settings of a dataclass by name, but for some."""
    return {
        one.name: plain(getattr(thing, one.name))
        for one in fields(thing)
        if one.name not in left_out
    }


def of_object(spec: ObjectType) -> Portrait:
    """Return what an object itself says; its fields, stages, views and so on are compared one by one."""
    layout = spec.layout
    return {
        **{name: plain(getattr(spec, name)) for name in OF_OBJECT},
        "hidden": spec.hidden and not spec.archived,
        # What follows from the form by itself is no change of its own.
        "quick": [] if spec.quick == spec.usual_quick else plain(spec.quick),
        "highlights of a record": plain(layout.highlights),
        "panels beside a record": plain(layout.panels),
        "related lists of a record": plain(layout.related),
    }


def of_field(field: Field) -> Portrait:
    """Return what a field says, the settings of its type among it; options are compared one by one."""
    kind: Any = field.type
    settings = without(kind, NOT_OF_TYPE) if is_dataclass(kind) else {}
    return {
        "type": field.type.name,
        **without(field, NOT_OF_FIELD),
        **{f"type.{name}": value for name, value in settings.items()},
    }


def of_pipeline(pipeline: Pipeline) -> Portrait:
    """Return what a pipeline says besides its stages: its label, its condition, its moves, their order."""
    return {
        "label": plain(pipeline.label),
        "when": plain(pipeline.when),
        "moves": plain(pipeline.moves),
        "order": list(pipeline.stages),
    }


def of_stage(stage: Stage) -> Portrait:
    """Return what a stage says."""
    return without(stage, UNSHOWN)


def of_permission(permission: Permission) -> Portrait:
    """Return the rights of a role, those on single fields each by its name."""
    rights = without(permission, NOT_OF_PERMISSION)
    levels = {
        f"fields.{code}": access.level
        if access.mask_when is None
        else {access.level: access.mask_when.text}
        for code, access in permission.fields.items()
    }
    return {**rights, **levels}


def of_record_section(section: RecordSection) -> Portrait:
    """Return what a section of a record's page says; what falls into one for the rest is no change of its own."""
    return without(section, UNSHOWN | {"fields"} if section.rest else UNSHOWN)


def of_nav(group: Any) -> Portrait:
    """Return what a group of the side bar says, its entries by their codes."""
    entries = [one.target + (f"/{one.view}" if one.view else "") for one in group.items]
    return {"label": plain(group.label), "folded": group.folded, "items": entries}


def of_rule(rule: Rule) -> Portrait:
    """Return a rule as it was written."""
    return {name: plain(value) for name, value in rule.written.items()}
