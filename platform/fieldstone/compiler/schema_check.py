"""Checks values against a JSON Schema and says what is wrong in words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from jsonschema import Draft202012Validator

from fieldstone.base.names import did_you_mean
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.quick_check import quick_check
from fieldstone.compiler.tree import Path, Table, copied, value_at

Word = TypeVar("Word")
Value = TypeVar("Value")
Wrong = tuple[str, str, str]  # code, message, cure
EXTRA = frozenset({"additionalProperties", "unevaluatedProperties"})
# jsonschema's ValidationError is `Any` here: its attributes are typed as anything or unset.

TYPE_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a map",
    "array": "a list",
    "null": "nothing",
}
TYPE_CURES = {
    "string": "Write a text; put it in quotes if it looks like a number or like true and false.",
    "integer": "Write a whole number without quotes, such as 20.",
    "number": "Write a number without quotes, such as 0.5.",
    "boolean": "Write true or false, without quotes.",
    "object": "Write 'key: value' lines below it, or {key: value}.",
    "array": "Write a list: [first, second], or lines that begin with '- '.",
    "null": "Leave it out.",
}


class Shape:
    """A JSON Schema made ready to check many values."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self._validator = Draft202012Validator(dict(schema))
        self._surely_fits = quick_check(schema)

    def check(self, spot: Spot, value: object) -> bool:
        """Report everything in `value` that the schema does not allow; return whether it is all right."""
        return not self._wrong(spot, value)

    def sound(self, spot: Spot, value: Value) -> Value | Table | None:
        """Return what fits: the value, or a copy of the table without the entries that do not (reported).

        None when what does not fit cannot be done without. The rest is read on, so that what is wrong with it is told too.
        """
        wrong = self._wrong(spot, value)
        if not wrong:
            return value
        if not isinstance(value, Table):
            return None
        rest = copied(value)
        for path in wrong:
            _cut(rest, path)
        return rest if self._validator.is_valid(rest) else None

    def _wrong(self, spot: Spot, value: object) -> list[Path]:
        """Report everything that does not fit; return the places of what would have to go."""
        if isinstance(value, Table) and self in value.fits:
            return []
        if self._surely_fits(value):
            if isinstance(value, Table):
                value.fits |= {self}
            return []
        wrong: list[Path] = []
        for error in self._validator.iter_errors(value):
            for cause in _causes(error):
                _report(spot, cause)
                wrong += _misfits(cause)
        return wrong


_SHAPES: dict[int, tuple[object, Shape]] = {}


def shape_of(word: Word, schema: Callable[[Word], Mapping[str, Any]]) -> Shape:
    """Return the shape of what a field type or a kind of rule is told, made once: those of a process never change."""
    kept = _SHAPES.get(id(word))
    if kept is None:
        kept = _SHAPES[id(word)] = (word, Shape(schema(word)))
    return kept[1]


def _causes(error: Any) -> Iterable[Any]:
    """Return the errors to show: of several alternatives, those of the one that was meant."""
    if error.validator not in {"anyOf", "oneOf"} or not error.context:
        return [error]
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    meant = [found for found in branches.values() if not any(_wrong_kind(e, error) for e in found)]
    if not meant:
        return [error]
    return [cause for e in min(meant, key=len) for cause in _causes(e)]


def _misfits(error: Any) -> list[Path]:
    """Return the places of the entries that an error is about."""
    path: Path = tuple(error.absolute_path)
    if error.validator in EXTRA:
        known = error.schema.get("properties", {})
        return [(*path, key) for key in error.instance if key not in known]
    return [(*path, str(error.instance)) if "propertyNames" in error.relative_schema_path else path]


def _cut(table: Table, path: Path) -> None:
    """Take out the entry at `path`: of a list the whole list, and what is empty without it."""
    *steps, last = path or ("",)
    holder, _ = value_at(table, tuple(steps))
    if isinstance(holder, Table) and isinstance(last, str):
        holder.drop(last)
        if holder or not steps:
            return
    if steps:
        _cut(table, tuple(steps))


def _wrong_kind(inner: Any, outer: Any) -> bool:
    """Tell whether the alternative is for another kind of value altogether."""
    return bool(inner.validator == "type" and inner.absolute_path == outer.absolute_path)


def _report(spot: Spot, error: Any) -> None:
    here = spot.under(*error.absolute_path)
    if error.validator in EXTRA:
        _report_extra_keys(here, error)
        return
    if "propertyNames" in error.relative_schema_path:
        code, message, cure = _say_name(error)
        here.under(str(error.instance)).problem(code, message, cure, of_key=True)
        return
    say = _SAYINGS.get(str(error.validator), _say_anything)
    code, message, cure = say(error)
    here.problem(code, message, cure)


