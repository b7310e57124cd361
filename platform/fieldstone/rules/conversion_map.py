"""Converting a record: which records it becomes, field by field, what goes along, and who has to check it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.named import keyed, named
from fieldstone.base.workdays import Span, parse_span
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import MOVE, Builder
from fieldstone.rules.conversion import EXISTING, Carried, Check, Conversion, Guard, Target
from fieldstone.rules.kind import (
    BOTH_LANGUAGES,
    CONDITION,
    COUNT,
    FIELD,
    FIELDS,
    LINK,
    OBJECT,
    OWN_FIELD,
    ROLES,
    SPAN,
    TEXT,
    Kind,
    label_from,
)

UNDO = parse_span("30 days")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Conversion:
    """Resolve objects, fields and expressions; a target may link only to targets before it."""
    targets: list[Target] = []
    for code, written in raw["creates"].items():
        target = _target(code, written, [one.code for one in targets], build)
        if target is not None:
            targets.append(target)
    sets = {
        build.field(f"sets.{name}", name, of_key=True): build.expression(f"sets.{name}", text)
        for name, text in raw.get("sets", {}).items()
    }
    known = {one.code for one in targets}
    carried = [_carried(c, one, known, build) for c, one in raw.get("carry", {}).items()]
    return Conversion(
        build.known("stage", "stage", raw["stage"]),
        tuple(targets),
        {name: one for name, one in sets.items() if one is not None},
        tuple(one for one in carried if one is not None),
        _guard(raw, build),
        _check(raw["check"], build) if "check" in raw else None,
        _undo(raw, build),
    )


def _target(
    code: str, raw: Mapping[str, Any], before: Sequence[str], build: Builder
) -> Target | None:
    path = f"creates.{code}"
    scope = build.scope_of(raw["object"], f"{path}.object")
    if scope is None:
        return None
    fields = {}
    for name, text in raw["fields"].items():
        target_field = build.field(f"{path}.fields.{name}", name, of_key=True, scope=scope)
        expression = build.expression(f"{path}.fields.{name}", text)
        if expression is not None:
            fields[target_field] = expression
    links = {}
    for name, other in raw.get("links", {}).items():
        links[build.field(f"{path}.links.{name}", name, of_key=True, scope=scope)] = other
        if other not in before:
            cure = f"Use one of: {', '.join(before) or 'none stands before it'}."
            text = f"{other!r} is not created before {code}."
            build.problem(f"{path}.links.{name}", "unknown_target", text, cure)
    into = build.field(f"{path}.into", raw["into"]) if "into" in raw else ""
    existing = str(raw.get("existing", EXISTING[0]))
    return Target(code, raw["object"], into, fields, links, bool(raw.get("optional")), existing)


def _carried(
    object_name: str, raw: Mapping[str, Any], known: set[str], build: Builder
) -> Carried | None:
    path = f"carry.{object_name}"
    scope = build.scope_of(object_name, path)
    if scope is None:
        return None
    to = {}
    for name, target in raw["to"].items():
        to[build.field(f"{path}.to.{name}", name, of_key=True, scope=scope)] = str(target)
        if target not in known:
            text, cure = (
                f"There is no target {target!r}.",
                f"Use one of: {', '.join(sorted(known))}.",
            )
            build.problem(f"{path}.to.{name}", "unknown_target", text, cure)
    return Carried(object_name, build.field(f"{path}.link", raw["link"], scope=scope), to)


def _guard(raw: Mapping[str, Any], build: Builder) -> Guard:
    needs = tuple(build.field(f"needs.{i}", name) for i, name in enumerate(raw.get("needs", ())))
    holds = build.expression("guard", raw.get("guard"), expects=BOOLEAN)
    text = label_from(raw["guard_text"]) if "guard_text" in raw else None
    return Guard(needs, holds, text)


def _check(raw: Mapping[str, Any], build: Builder) -> Check:
    roles = tuple(build.known(f"check.by.{i}", "role", one) for i, one in enumerate(raw["by"]))
    when = build.expression("check.when", raw.get("when"), expects=BOOLEAN)
    into = build.field("check.into", raw["into"]) if "into" in raw else ""
    return Check(roles, when, int(raw.get("every", 0)), into)


def _undo(raw: Mapping[str, Any], build: Builder) -> Span:
    found = span_from(raw["undo_within"], "undo_within", build) if "undo_within" in raw else UNDO
    return found or UNDO


# A value for each field of what is made, as an expression of the source; a target for each of its links.
_VALUES = keyed(FIELD, {**TEXT, "format": "worked_out"})
_LINKS = keyed(FIELD, named("key", "creates"))

KIND = Kind(
    "conversion_map",
    Label("Conversion map", "转化映射"),
    MOVE,
    {
        "properties": {
            "stage": named("stage", description="The stage the record ends in"),
            "creates": {
                "type": "object",
                "description": "The records it becomes, in order",
                "minProperties": 1,
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "object": OBJECT,
                        "into": {
                            **OWN_FIELD,
                            "description": "The lookup of the source that keeps it",
                        },
                        "fields": {**_VALUES, "minProperties": 1},
                        "links": _LINKS,
                        "optional": {"type": "boolean"},
                        "existing": {
                            "enum": list(EXISTING),
                            "description": "What happens to the fields of an existing record that is chosen",
                        },
                    },
                    "required": ["object", "fields"],
                    "additionalProperties": False,
                },
            },
            "sets": {**_VALUES, "description": "Fields of the source, as expressions"},
            "carry": {
                "type": "object",
                "description": "Records that hang on the source and go along: activities, files, orders",
                "propertyNames": OBJECT,
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "link": {**LINK, "description": "Their lookup that names the source"},
                        "to": {**_LINKS, "minProperties": 1, "description": "Lookup: target"},
                    },
                    "required": ["link", "to"],
                    "additionalProperties": False,
                },
            },
            "needs": {**FIELDS, "description": "Fields that must be filled before it is converted"},
            "guard": {**CONDITION, "description": "What must hold before it is converted"},
            "guard_text": BOTH_LANGUAGES,
            "check": {
                "type": "object",
                "description": "Which conversions a second person confirms before they happen",
                "properties": {
                    "by": {**ROLES, "description": "Roles whose people confirm"},
                    "when": {**CONDITION, "description": "Conversions that are always checked"},
                    "every": {**COUNT, "description": "A sample: every so many-th of the others"},
                    "into": {**OWN_FIELD, "description": "A yes-or-no field, true while it waits"},
                },
                "required": ["by"],
                "additionalProperties": False,
            },
            "undo_within": {**SPAN, "description": "For how long it can be undone (30 days)"},
        },
        "required": ["stage", "creates"],
    },
    compile_rule,
    about=Label(
        "Says what a record becomes when it is converted: a lead turns into a customer, a contact and an opportunity.",
        "规定记录转化后生成什么：线索转为客户、联系人和商机。",
    ),
)
