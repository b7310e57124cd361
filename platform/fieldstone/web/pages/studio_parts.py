"""What can be changed in the studio, one entry of one map each: a field, a stage, a view, a right, a rule, a role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.compiler.merging import order_of
from fieldstone.compiler.shapes import (
    LABEL,
    OPTIONS,
    PERMISSION,
    PIPELINE,
    RECORD_SECTION,
    SECTION,
    STAGE,
    VIEW,
    field_schema,
)
from fieldstone.compiler.site_shapes import CALENDAR, NAV_GROUP, ROLE, rule_schema
from fieldstone.evolution.documents import OBJECTS
from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reports.shapes import SCHEMA as REPORT
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.dashboards import NAMES as PERIODS_CALLED
from fieldstone.web.pages.schema_form import Listed, SchemaForm, without
from fieldstone.web.pages.studio_edits import effective_of
from fieldstone.web.pages.studio_groups import CALLED, GROUPED, HINTS
from fieldstone.web.pages.studio_inner import Known
from fieldstone.web.pages.studio_lines import column_lines, option_lines, stage_lines
from fieldstone.web.pages.studio_nested import nested_in
from fieldstone.web.pages.studio_offers import Offers, Place, listed_objects
from fieldstone.web.pages.subjects import not_there

Json = Mapping[str, Any]
HIDDEN: Final = ("type", "kind", "object", "en", "zh", "renamed_from", "stages")
OF_OBJECTS: Final = ("fields", "stages", "pipelines", "forms", "layout", "views", "permissions")
OF_SITE: Final = ("rules", "roles", "nav", "options", "calendars")
REPORTS: Final = "reports"
# What a form says of a report; its figures and charts are written in YAML.
OF_REPORTS: Final = ("icon", "period")
CHOICES: Final = "options"
# Yes, no, and nothing said are three different things here.
UNDECIDED: Final = frozenset({"stored"})
# What a deadline may lead to; none of them is what happens when nothing is said.
WAYS: Final = frozenset({"then.reassign", "then.queue"})
RETURNS: Final = (
    "text",
    "integer",
    "decimal",
    "currency",
    "percent",
    "boolean",
    "date",
    "datetime",
    "duration",
)
NOT_IN_LINES: Final = frozenset(
    {"rows", "rollup", "autonumber", "secret", "file", "image", "select", "multi_select"}
)
WITHOUT_NESTED: Final = frozenset({"fields", CHOICES})
RENAMED: Final = frozenset(
    {
        "fields",
        "stages",
        "pipelines",
        "forms",
        "layout",
        "views",
        "rules",
        "roles",
        REPORTS,
        CHOICES,
    }
)


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

    def setting(self, code: str, name: str) -> tuple[str, ...]:
        """Return the path of one setting of an entry; a set of choices is nothing but its choices."""
        return self.entry(code) if self.kind == CHOICES else (*self.path, code, name)

    @property
    def pipeline(self) -> str:
        """Return the pipeline whose stages these are, "" for other parts."""
        return self.path[4] if self.kind == "stages" else ""

    @property
    def page(self) -> str:
        """Return the address of the page with the pipeline it shows."""
        return f"{self.base}?pipeline={self.pipeline}" if self.pipeline else self.base

    @property
    def new(self) -> str:
        """Return what stands for one more entry in an address: a stage may well be called new, a report begins elsewhere."""
        return {"stages": "+", REPORTS: ""}.get(self.kind, "new")

    @property
    def may_rename(self) -> bool:
        """Tell whether an entry can get another code: records and references follow."""
        return self.kind in RENAMED


def part_of(asked: Asked, object_name: str, kind: str, pipeline: str = "") -> Part:
    """Return a part of an object, or of the site ("-"). Raises RefusedError (404)."""
    if object_name == "-" and kind in OF_SITE:
        return Part(kind, (kind,), f"/studio/o/-/{kind}")
    if object_name == "-" and kind == REPORTS:
        return Part(kind, (kind,), f"/studio/{kind}")
    spec = asked.model.objects.get(object_name)
    if spec is None or spec.parent is not None or kind not in OF_OBJECTS:
        raise not_there()
    inside: Mapping[str, tuple[str, ...]] = {
        "forms": ("forms", "default"),
        "layout": ("layout", "sections"),
        "pipelines": ("stages", "pipelines"),
        "stages": ("stages", "pipelines", _pipeline(spec, pipeline), "stages"),
    }
    path = (OBJECTS, object_name, *inside.get(kind, (kind,)))
    return Part(kind, path, f"/studio/o/{object_name}/{kind}", spec)


def _pipeline(spec: ObjectType, wanted: str) -> str:
    there = list(spec.pipelines.pipelines) if spec.pipelines else []
    if wanted and there and wanted not in there:
        raise not_there()
    return wanted if wanted in there else there[0] if there else "standard"


def entries_of(part: Part, effective: Effective) -> dict[str, dict[str, Any]]:
    """Return the entries in force by code and in their order, each in its long form."""
    found = effective.value(part.path)
    entries = found if isinstance(found, dict) else {}
    return {
        code: long_form(part.kind, entries[code])
        for code in order_of(entries)
        if entries[code] is not None
    }


def long_form(kind: str, value: Any) -> dict[str, Any]:
    """Return an entry as a map: `name: text` is {type: text}, a bare text is a label, a set of choices has these as a setting."""
    if kind == CHOICES:
        return {CHOICES: value}
    if isinstance(value, dict):
        if kind in ("stages", "roles") and set(value) & {"en", "zh"} and "label" not in value:
            label = {one: value[one] for one in ("en", "zh") if one in value}
            rest = {k: v for k, v in value.items() if k not in ("en", "zh")}
            return {"label": label, **rest}
        return value
    return {"type": value} if kind == "fields" else {"label": value}


def form_of(
    asked: Asked, part: Part, variant: str, siblings: Sequence[str], before: Json, about: str = ""
) -> SchemaForm:
    """Return the form of an entry that says `before`, none of a new one; `variant` is the type of a field or the kind of a rule.

    `about` is the object of a rule.
    """
    schema = _schema(asked, part, variant)
    shown = _shown(part, schema, before)
    required = frozenset(schema.get("required", ())) - set(HIDDEN)
    t = speech(asked.language).t
    called, hints = (
        {name: t(word) for name, word in words.get(part.kind, {}).items()}
        for words in (CALLED, HINTS)
    )
    yes_no = [one for one, said in shown.items() if said.get("type") == "boolean"]
    lines: Mapping[str, Listed] = _lines(asked, part, shown, siblings, before)
    grouped = GROUPED & set(shown) if part.kind == "rules" else frozenset[str]()
    inside, values = _flat(shown, grouped), _flat_values(before, grouped)
    inside = {name: one for name, one in inside.items() if name not in lines}
    about = about or (part.spec.code if part.spec else "")
    offers = Offers(asked, _siblings(asked, part, siblings))
    known = Known(speech(asked.language), offers, Place(about, about, (before,)))
    nested = {} if part.kind in WITHOUT_NESTED else nested_in(inside, values, known)
    plain = {name: one for name, one in inside.items() if name not in nested}
    chosen = known.chosen(plain, values)
    return SchemaForm(
        shown,
        required,
        speech(asked.language),
        chosen.choices | _choices(asked, part, shown, siblings, before),
        frozenset(yes_no) - UNDECIDED if part.kind == "fields" else WAYS,
        lines,
        chosen.picks,
        grouped,
        called,
        hints,
        nested,
        chosen.several,
        chosen.suggested,
    )


def _shown(part: Part, schema: Json, before: Json) -> dict[str, Json]:
    """Return the settings that a form shows, in its order."""
    hidden = HIDDEN if before.get("renamed_from") else (*HIDDEN, "alias_until")
    shown = without(schema["properties"], hidden)
    if part.kind == "pipelines" and not before:
        return {"label": shown["label"], "stages": schema["properties"]["stages"], **shown}
    kind = {"kind": schema["properties"]["kind"]} if part.kind in ("views", "stages") else {}
    return {**kind, **shown}


def _flat(shown: Mapping[str, Json], grouped: frozenset[str]) -> dict[str, Json]:
    """Return the settings with those of a group by their own: then.reason."""
    found = {name: one for name, one in shown.items() if name not in grouped}
    return found | {f"{name}.{one}": said for name in grouped for one, said in shown[name]["properties"].items()}  # fmt: skip


def _flat_values(before: Json, grouped: frozenset[str]) -> dict[str, Any]:
    inside = {name: before.get(name) or {} for name in grouped}
    return {**before, **{f"{name}.{one}": value for name, said in inside.items() for one, value in said.items()}}  # fmt: skip


def _siblings(asked: Asked, part: Part, codes: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Return the other entries of the part by what people call them."""
    there = entries_of(part, effective_of(asked)) if codes else {}
    found = []
    for code in codes:
        label = there.get(code, {}).get("label")
        said = label.get(asked.language) or label.get("en") if isinstance(label, Mapping) else label
        found.append((code, str(said or code)))
    return found