def _report_extra_keys(here: Spot, error: Any) -> None:
    known = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key not in known:
            here.under(key).problem(
                "unknown_key",
                f"there is no key '{key}' here.",
                did_you_mean(str(key), known),
                of_key=True,
            )


def short(value: object) -> str:
    """Return a value as a message may quote it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "a map" if isinstance(value, dict) else "a list"
    text = str(value)
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"  # noqa: PLR2004 - fits one line


def _kind(value: object) -> str:
    for python, word in (
        (bool, "boolean"),
        (str, "string"),
        (int, "integer"),
        (float, "number"),
        (dict, "object"),
        (list, "array"),
    ):
        if isinstance(value, python):
            return word
    return "null"


def _wanted(types: Iterable[str], instance: object) -> Wrong:
    wanted = list(types)
    words = " or ".join(TYPE_WORDS.get(word, word) for word in wanted)
    shown = short(instance)
    if _kind(instance) not in {"object", "array"}:
        shown += f" ({TYPE_WORDS[_kind(instance)]})" if _kind(instance) != "boolean" else ""
    return "wrong_kind", f"{shown} stands where {words} is wanted.", TYPE_CURES.get(wanted[0], "")


def _say_type(error: Any) -> Wrong:
    wanted = error.validator_value
    return _wanted([wanted] if isinstance(wanted, str) else wanted, error.instance)


def _say_alternatives(error: Any) -> Wrong:
    types: list[str] = []
    for branch in error.validator_value:
        word = branch.get("type", [])
        types += [word] if isinstance(word, str) else list(word)
    if types:
        return _wanted(dict.fromkeys(types), error.instance)
    return _say_anything(error)


def _say_enum(error: Any) -> Wrong:
    choices = [str(choice) for choice in error.validator_value]
    return (
        "unknown_value",
        f"{short(error.instance)} is not known here.",
        did_you_mean(str(error.instance), choices),
    )


def _say_required(error: Any) -> Wrong:
    missing = [key for key in error.validator_value if key not in error.instance]
    key = missing[0] if missing else ""
    about = error.schema.get("properties", {}).get(key, {}).get("description", "")
    # jsonschema reports each missing key by itself; the message names the one it speaks of.
    for candidate in missing:
        if error.message.startswith(repr(candidate)):
            key = candidate
    return (
        "missing_key",
        f"'{key}' is missing.",
        f"Add '{key}:' {'- ' + about if about else 'here.'}",
    )


def _say_name(error: Any) -> Wrong:
    about = error.schema.get(
        "description", "Write small letters a-z, digits and _, beginning with a letter"
    )
    return "bad_code", f"{short(error.instance)} cannot be a key here.", f"{about}."


def _say_pattern(error: Any) -> Wrong:
    about = error.schema.get("description") or f"It has the form {error.validator_value}"
    return (
        "bad_form",
        f"{short(error.instance)} is not written as it should be.",
        f"{about.rstrip('.')}.",
    )


def _say_bound(error: Any) -> Wrong:
    words = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
        "minLength": "at least this long:",
        "maxLength": "at most this long:",
    }
    validator, value = str(error.validator), error.validator_value
    least = "inimum" in validator or validator.startswith("min")
    if validator not in words:
        limit = (
            f"{'at least' if least else 'at most'} {value} {'entry' if value == 1 else 'entries'}"
        )
        code = "too_few_entries" if least else "too_many_entries"
        return code, f"{short(error.instance)} must have {limit}.", f"Write {limit} here."
    limit = f"{words[validator]} {value}"
    return (
        "under_minimum" if least else "over_maximum",
        f"{short(error.instance)} must be {limit}.",
        f"Write {limit}.",
    )


def _say_apart(error: Any) -> Wrong:
    keys = error.validator_value.get("required", ())
    if len(keys) != 2 or len(error.validator_value) > 1:  # noqa: PLR2004 - a pair of keys
        return _say_anything(error)
    one, other = keys
    return (
        "not_together",
        f"'{one}' and '{other}' cannot stand together.",
        f"Keep the one that you mean: take out '{other}' or '{one}'.",
    )


def _say_anything(error: Any) -> Wrong:
    return (
        "bad_value",
        f"{short(error.instance)} does not fit here: {error.message[:160]}.",
        "See the docs page of this part.",
    )


_SAYINGS: Mapping[str, Callable[[Any], Wrong]] = {
    "type": _say_type,
    "anyOf": _say_alternatives,
    "oneOf": _say_alternatives,
    "enum": _say_enum,
    "not": _say_apart,
    "required": _say_required,
    "pattern": _say_pattern,
    **dict.fromkeys(
        (
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
        ),
        _say_bound,
    ),
}
