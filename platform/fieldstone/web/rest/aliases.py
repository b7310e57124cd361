"""Programs go on with the earlier codes of objects, fields and options, until the day that the rename names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from flask import request
from werkzeug.datastructures import ImmutableMultiDict

from fieldstone.access.rights import Held
from fieldstone.expressions.renaming import renamed
from fieldstone.model.site_model import Model
from fieldstone.storage.following_views import Codes
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.earlier_codes import (
    NAMES_OF_RULES,
    arranged_by,
    earlier_names,
    earlier_of_items,
    holds,
    items_of,
    led_by,
    named_by,
    rules_led_by,
)

ALIASES: Final = "fieldstone.aliases"
RECORDS: Final = "/o/"
NAMED: Final = frozenset({"code", "pool", "rule_code"})
PATHS: Final = ("sort", "fields", "expand")
BULK: Final = ("create", "update")


@dataclass(frozen=True)
class Earlier:
    """The earlier codes of one object's fields that still hold for one caller; satisfies expressions.renaming.Names."""

    model: Model
    object_name: str
    by_earlier: Mapping[str, str]
    of_items: Mapping[str, Codes]  # by field of line items: what the fields of these were called

    def fields(self, object_name: str) -> Mapping[str, str]:
        """Return present codes by earlier ones."""
        return self.by_earlier if object_name == self.object_name else {}

    def options(self, object_name: str, field: str) -> Mapping[str, str]:
        """Return present codes of options by earlier ones."""
        if object_name != self.object_name:
            return {}
        spec = self.model.objects[object_name]
        options = getattr(spec.fields[field].type, "options", {}) if field in spec.fields else {}
        return {old: code for code, one in options.items() for old in one.renamed_from}


def take_earlier_names() -> None:
    """Read a request as if it named everything by its present code; pages keep their addresses, too."""
    _take_parts()
    given = request.view_args or {}
    named = "code" if request.path.startswith(RECORDS) and "code" in given else "object_name"
    if named not in given:
        return
    asked = the_call()
    given[named] = present_object(asked, str(given[named]))
    spec = asked.model.objects.get(given[named])
    if spec is None or asked.actor is None:
        return
    by_program = request.path.startswith("/api/")
    if request.args:
        led = led_by if by_program else arranged_by
        request.args = ImmutableMultiDict(led(asked, spec, request.args.items(multi=True)))
    if not by_program:
        return
    if not _ever_renamed(Held(asked.model), spec.code):
        return
    names, items = earlier_names(asked, spec.code), earlier_of_items(asked, spec.code)
    earlier = Earlier(asked.model, spec.code, names, items)
    if "field" in given:
        given["field"] = earlier.by_earlier.get(str(given["field"]), given["field"])
    request.environ[ALIASES] = earlier
    if request.args:
        _rewrite_query(asked, earlier)


def _take_parts() -> None:
    """Read an address as if it named rules, roles and reports by their present codes."""
    given = request.view_args or {}
    if not NAMED.isdisjoint(given) and request.url_rule is not None:
        given.update(named_by(the_call(), request.url_rule.rule, given))
    if not NAMES_OF_RULES.isdisjoint(request.args):
        words = rules_led_by(the_call(), request.args.items(multi=True))
        request.args = ImmutableMultiDict(words)


def present_object(asked: Asked, name: str) -> str:
    """Return the present code of an object that programs may still call `name`."""
    if name in asked.model.objects:
        return name
    today = asked.site.clock().date()
    for spec in asked.model.objects.values():
        if name in spec.renamed_from and holds(spec.alias_until, today):
            return spec.code
    return name


def present(value: Any) -> Any:
    """Return a JSON body with present codes as keys, in a record or in the parts of a bulk write."""
    earlier = request.environ.get(ALIASES)
    if not isinstance(earlier, Earlier) or not isinstance(value, dict):
        return value
    if not earlier.by_earlier and not earlier.of_items:
        return value
    if request.path.endswith("/aggregate"):
        return _asked_anew(value, earlier)
    found = _record(value, earlier)
    for part in BULK:
        if isinstance(found.get(part), list):
            found[part] = [
                _record(item, earlier) if isinstance(item, dict) else item for item in found[part]
            ]
    return found


def _record(value: Mapping[str, Any], earlier: Earlier) -> dict[str, Any]:
    """Return a record, and the line items in it, with present codes as keys."""
    found = {earlier.by_earlier.get(key, key): one for key, one in value.items()}
    for code, names in earlier.of_items.items():
        if isinstance(found.get(code), list):
            found[code] = [
                {names.get(key, key): one for key, one in row.items()}
                if isinstance(row, dict)
                else row
                for row in found[code]
            ]
    return found


def _asked_anew(value: Mapping[str, Any], earlier: Earlier) -> dict[str, Any]:
    """Return the body of an aggregate with present codes in its expressions."""
    scope = earlier.model.scope(earlier.object_name)

    def anew(one: Any) -> Any:
        if isinstance(one, str):
            return renamed(one, scope, earlier)
        if isinstance(one, list):
            return [anew(item) for item in one]
        return {key: anew(item) for key, item in one.items()} if isinstance(one, dict) else one

    return {key: anew(one) if key != "q" else one for key, one in value.items()}


@lru_cache(maxsize=512)
def _ever_renamed(held: Held, object_name: str) -> bool:
    """Tell whether a field of the object, or an option of one, ever had another code."""
    return any(
        field.renamed_from
        or any(one.renamed_from for one in getattr(field.type, "options", {}).values())
        for field in held.model.objects[object_name].fields.values()
    ) or any(_ever_renamed(held, items) for items in items_of(held, object_name).values())


def _rewrite_query(asked: Asked, earlier: Earlier) -> None:
    scope = asked.model.scope(earlier.object_name)
    words = []
    for name, text in request.args.items(multi=True):
        if name == "filter":
            words.append((name, renamed(text, scope, earlier)))
        elif name in PATHS:
            words.append((name, ",".join(_path(one, earlier) for one in text.split(","))))
        else:
            words.append((name, text))
    request.args = ImmutableMultiDict(words)


def _path(word: str, earlier: Earlier) -> str:
    sign = "-" if word.startswith("-") else ""
    head, dot, rest = word.removeprefix("-").partition(".")
    return f"{sign}{earlier.by_earlier.get(head, head)}{dot}{rest}"
