"""What can be changed in the studio, one entry of one map each: a field, a stage, a view, a right, a rule, a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.compiler.shapes import PERMISSION, PIPELINE, SECTION, STAGE, VIEW, field_schema
from fieldstone.compiler.site_shapes import CALENDAR, NAV_GROUP, ROLE, rule_schema
from fieldstone.evolution.documents import OBJECTS
from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.schema_form import SchemaForm, without
from fieldstone.web.pages.subjects import not_there

Json = Mapping[str, Any]
HIDDEN: Final = ("type", "kind", "object", "en", "zh", "renamed_from", "stages")
OF_OBJECTS: Final = ("fields", "stages", "pipelines", "forms", "views", "permissions")
OF_SITE: Final = ("rules", "roles", "nav", "calendars")
RENAMED: Final = frozenset({"fields", "stages"})


@dataclass(frozen=True)
class Part:
    """One map of entries: where it stands, and what an entry may say."""

    kind: str
    path: tuple[str, ...]
    base: str  # the address of its page
    spec: ObjectType | None = None

    def entry(self, code: str) -> tuple[str, ...]:
        """Return the path of one entry."""
        return (*self.path, code)

    @property
    def pipeline(self) -> str:
        """Return the pipeline whose stages these are, "" for other parts."""
        return self.path[4] if self.kind == "stages" else ""

    @property
    def may_rename(self) -> bool:
        """Tell whether an entry can get another code: records and references follow."""
        return self.kind in RENAMED


def part_of(asked: Asked, object_name: str, kind: str, pipeline: str = "") -> Part:
    """Return a part of an object, or of the site ("-"). Raises RefusedError (404)."""
    if object_name == "-" and kind in OF_SITE:
        return Part(kind, (kind,), f"/studio/o/-/{kind}")
    spec = asked.model.objects.get(object_name)
    if spec is None or spec.parent is not None or kind not in OF_OBJECTS:
        raise not_there()
    inside: Mapping[str, tuple[str, ...]] = {
        "forms": ("forms", "default"),
        "pipelines": ("stages", "pipelines"),
        "stages": ("stages", "pipelines", _pipeline(spec, pipeline), "stages"),
    }
    path = (OBJECTS, object_name, *inside.get(kind, (kind,)))
    return Part(kind, path, f"/studio/o/{object_name}/{kind}", spec)


def _pipeline(spec: ObjectType, wanted: str) -> str:
    there = list(spec.pipelines.pipelines) if spec.pipelines else []
    if wanted and wanted not in there:
        raise not_there()
    return wanted or (there[0] if there else "standard")


def entries_of(part: Part, effective: Effective) -> dict[str, dict[str, Any]]:
    """Return the entries in force by code, each in its long form."""
    found = effective.value(part.path)
    listed = found.items() if isinstance(found, dict) else ()
    return {code: long_form(part.kind, value) for code, value in listed if value is not None}


def long_form(kind: str, value: Any) -> dict[str, Any]:
    """Return an entry as a map: `name: text` is {type: text}, a bare text is a label."""
    if isinstance(value, dict):
        if kind in ("stages", "roles") and set(value) & {"en", "zh"} and "label" not in value:
            label = {one: value[one] for one in ("en", "zh") if one in value}
            rest = {k: v for k, v in value.items() if k not in ("en", "zh")}
            return {"label": label, **rest}
        return value
    return {"type": value} if kind == "fields" else {"label": value}


def form_of(asked: Asked, part: Part, variant: str, siblings: Sequence[str]) -> SchemaForm:
    """Return the form of an entry; `variant` is the type of a field or the kind of a rule."""
    schema = _schema(asked, part, variant)
    shown = without(schema["properties"], HIDDEN)
    if part.kind in ("views",):
        shown = {"kind": schema["properties"]["kind"], **shown}
    if part.kind == "stages":
        shown = {"kind": schema["properties"]["kind"], **shown}
    choices = {"after": [(one, one) for one in siblings]} if "after" in shown else {}
    model = asked.model
    named = [
        (one.code, one.label.text(asked.language))
        for one in model.objects.values()
        if one.parent is None
    ]
    if part.kind == "fields" and "to" in shown:
        choices["to"] = named
    if part.kind == "rules" and "calendar" in shown:
        choices["calendar"] = [(one, one) for one in model.calendars]
    required = frozenset(schema.get("required", ())) - set(HIDDEN)
    return SchemaForm(shown, required, speech(asked.language), choices)  # fmt: skip


def _schema(asked: Asked, part: Part, variant: str) -> Json:
    words = asked.site.vocabulary
    if part.kind == "fields":
        if variant not in words.types:
            raise not_there()
        return field_schema(words.types[variant])
    if part.kind == "rules":
        if variant not in words.kinds:
            raise not_there()
        return rule_schema(words.kinds[variant])
    roles: Json = ROLE["anyOf"][1]
    fixed: Mapping[str, Json] = {
        "stages": STAGE,
        "pipelines": PIPELINE,
        "forms": SECTION,
        "views": VIEW,
        "permissions": PERMISSION,
        "roles": roles,
        "nav": NAV_GROUP,
        "calendars": CALENDAR,
    }
    return fixed[part.kind]
