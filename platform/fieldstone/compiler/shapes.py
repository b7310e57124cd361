"""The JSON Schemas of objects: what editors complete, and what the compiler checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.named import named
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.model.objects import PANELS

Schema = dict[str, Any]

CODE: Schema = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9_]{0,39}$",
    "description": "Write a code: small letters a-z, digits and _, beginning with a letter, at most 40; what people read goes into 'label'",
}
TEXT: Schema = {"type": "string"}
YES_NO: Schema = {"type": "boolean"}
CODES: Schema = {"type": "array", "items": {"type": "string"}}
# What texts name (base/named.py): the studio lets people choose it, the editor of YAML completes it.
FIELD = named("field")
OBJECT = named("object")
AFTER: Schema = {**TEXT, "format": "sibling"}
EXPRESSION: Schema = {"type": ["string", "boolean"], "description": "An expression, such as \"budget >= 100000\""}  # fmt: skip
COLORS = ("gray", "red", "orange", "amber", "green", "teal", "blue", "indigo", "violet", "pink")  # fmt: skip
COLOR: Schema = {"enum": list(COLORS)}
_LANGUAGES: Schema = {"en": {"type": "string", "description": "in English"}, "zh": {"type": "string", "description": "in Chinese"}}  # fmt: skip
SCOPES = ("none", "own", "team", "department", "all")


def closed(properties: Mapping[str, Any], **more: Any) -> Schema:
    """Return the schema of a map that has these keys only."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}


def codes_to(value: Schema, sort: str = "", **more: Any) -> Schema:
    """Return the schema of a map from codes to `value`; `sort` is what the codes name, "" where they are one's own."""
    keys = {**CODE, "format": sort} if sort else CODE
    return {"type": "object", "propertyNames": keys, "additionalProperties": value, **more}


def listed(one: Schema, **more: Any) -> Schema:
    """Return the schema of a list of names, which may be empty."""
    return {"type": "array", "items": one, **more}


def either(*schemas: Schema, **more: Any) -> Schema:
    """Return the schema of a value that may take several forms."""
    return {"anyOf": list(schemas), **more}


LABEL: Schema = either(TEXT, closed(_LANGUAGES), description="What people read: a text, or {en: ..., zh: ...}")  # fmt: skip

RENAMED_FROM: Schema = either(
    CODE,
    {"type": "array", "items": CODE, "minItems": 1},
    description="The earlier code (the first one first); data and references stay",
)
ALIAS_UNTIL: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
    "description": "The last day on which programs may use the earlier codes; for ever when left out",
}

OPTION: Schema = either(
    TEXT,
    closed({
        **_LANGUAGES,
        "label": LABEL,
        "color": COLOR,
        "archived": {**YES_NO, "description": "No longer offered; rows that hold it keep it"},
        "parents": {**CODES, "description": "Offered only under these values of the field in depends_on"},
        "renamed_from": RENAMED_FROM,
        "after": AFTER,
    }),
)  # fmt: skip
OPTIONS: Schema = codes_to(OPTION, minProperties=1, description="The choices: code: label")

FIELD_ENVELOPE: Mapping[str, Schema] = {
    "label": LABEL,
    "help": {**LABEL, "description": "A sentence under the field in forms"},
    "required": YES_NO,
    "unique": {**YES_NO, "description": "No two live records may hold the same value"},
    "indexed": {**YES_NO, "description": "Make filtering and sorting by it fast"},
    "read_only": {**YES_NO, "description": "Set by rules and actions only"},
    "archived": {**YES_NO, "description": "No longer shown; its values stay"},
    "sensitive": {**YES_NO, "description": "Masked in logs and in history"},
    "default": {"description": "The value of new records that say nothing"},
    "default_expression": {**EXPRESSION, "description": "The same, computed: today()"},
    "required_when": EXPRESSION,
    "visible_when": EXPRESSION,
    "read_only_when": EXPRESSION,
    "depends_on": {**named("field", "select"), "description": "The select field that limits the choices of this one"},
    "renamed_from": RENAMED_FROM,
    "alias_until": ALIAS_UNTIL,
    "after": {**AFTER, "description": "In a later layer: the field it stands after"},
}  # fmt: skip
WITH_OPTIONS: Mapping[str, Schema] = {
    "options": OPTIONS,
    "options_from": {**named("options"), "description": "The name of a shared set of options"},
}
LINKING: Mapping[str, Schema] = {
    "related_name": {
        **CODE,
        "description": "What the other object calls the rows that point to it",
    },
    "related_label": LABEL,
}
DERIVED: Mapping[str, Mapping[str, Schema]] = {
    "formula": {
        "value": {**EXPRESSION, "description": "The expression that gives the value"},
        "stored": {
            **YES_NO,
            "description": "Kept in a column; the default when it reads only its own row",
        },
    },
    "rollup": {
        "of": {
            **named("relation"),
            "description": "The relation whose rows are summed up, such as opportunities",
        },
        "function": {"enum": ["count", "sum", "min", "max", "avg"]},
        "value": {
            **named("field_of", "of"),
            "description": "The field of those rows; not for count",
        },
        "when": {**EXPRESSION, "description": "Which of those rows count"},
    },
}
DERIVED_NEEDS = {"formula": ["value"], "rollup": ["of", "function"]}


