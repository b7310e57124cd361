"""The JSON Schemas of what is not an object: roles, navigation, shared options, calendars, rules and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.named import named
from fieldstone.compiler.shapes import (
    AFTER,
    ALIAS_UNTIL,
    CODES,
    EXPRESSION,
    FIELD_ENVELOPE,
    LABEL,
    OBJECT,
    OPTIONS,
    RENAMED_FROM,
    TEXT,
    YES_NO,
    Schema,
    closed,
    codes_to,
    either,
    field_schema,
    object_schema,
)  # fmt: skip
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.rules.contract import RuleKind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAYS = "(mon|tue|wed|thu|fri|sat|sun)"

ROLE: Schema = either(
    TEXT,
    closed({
        "en": TEXT, "zh": TEXT, "label": LABEL, "after": AFTER,
        "administrator": {**YES_NO, "description": "May do everything, in every object"},
        "renamed_from": RENAMED_FROM,
    }),
)  # fmt: skip
NAV_ITEM: Schema = either(
    {**OBJECT, "description": "An object"},
    closed({"object": OBJECT, "pool": named("rule", "pool"), "dashboard": named("report"), "page": TEXT, "view": named("view")}, minProperties=1),
)  # fmt: skip
NAV_GROUP: Schema = closed(
    {
        "label": LABEL,
        "items": {"type": "array", "items": NAV_ITEM},
        "after": AFTER,
        "folded": {**YES_NO, "description": "Shows only its heading until somebody opens it"},
    },
    required=["items"],
)
HOURS: Schema = {"type": "array", "items": {
    "type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$", "description": "Write hours as 09:00-12:00",
}}  # fmt: skip
DATES: Schema = {"type": "array", "items": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "Write a day as 2026-10-01"}}  # fmt: skip
CALENDAR: Schema = closed({
    "label": LABEL,
    "zone": {**named("time_zone"), "description": "A time zone such as Asia/Shanghai"},
    "hours": {
        "type": "object", "propertyNames": {"pattern": f"^{DAYS}(-{DAYS})?$", "description": "Write mon, tue, wed, thu, fri, sat, sun, or a span such as mon-fri"}, "additionalProperties": HOURS,
        "description": "Working hours by weekday: mon, or mon-fri",
    },
    "country": {**TEXT, "description": "A country such as CN, whose public holidays are off"},
    "exceptions": {
        "type": "object", "propertyNames": {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "Write a day as 2026-10-01"},
        "additionalProperties": either({"enum": ["off", "work"]}, HOURS, closed({"hours": either({"enum": ["off", "work"]}, HOURS), "label": LABEL}, required=["hours"])),
        "description": "Single days: off, work (with the hours of their weekday), or hours of their own",
    },
    "holidays": {**DATES, "description": "Further days off"},
    "workdays": {**DATES, "description": "Days that are worked although they would be off"},
}, required=["hours"])  # fmt: skip
SITE_PARTS: Mapping[str, Schema] = {
    "default_calendar": {
        **named("calendar"),
        "description": "The calendar taken where a rule names none",
    },
    "roles": codes_to(ROLE),
    "nav": codes_to(NAV_GROUP),
    "options": codes_to(OPTIONS),
    "calendars": codes_to(CALENDAR),
}
RULE_ENVELOPE: Mapping[str, Schema] = {
    "kind": {**TEXT, "description": "What sort of rule it is"},
    "object": {**OBJECT, "description": "The object whose records it looks at"},
    "label": LABEL,
    "when": EXPRESSION,
    "exempt": {**EXPRESSION, "description": "Records that the rule leaves alone"},
    "priority": {"type": "integer", "minimum": 0, "maximum": 10_000, "description": "Smaller numbers speak first"},
    "enabled": YES_NO,
    "from": {**TEXT, "description": "The instant it begins to hold, such as 2026-10-01 or 2026-10-01T08:00:00Z"},
    "to": {**TEXT, "description": "The instant it ceases to hold"},
    "calendar": named("calendar"),
    "in_flight": {"enum": ["keep", "recompute"], "description": "What becomes of running timers when the rule changes"},
    "max_per_run": {"type": "integer", "minimum": 0},
    "stop_on_match": {**YES_NO, "description": "Later rules of this kind do not speak once it matched"},
    "on": either(TEXT, CODES, description="When it speaks: create, update, delete, restore"),
    "renamed_from": RENAMED_FROM,
    "alias_until": ALIAS_UNTIL,
}  # fmt: skip
REPORT_ENVELOPE: Mapping[str, Schema] = {"kind": TEXT, "label": LABEL, "renamed_from": RENAMED_FROM, "alias_until": ALIAS_UNTIL}  # fmt: skip
NAMING: frozenset[str] = frozenset({"renamed_from", "alias_until"})
"""What an entry says of the codes that it had: nothing of what it does."""


def rule_schema(kind: RuleKind) -> Schema:
    """Return the schema of one rule of this kind, the envelope included."""
    own = dict(kind.schema)
    needs = list(own.pop("required", ()))
    definitions = own.pop("$defs", None)
    properties = own.get("properties", own)
    whole = closed(
        {**RULE_ENVELOPE, **properties, "kind": {"const": kind.name}},
        required=["kind", "object", *(key for key in needs if key not in {"kind", "object"})],
    )
    return {**whole, "$defs": definitions} if definitions else whole


def _choice_by(key: str, schemas: Mapping[str, Schema], base: Mapping[str, Schema]) -> Schema:
    """Return a schema that takes the one named by `key`, so that editors complete after the word is typed."""
    branches = [
        {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": schema}
        for name, schema in schemas.items()
    ]
    return {"type": "object", "properties": {**base, key: {"enum": list(schemas)}}, "required": [key], "allOf": branches}  # fmt: skip


def schemas(
    types: Mapping[str, TypeSpec],
    kinds: Mapping[str, RuleKind],
    report_schema: Mapping[str, Any] | None = None,
) -> Mapping[str, Schema]:
    """Return the published JSON Schemas by file name, for `fieldstone schema DIR`."""
    short = {"enum": [name for name, spec in types.items() if spec.short]}
    long = _choice_by(
        "type", {name: field_schema(spec) for name, spec in types.items()}, FIELD_ENVELOPE
    )
    rules = codes_to(
        _choice_by("kind", {name: rule_schema(kind) for name, kind in kinds.items()}, RULE_ENVELOPE)
    )
    titled = {
        "object.schema.json": ("An object of the site", object_schema(either(short, long))),
        "site.schema.json": ("Roles, navigation, shared options, calendars", closed(SITE_PARTS)),
        "rules.schema.json": ("Rules", closed({"rules": rules}, required=["rules"])),
        "reports.schema.json": (
            "Reports and dashboards",
            closed({"reports": codes_to(report_shape(report_schema))}),
        ),
    }
    return {
        name: {"$schema": DIALECT, "title": title, **schema}
        for name, (title, schema) in titled.items()
    }


def report_shape(report_schema: Mapping[str, Any] | None) -> Schema:
    """Return the schema of one report: the given one with what every entry may say of its codes, or any map with a kind and a label."""
    if not report_schema:
        return {"type": "object", "properties": dict(REPORT_ENVELOPE)}
    named = {key: REPORT_ENVELOPE[key] for key in sorted(NAMING, reverse=True)}
    return {**report_schema, "properties": {**report_schema.get("properties", {}), **named}}
