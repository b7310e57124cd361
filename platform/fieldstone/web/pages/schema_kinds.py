"""Which control a JSON Schema asks for: a word, a choice, a switch, a number, words, names in two languages, a condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.compiler.shapes import EXPRESSION, LABEL

Json = Mapping[str, Any]
LANGUAGES: Final = ("en", "zh")
# Kinds of controls; YAML stands for everything that has no control of its own.
WORD, CHOICE, FLAG, SWITCH, NUMBER, WORDS, NAMES, CONDITION, LINES, NESTED, YAML = (
    "word", "choice", "flag", "switch", "number", "words", "names", "condition", "lines", "nested", "yaml",
)  # fmt: skip
PLAIN_ITEMS: Final = frozenset({"string", "integer", "number"})
PLAIN: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict,
}  # fmt: skip


def narrowed(schema: Json, value: Any) -> Json:
    """Return, of a setting that may be written in several forms, the one that a value has; the first one of no value."""
    forms = schema.get("oneOf") or schema.get("anyOf") or ()
    if "properties" in schema or not forms or kind_of(schema) != YAML:
        return schema
    found = next((one for one in forms if value is None or _has_form(value, one)), None)
    if found is None:
        return schema
    return {**found, "description": schema["description"]} if "description" in schema else found


def _has_form(value: Any, schema: Json) -> bool:
    if "enum" in schema or "const" in schema:
        return value in schema.get("enum", [schema.get("const")])
    named = schema.get("type", "object")
    wanted = [named] if isinstance(named, str) else named
    return any(isinstance(value, PLAIN[one]) for one in wanted if one in PLAIN)


def kind_of(schema: Json) -> str:
    """Return the control that a schema alone asks for."""
    if schema.get("anyOf") == LABEL["anyOf"] or _is_label(schema):
        return NAMES
    if schema.get("type") == EXPRESSION["type"] or schema.get("format") == "condition":
        return CONDITION
    simple = {"string": WORD, "boolean": FLAG, "integer": NUMBER, "number": NUMBER}
    if isinstance(schema.get("type"), list) and set(schema["type"]) <= {*simple, "null"}:
        return NUMBER
    if str(schema.get("type")) in simple:
        return simple[str(schema["type"])]
    forms = schema.get("anyOf", schema.get("oneOf", (schema,)))
    if any(_is_words(one) for one in forms) and all(
        _is_words(one) or one.get("type") == "string" or "enum" in one for one in forms
    ):
        return WORDS
    return YAML


def _is_words(schema: Json) -> bool:
    items = schema.get("items", {})
    return schema.get("type") == "array" and (items.get("type") in PLAIN_ITEMS or "enum" in items)


def may_stand_alone(schema: Json) -> bool:
    """Tell whether one word of a list may be written by itself."""
    return any(
        one.get("type") == "string" or "enum" in one
        for one in schema.get("oneOf", schema.get("anyOf", ()))
    )


def _is_label(schema: Json) -> bool:
    branches = schema.get("oneOf", ())
    return any(set(one.get("properties", ())) == set(LANGUAGES) for one in branches)


def one_line(name: str, schema: Json, shown: str) -> bool:
    """Tell whether a setting that can be more than a word is nearly always one, and is one here."""
    branches = schema.get("oneOf", schema.get("anyOf", ()))
    word = any(one.get("type") in ("string", "integer", "number") for one in branches)
    return (word or name == "default") and "\n" not in shown