def field_schema(spec: TypeSpec) -> Schema:
    """Return the schema of one field of this type in its long form."""
    own = dict(spec.settings)
    if "options" in own or spec.name in {"select", "multi_select"}:
        own |= WITH_OPTIONS
    if "to" in own or spec.name == "user":
        own |= LINKING
    if spec.name == "rows":
        own["fields"] = {"type": "object", "description": "The fields of each row"}
    own |= DERIVED.get(spec.name, {})
    needs = [key for key in spec.required_settings if key not in {"options", "fields"}]
    needs += [key for key in DERIVED_NEEDS.get(spec.name, []) if key not in needs]
    properties = {"type": {"const": spec.name}, **FIELD_ENVELOPE, **own}
    return closed(properties, required=["type", *needs])


WORKED_OUT: Schema = {"type": ["string", "number", "boolean", "null"], "format": "worked_out"}
STAGE_ACTION: Schema = closed({
    "set": {"type": "object", "propertyNames": FIELD, "additionalProperties": WORKED_OUT, "description": "field: expression"},
    "create": closed({"object": OBJECT, "values": {"type": "object", "propertyNames": FIELD, "additionalProperties": WORKED_OUT}, "link": named("field", "lookup")}, required=["object"]),
    "notify": closed({"to": {**named("field", "user"), "description": "The field that holds the person, such as owner"}, "message": LABEL}),
    "webhook": closed({"url": TEXT, "topic": TEXT, "message": LABEL}, required=["url"]),
}, minProperties=1)  # fmt: skip
STAGE: Schema = closed({
    "label": LABEL,
    **_LANGUAGES,
    "probability": {"type": "integer", "minimum": 0, "maximum": 100},
    "kind": {"enum": ["open", "won", "lost"]},
    "color": COLOR,
    "needs": {**listed(FIELD), "description": "Fields that must be filled to enter"},
    "required": {**listed(FIELD), "description": "Fields that must stay filled while a record is in the stage"},
    "guard": {**EXPRESSION, "description": "Must hold to enter"},
    "guard_text": {**LABEL, "description": "What to tell people when the guard refuses"},
    "only_by": {**named("action"), "description": "The action that alone may enter it, such as convert"},
    "within": {**TEXT, "description": "The usual time in it, such as 2 working days"},
    "guidance": {**LABEL, "description": "What to do in this stage"},
    "enter": {"type": "array", "items": STAGE_ACTION},
    "exit": {"type": "array", "items": STAGE_ACTION},
    "archived": YES_NO,
    "renamed_from": RENAMED_FROM,
    "after": AFTER,
})  # fmt: skip
PIPELINE: Schema = closed({
    "label": LABEL,
    "when": {**EXPRESSION, "description": "Which new records take it when nothing is said"},
    "stages": codes_to(either(TEXT, STAGE), minProperties=1),
    "moves": either({"enum": ["forward", "any"]}, codes_to(listed(named("stage")), "stage"), description="forward, any, or a map from: [to, ...]"),
    "renamed_from": RENAMED_FROM,
    "alias_until": ALIAS_UNTIL,
    "after": AFTER,
}, required=["stages"])  # fmt: skip
STAGES: Schema = closed({
    "field": {**CODE, "description": "The code of the stage field; stage by default"},
    "label": LABEL,
    "pipelines": codes_to(PIPELINE, minProperties=1),
}, required=["pipelines"])  # fmt: skip

