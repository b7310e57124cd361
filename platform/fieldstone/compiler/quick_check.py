"""Tells in microseconds that a value fits a JSON Schema, so that jsonschema looks only at what may be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sized
from typing import Any

Fits = Callable[[Any], bool]

ANNOTATIONS = frozenset({"description", "title", "default", "examples", "format", "$schema"})
TYPES: Mapping[str, Fits] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def quick_check(schema: Mapping[str, Any] | bool) -> Fits:
    """Return a function that is true only for values that fit `schema`.

    It may be false for one that fits: whatever it does not know (a keyword such as `if`, a number written as 5.0) is
    left to jsonschema, whose word counts.
    """
    if isinstance(schema, bool):
        return lambda _: schema
    checks: list[Fits] = []
    for keyword, given in schema.items():
        if keyword in ANNOTATIONS or keyword in BELONG_TO_PROPERTIES:
            continue
        make = KEYWORDS.get(keyword)
        if make is None:
            return lambda _: False
        checks.append(make(given))
    if BELONG_TO_PROPERTIES & schema.keys():
        checks.append(_properties(schema))
    return _all(checks)


def _all(checks: list[Fits]) -> Fits:
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _any(checks: list[Fits]) -> Fits:
    return lambda value: any(check(value) for check in checks)


def _properties(schema: Mapping[str, Any]) -> Fits:
    known = {key: quick_check(one) for key, one in schema.get("properties", {}).items()}
    other = quick_check(schema.get("additionalProperties", True))

    def fits(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        return all(known.get(key, other)(one) for key, one in value.items())

    return fits


def _type(given: str | list[str]) -> Fits:
    return _any([TYPES[word] for word in ([given] if isinstance(given, str) else given)])


def _enum(choices: list[Any]) -> Fits:
    return lambda value: any(type(value) is type(one) and value == one for one in choices)


def _items(given: Mapping[str, Any] | bool) -> Fits:
    item = quick_check(given)
    return lambda value: not isinstance(value, list) or all(item(one) for one in value)


def _one_of(given: list[Mapping[str, Any] | bool]) -> Fits:
    fits = [quick_check(one) for one in given]
    others = [
        _all([_surely_not(one) for one in given[:place] + given[place + 1 :]])
        for place in range(len(given))
    ]
    alone = list(zip(fits, others, strict=True))
    return lambda value: any(fit(value) and not_others(value) for fit, not_others in alone)


def _surely_not(schema: Mapping[str, Any] | bool) -> Fits:
    """Return a function that is true only for values that do not fit `schema`; it may be false for one that does not."""
    if isinstance(schema, bool):
        return lambda _: not schema
    return _any(
        [REFUSALS[keyword](given) for keyword, given in schema.items() if keyword in REFUSALS]
    )


def _other_kind(given: str | list[str]) -> Fits:
    # 5.0 is a whole number to jsonschema.
    words = [given] if isinstance(given, str) else given
    kinds = _any([TYPES["number" if word == "integer" else word] for word in words])
    return lambda value: not kinds(value)


def _lacking(keys: list[str]) -> Fits:
    return lambda value: isinstance(value, dict) and not all(key in value for key in keys)


def _different(items: Any) -> bool:
    if not isinstance(items, list):
        return True
    return all(isinstance(one, str) for one in items) and len(set(items)) == len(items)


def _names(given: Mapping[str, Any] | bool) -> Fits:
    name = quick_check(given)
    return lambda value: not isinstance(value, dict) or all(name(key) for key in value)


def _pattern(given: str) -> Fits:
    pattern = re.compile(given)
    return lambda value: not isinstance(value, str) or pattern.search(value) is not None


def _required(keys: list[str]) -> Fits:
    return lambda value: not isinstance(value, dict) or all(key in value for key in keys)


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Fits]:
    return lambda bound: lambda value: not TYPES["number"](value) or compare(value, bound)


def _size(kind: type[Sized], compare: Callable[[int, int], bool]) -> Callable[[int], Fits]:
    return lambda bound: lambda value: not isinstance(value, kind) or compare(len(value), bound)


def _least(value: Any, bound: Any) -> bool:
    return bool(value >= bound)


def _most(value: Any, bound: Any) -> bool:
    return bool(value <= bound)


BELONG_TO_PROPERTIES = frozenset({"properties", "additionalProperties"})
KEYWORDS: Mapping[str, Callable[[Any], Fits]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda given: _enum([given]),
    "allOf": lambda given: _all([quick_check(one) for one in given]),
    "oneOf": _one_of,
    "not": _surely_not,
    "uniqueItems": lambda given: _different if given else quick_check(True),
    "anyOf": lambda given: _any([quick_check(one) for one in given]),
    "items": _items,
    "propertyNames": _names,
    "pattern": _pattern,
    "required": _required,
    "minimum": _number(_least),
    "maximum": _number(_most),
    "minLength": _size(str, _least),
    "maxLength": _size(str, _most),
    "minItems": _size(list, _least),
    "maxItems": _size(list, _most),
    "minProperties": _size(dict, _least),
    "maxProperties": _size(dict, _most),
}
REFUSALS: Mapping[str, Callable[[Any], Fits]] = {
    "type": _other_kind,
    "enum": lambda given: lambda value: value not in given,
    "const": lambda given: lambda value: value != given,
    "required": _lacking,
}
