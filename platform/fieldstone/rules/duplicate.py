"""The duplicate rule in YAML: which fields make a key, where to look, and what to do with a match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.base.named import keyed, named, one_or_more
from fieldstone.expressions.types import Scope
from fieldstone.rules.contract import MATCH, Builder
from fieldstone.rules.duplicate_check import (
    ACTIONS,
    BINNED,
    STATES,
    Against,
    Duplicate,
    known_keys,
)
from fieldstone.rules.duplicate_telling import NAMES, Feed, Telling
from fieldstone.rules.kind import (
    BOTH_LANGUAGES,
    FIELD,
    FIELDS,
    LINK,
    OBJECT,
    ROLES,
    Kind,
    label_from,
)
from fieldstone.rules.match_keys import stored_key
from fieldstone.rules.normalise import ALIKE
from fieldstone.rules.wording import field_label, listed

BY_TYPE = {"phone": "phone", "email": "email"}


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Duplicate | None:
    """Resolve keys and the objects they are compared with."""
    scope = build.scope
    keys: dict[str, str] = {}
    fields: dict[str, tuple[str, ...]] = {}
    hows: dict[str, tuple[str, ...]] = {}
    for name, written in raw["keys"].items():
        names, how = _fields_of(written, f"keys.{name}", build, scope)
        if names:
            hows[name] = how or tuple(BY_TYPE.get(build.fields_type(one), "text") for one in names)
            fields[name] = names
            keys[name] = stored_key(hows[name], names)
    if not keys:
        return None
    plan: dict[str, dict[str, tuple[str, ...]]] = {
        scope.object_name: {keys[name]: fields[name] for name in keys}
    }
    action = str(raw.get("action", "alert"))
    against = _against(raw.get("against", {scope.object_name: {}}), action, hows, plan, build)
    labels = {
        name: listed(field_label(scope, one) for one in names) for name, names in fields.items()
    }
    return Duplicate(
        keys,
        labels,
        fields,
        known_keys(against, keys, scope.object_name),
        frozenset(raw.get("counts", STATES)),
        _telling(raw),
        raw.get("may_override", True) is not False,
        _overriders(raw.get("may_override", True), build),
        build.field("into", raw["into"]) if "into" in raw else "",
        _feed(raw["feed"], build) if "feed" in raw else None,
        plan,
        build.known("matching", "rule", raw["matching"]) if "matching" in raw else "",
        str(raw.get("suspected", "queue")),
        {str(state): str(action) for state, action in raw.get("by_state", {}).items()},
        build.known("merge_by", "rule", raw["merge_by"]) if "merge_by" in raw else "",
    )


def _telling(raw: Mapping[str, Any]) -> Telling:
    return Telling(
        bool(raw.get("notify_owner", False)),
        str(raw.get("names", "masked")),
        bool(raw.get("show_owner", False)),
    )


def _overriders(written: object, build: Builder) -> frozenset[str]:
    """Return the roles that may add a duplicate anyway; none named means everybody."""
    roles = written if isinstance(written, (list, tuple)) else ()
    return frozenset(one for one in (build.known("may_override", "role", r) for r in roles) if one)


def _fields_of(
    written: object, path: str, build: Builder, scope: Scope
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    plain: Mapping[str, Any] = written if isinstance(written, Mapping) else {"fields": written}
    several = plain["fields"] if isinstance(plain["fields"], (list, tuple)) else [plain["fields"]]
    inside = f"{path}.fields" if isinstance(written, Mapping) else path
    names = tuple(build.field(inside, one, scope=scope) for one in several)
    written_how = plain.get("as", ())
    how = (written_how,) * len(names) if isinstance(written_how, str) else tuple(written_how)
    if how and len(how) != len(names):
        build.problem(
            f"{path}.as",
            "key_length",
            f"There are {len(names)} fields and {len(how)} ways to compare them.",
            "Give one way for all, or one for each field.",
        )
        return (), ()
    if scope is build.scope and any(build.fields_type(one) == "secret" for one in names if one):
        build.problem(
            path,
            "secret_key",
            "A secret field cannot be a key: keys are kept readable.",
            "Use another field.",
        )
        return (), ()
    return (names, how) if all(names) else ((), ())


def _against(
    raw: Mapping[str, Any],
    action: str,
    hows: Mapping[str, tuple[str, ...]],
    plan: dict[str, dict[str, tuple[str, ...]]],
    build: Builder,
) -> list[Against]:
    found = []
    for object_name, written in raw.items():
        path = f"against.{object_name}"
        settings = written or {}
        scope = build.scope_of(object_name, path)
        if scope is None:
            continue
        theirs: dict[str, str] = {}
        for name, fields in settings.get("keys", {}).items():
            names, _ = _fields_of(fields, f"{path}.keys.{name}", build, scope)
            if name not in hows:
                build.problem(
                    f"{path}.keys.{name}",
                    "unknown_key",
                    f"This rule has no key {name!r}.",
                    f"Use: {', '.join(hows)}.",
                )
            elif len(names) != len(hows[name]):
                build.problem(
                    f"{path}.keys.{name}",
                    "key_length",
                    f"Key {name!r} has {len(hows[name])} fields here.",
                    "Name as many fields, in the same order.",
                )
            else:
                theirs[name] = stored_key(hows[name], names)
                plan.setdefault(object_name, {})[theirs[name]] = names
        label = label_from(settings.get("label"), label_of(object_name))
        found.append(Against(object_name, label, theirs, str(settings.get("action", action))))
    return found


def _feed(raw: Mapping[str, Any], build: Builder) -> Feed | None:
    scope = build.scope_of(str(raw["create"]), "feed.create")
    if scope is None:
        return None
    links = {
        target: build.field(f"feed.link.{target}", name, scope=scope)
        for target, name in raw["link"].items()
    }
    values = {
        build.field(f"feed.values.{name}", name, of_key=True, scope=scope): value
        for name, value in raw.get("values", {}).items()
    }
    subject = build.field("feed.subject", raw["subject"], scope=scope) if "subject" in raw else ""
    owner = "owner" if "owner" in scope.names() else ""
    return Feed(scope.object_name, links, values, subject, owner)


_FIELDS = one_or_more(FIELD)
_ALIKE = {
    "oneOf": [
        {"enum": list(ALIKE)},
        {"type": "array", "items": {"enum": list(ALIKE)}, "minItems": 1},
    ]
}
_KEY = {
    "oneOf": [
        FIELD,
        FIELDS,
        {
            "type": "object",
            "properties": {"fields": _FIELDS, "as": _ALIKE},
            "required": ["fields"],
            "additionalProperties": False,
        },
    ]
}
_AGAINST = {
    "type": ["object", "null"],
    "properties": {
        "keys": keyed(named("key", "keys"), _FIELDS, minProperties=1),
        "action": {"enum": list(ACTIONS)},
        "label": BOTH_LANGUAGES,
    },
    "additionalProperties": False,
}

KIND = Kind(
    "duplicate",
    Label("Duplicate check", "查重"),
    MATCH,
    {
        "properties": {
            "keys": {"type": "object", "additionalProperties": _KEY, "minProperties": 1},
            "against": keyed(OBJECT, _AGAINST, minProperties=1),
            "action": {"enum": list(ACTIONS), "description": "What to do when a key is equal"},
            "matching": named(
                "rule", "matching", description="The matching rule that tells how alike two are"
            ),
            "suspected": {
                "enum": list(ACTIONS),
                "description": "What to do with records that are alike, but not for sure the same",
            },
            "by_state": {
                "type": "object",
                "properties": {state: {"enum": list(ACTIONS)} for state in (*STATES, BINNED)},
                "additionalProperties": False,
                "description": "What to do instead, by the state of the record found",
            },
            "counts": {
                "type": "array",
                "items": {"enum": [*STATES, BINNED]},
                "minItems": 1,
                "description": "Which records count at all",
            },
            "merge_by": named(
                "rule", "merge", description="The merge rule by which a new record is taken over"
            ),
            "notify_owner": {
                "type": "boolean",
                "description": "Tell the owner of the record found",
            },
            "names": {
                "enum": list(NAMES),
                "description": "What is told of a record that one may not see",
            },
            "show_owner": {
                "type": "boolean",
                "description": "Whether its owner is named to who searches for it",
            },
            "may_override": {
                "oneOf": [{"type": "boolean"}, ROLES],
                "description": "Whether a person may add anyway, or the roles that may",
            },
            "into": {**LINK, "description": "A lookup field that gets the record found"},
            "feed": {
                "type": "object",
                "properties": {
                    "create": OBJECT,
                    "subject": named("field_of", "create"),
                    "link": keyed(OBJECT, named("field_of", "create"), minProperties=1),
                    "values": {"type": "object", "propertyNames": named("field_of", "create")},
                },
                "required": ["create", "link"],
                "additionalProperties": False,
            },
        },
        "required": ["keys"],
    },
    compile_rule,
    about=Label(
        "Finds out whether a record is there already, and says what to do with a match.",
        "检查记录是否已存在，并规定命中后的处理方式。",
    ),
)