SORT: Schema = either(
    named("sort"),
    listed(named("sort")),
    description="A field, or several; - before it: the largest first",
)
VIEW: Schema = closed({
    "kind": {"enum": ["list", "board", "calendar"]},
    "label": LABEL,
    "filter": EXPRESSION,
    "columns": listed(FIELD),
    "sort": SORT,
    "by": {**named("field", "select"), "description": "board: the stage field, whose stages are the columns"},
    "card": closed({"title": FIELD, "subtitle": FIELD, "chips": listed(FIELD), "sum": named("field", "currency,integer,decimal,percent,formula,rollup")}),
    "date": {**named("field", "date,datetime"), "description": "calendar: the date field"},
    "renamed_from": RENAMED_FROM,
    "alias_until": ALIAS_UNTIL,
    "after": AFTER,
})  # fmt: skip
SECTION: Schema = closed({
    "label": LABEL,
    "columns": {"type": "integer", "minimum": 1, "maximum": 3},
    "fields": listed(FIELD),
    "visible_when": EXPRESSION,
    "renamed_from": RENAMED_FROM,
    "after": AFTER,
}, required=["fields"])  # fmt: skip
FORMS: Schema = closed({"default": codes_to(SECTION), "quick": listed(FIELD)})
RECORD_SECTION: Schema = closed({
    **SECTION["properties"],
    "fields": {**listed(FIELD), "description": "Left out: those of the form's section of the same code"},
    "place": {"enum": ["side", "main"], "description": "Beside what happened (side, the default) or above it (main)"},
    "rest": {**YES_NO, "description": "Everything that no other section names"},
})  # fmt: skip
LAYOUT: Schema = closed({
    "highlights": {**listed(FIELD), "description": "The fields in the panel at the top of a record's page"},
    "sections": codes_to(RECORD_SECTION, minProperties=1, description="The values on a record's page; those of the form when left out"),
    "panels": {"type": "array", "items": {"enum": list(PANELS)}, "description": "What stands beside a record, in this order; everything when left out"},
    "related": {**listed(named("relation")), "description": "The relations whose records are listed beside a record, in this order; all when left out"},
})  # fmt: skip
FIELD_ACCESS: Schema = either(
    {"enum": ["hidden", "mask", "read", "write"]},
    closed(
        {"mask": {**EXPRESSION, "description": "Masked on the rows where this holds"}},
        required=["mask"],
    ),
)
PERMISSION: Schema = closed({
    **{right: {"enum": list(SCOPES)} for right in ("read", "update", "delete")},
    **dict.fromkeys(("create", "assign", "export", "claim"), YES_NO),
    "when": {**EXPRESSION, "description": "A further condition on every row"},
    "actions": listed(named("action")),
    "fields": {"type": "object", "propertyNames": FIELD, "additionalProperties": FIELD_ACCESS},
    "other_fields": {"enum": ["hidden", "read", "write"], "description": "The level of fields not named"},
})  # fmt: skip
OBJECT_PARTS: Mapping[str, Schema] = {
    "label": LABEL,
    "plural": LABEL,
    "icon": TEXT,
    "title": {**FIELD, "description": "The field that says what a record is called"},
    "search": listed(FIELD),
    "stages": STAGES,
    "ownership": closed({"owner": {"enum": ["required", "optional", "none"]}, "label": LABEL, "pools": listed(named("rule", "pool"))}),
    "views": codes_to(VIEW),
    "forms": FORMS,
    "quick": listed(FIELD),
    "layout": {**LAYOUT, "description": "What stands where on the page of a record; as the form has it when left out"},
    "permissions": codes_to(PERMISSION, "role"),
    "unique": {"type": "array", "items": {"type": "array", "items": FIELD, "minItems": 2}, "description": "Sets of fields unique together"},
    "timeline": {**YES_NO, "description": "Activities are shown on its record page"},
    "hidden": {**YES_NO, "description": "Not in the navigation"},
    "archived": {**YES_NO, "description": "Out of use: nobody reaches its records, and its rules rest; they are kept"},
    "help": LABEL,
    "renamed_from": RENAMED_FROM,
    "alias_until": ALIAS_UNTIL,
}  # fmt: skip


def object_schema(fields: Schema) -> Schema:
    """Return the schema of an object document whose fields have the schema `fields`."""
    return closed(
        {
            "object": {**CODE, "description": "The code of the object; tables and the API are named after it"},
            "fields": {"type": "object", "propertyNames": CODE, "additionalProperties": fields},
            **OBJECT_PARTS,
            "include": either(TEXT, CODES, description="Files with further parts of this object"),
        }
    )  # fmt: skip
