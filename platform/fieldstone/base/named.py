"""What a text in a JSON Schema names, said by its `format`: the studio lets people choose it, the editor of YAML completes it.

A format is a sort of names, and after a colon what narrows it: "field:datetime", "rule:pool", "option:by". That of `propertyNames`
says what the keys of a map name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
SORTS: Final[Mapping[str, str]] = {
    "field": "a field of the object that is spoken of: the rule's own, or the one named beside it or by the key above; of certain types",
    "field_of": "a field of the object that the setting of this name holds, or that the lookup named there leads to",
    "link": "a field of the object that is spoken of; what stands below it speaks of what it leads to",
    "own_field": "a field of the rule's own object, whatever object is spoken of",
    "person_field": "a field of people",
    "sort": "a field to sort by, with - before it for the largest first",
    "relation": "a relation of the object that is spoken of",
    "object": "an object; what stands inside or beside it speaks of it",
    "stage": "a stage of the object that is spoken of",
    "option": "a choice of the field that the setting of this name holds, beside it or further out",
    "key": "a key of the rule's own map of this name",
    "role": "a role",
    "team": "a team, by its code",
    "department": "a department, by its code",
    "user": "a person, by their e-mail address",
    "person": "who is told: owner, owner.manager, role:CODE, team:CODE, department:CODE or user:EMAIL",
    "owner": "a person of the record, such as customer.owner",
    "heir": "who takes over: manager, assign, follow, or a pool, role, team, department or user",
    "reason": "why owners lost a record: what rules and pools give as their reason",
    "rule": "a rule of this kind",
    "action": "an action",
    "calendar": "a working calendar",
    "time_zone": "a time zone",
    "view": "a view of the object that is spoken of",
    "report": "a dashboard",
    "options": "a shared set of choices",
    "sibling": "another entry of the same map",
    "condition": "a condition on records of the object that is spoken of",
    "worked_out": "a value as an expression",
}  # fmt: skip


def named(sort: str, of: str = "", **more: Any) -> Schema:
    """Return the schema of a text that names something of this sort. Raises ValueError for a sort that is none."""
    if sort not in SORTS:
        raise ValueError(sort)
    return {"type": "string", "minLength": 1, "format": f"{sort}:{of}" if of else sort, **more}


def several(one: Schema, **more: Any) -> Schema:
    """Return the schema of a list of names, of one at least."""
    return {"type": "array", "items": one, "minItems": 1, **more}


def one_or_more(one: Schema, **more: Any) -> Schema:
    """Return the schema of a name or a list of them."""
    return {"oneOf": [one, several(one)], **more}


def keyed(keys: Schema, values: Schema, **more: Any) -> Schema:
    """Return the schema of a map from names to values."""
    return {"type": "object", "propertyNames": keys, "additionalProperties": values, **more}


def sort_of(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a schema names: the sort and what narrows it; ("", "") of one that names nothing."""
    sort, _, of = str(schema.get("format", "")).partition(":")
    return (sort, of) if sort in SORTS else ("", "")