def _choices(
    asked: Asked, part: Part, shown: Mapping[str, Json], siblings: Sequence[str], before: Json
) -> dict[str, Sequence[tuple[str, str]]]:
    """Return what to choose from where a setting names something of the site."""
    language, spec = asked.language, part.spec
    fields = spec.fields if spec is not None else {}
    found: dict[str, Sequence[tuple[str, str]]] = {}
    if part.kind == REPORTS:
        t = speech(language).t
        found["period"] = [(one, t(PERIODS_CALLED[one])) for one in REPORT["properties"]["period"]["enum"]]  # fmt: skip
    if part.kind == "fields" and spec is not None:
        types = asked.site.vocabulary.types.values()
        found["returns"] = [
            (one.name, one.label.text(language)) for one in types if one.name in RETURNS
        ]
        one = next((f for c, f in fields.items() if not f.system and c not in siblings), None)
        if (
            one is not None
            and before.get("type") == one.type.name == "select"
            and "options" in shown
        ):
            options = getattr(one.type, "options", {}).values()
            found["default"] = [(o.code, o.label.text(language)) for o in options if not o.archived]
    if isinstance(before.get("returns"), Mapping):
        found.pop("returns", None)  # its settings are more than a word
    return {name: choices for name, choices in found.items() if name in shown}


