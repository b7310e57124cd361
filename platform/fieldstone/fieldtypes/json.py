"""A piece of JSON that nobody but its sender understands."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.text import clean
from fieldstone.expressions.sqltypes import JsonValue
from fieldstone.expressions.types import JSON, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import BIGGEST, check_length, is_missing, shown

LONGEST: Final = 65_536  # characters, written without spaces
DEEPEST: Final = 20


@dataclass(frozen=True)
class JsonType:
    """Stored as dict or list. A text is read as JSON, so a bare text or number is no value of its own."""

    name: str = "json"
    widget: str = "json"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return JSON."""
        return JSON

    def column(self) -> JsonValue:
        """Return a JSON column."""
        return JsonValue()

    def parse(self, raw: object) -> object:
        """Return the value with clean texts and keys, numbers that both databases give back alike."""
        if is_missing(raw):
            return None
        given = _read(raw) if isinstance(raw, str) else raw
        if not isinstance(given, (dict, list, tuple)):
            raise _refusal(f"{shown(raw)} is neither an object nor a list.")
        value = _checked(given, DEEPEST)
        check_length(_written(value), LONGEST)
        return value

    def dump(self, value: object) -> object:
        """Return the value."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the value as JSON text on one line."""
        return "" if value is None else _written(value)

    def json_schema(self) -> Mapping[str, object]:
        """Return an object or a list of anything."""
        return {"type": ["object", "array"]}


def _refusal(message: str) -> InvalidValueError:
    return InvalidValueError("not_json", message, 'Send JSON, such as {"size": "L"} or [1, 2].')


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(text: str) -> object:
    check_length(text, 4 * LONGEST)
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):  # bad syntax, a number of 5,000 digits, [[[[[[...
        raise _refusal("The text is not JSON.") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refusal("The JSON names one key twice.")
    return found


def _checked(value: object, depth: int) -> object:
    if depth < 0:
        raise _refusal(f"The JSON is nested more than {DEEPEST} levels deep.")
    if isinstance(value, dict):
        return _object([(_text(key), _checked(one, depth - 1)) for key, one in value.items()])
    if isinstance(value, (list, tuple)):
        return [_checked(one, depth - 1) for one in value]
    if isinstance(value, str):
        return _text(value)
    return value if value is None or isinstance(value, bool) else _number(value)


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise _refusal(f"{shown(raw)} cannot be a key.")
    try:
        return clean(raw)
    except ValueError as error:
        raise InvalidValueError(
            "bad_character",
            f"A text in it holds the control character {error}.",
            "Remove it; only letters, signs, tabs and line breaks are kept.",
        ) from None


def _number(value: object) -> int | float:
    if isinstance(value, float) and math.isfinite(value) and abs(value) <= BIGGEST:
        # 1.0 and 1 are one number in JSON; PostgreSQL gives 1e3 back as 1000.
        return int(value) if value.is_integer() else value
    if isinstance(value, int) and abs(value) <= BIGGEST:
        return value
    raise _refusal(f"{shown(value)} is no number that JSON readers agree on.")


def make(settings: Mapping[str, Any]) -> JsonType:
    """Return the type; it has no settings."""
    return JsonType()


TYPE = TypeSpec(name="json", label=Label("JSON", "JSON"), make=make, icon="braces")