def _held(asked: Asked, part: Part, siblings: Sequence[str]) -> Mapping[str, int] | None:
    """Return how many records hold each option of the field that is no sibling; None for one that is not there yet."""
    fields = part.spec.fields if part.spec else {}
    code = next((c for c, one in fields.items() if not one.system and c not in siblings), "")
    if part.spec is None or not code:
        return None
    with asked.site.storage.counting(asked.model, asked.ctx) as census:
        return census.held(part.spec.code, code) if census.knows(part.spec.code, code) else None


def users_of(asked: Asked, name: str, effective: Effective) -> list[tuple[ObjectType, Field]]:
    """Return the fields that take their choices from a shared set, those of line items among them."""
    return [
        (spec, one)
        for spec in asked.model.objects.values()
        for one in spec.fields.values()
        if effective.value(taken_from(spec, one)) == name
    ]


def taken_from(spec: ObjectType, field: Field) -> tuple[str, ...]:
    """Return the path of the setting that names the set of choices of a field."""
    home = (spec.code, "fields") if spec.parent is None else (spec.parent[0], "fields", spec.parent[1], "fields")  # fmt: skip
    return (OBJECTS, *home, field.code, "options_from")


def _held_of_set(asked: Asked, name: str, effective: Effective) -> Mapping[str, int]:
    """Return how many records hold each choice of a shared set, all fields that use it together."""
    counted: Counter[str] = Counter()
    with asked.site.storage.counting(asked.model, asked.ctx) as census:
        for spec, one in users_of(asked, name, effective):
            if census.knows(spec.code, one.code):
                counted.update(census.held(spec.code, one.code))
    return counted


def _lines(
    asked: Asked, part: Part, shown: Mapping[str, Json], siblings: Sequence[str], before: Json
) -> dict[str, Listed]:
    """Return the settings that are maps of entries: options, columns, the stages of a new pipeline."""
    said = speech(asked.language)
    found: dict[str, Listed] = {}
    if part.kind == "pipelines" and "stages" in shown:
        found["stages"] = stage_lines(said)
    if part.kind == CHOICES:
        options, effective = _in_order(before.get(CHOICES)), effective_of(asked)
        present = effective.value(part.path) or {}
        own = next((one for one in present if one not in siblings), "")
        used = _held_of_set(asked, own, effective) if options and own else None
        found[CHOICES] = option_lines(options, said, used, parents=_has_parents(options))
    if part.kind != "fields":
        return found
    if "options" in shown:
        options = _in_order(before.get("options"))
        used = _held(asked, part, siblings) if before.get("options") else None
        found["options"] = option_lines(options, said, used, parents=bool(before.get("depends_on")))
    if "fields" in shown:
        types = [
            (one.name, one.label.text(asked.language))
            for one in asked.site.vocabulary.types.values()
            if one.name not in NOT_IN_LINES
        ]
        found["fields"] = column_lines(
            _in_order(before.get("fields")), types, listed_objects(asked), said
        )
    return found


def _has_parents(options: Json) -> bool:
    return any(isinstance(one, Mapping) and "parents" in one for one in options.values())


def _in_order(entries: object) -> dict[str, Any]:
    return {code: entries[code] for code in order_of(entries)} if isinstance(entries, dict) else {}


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
        "layout": RECORD_SECTION,
        "views": VIEW,
        "permissions": PERMISSION,
        "roles": roles,
        "nav": NAV_GROUP,
        "calendars": CALENDAR,
        CHOICES: {"properties": {CHOICES: OPTIONS}},
        REPORTS: {
            "properties": {"label": LABEL, **{one: REPORT["properties"][one] for one in OF_REPORTS}}
        },
    }
    return fixed[part.kind]
