"""Lays one layer over another: maps merge by key (RFC 7386), lists are whole unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.compiler.problems import Spot
from fieldstone.compiler.tree import Items, Table, earlier_codes, rename_key

Keys = tuple[str, ...]
LABELS = frozenset({"label", "plural", "help", "guard_text", "guidance", "related_label"})


def merged(lower: Table, upper: Table, path: Keys = ()) -> Table:
    """Return `lower` changed by `upper`: null removes, maps merge, everything else replaces.

    A list marked !append adds what is not there yet; !remove takes away. A short form (`email: email`) merges
    like the long one that it stands for; `path` says where the tables stand. Every entry keeps the
    place of the layer that wrote it last. Neither argument is changed.
    """
    result = lower.copy()
    for key, value in upper.items():
        if value is None:
            result.drop(key)
            continue
        if key not in result and isinstance(value, Table):
            _rename(result, upper, key)
        old = result.get(key)
        key_at = result.keys_at.get(key, upper.keys_at[key])
        changed = _laid_over(old, value, (*path, key))
        result.put(key, changed, key_at, upper.values_at[key])
    return result


def _rename(result: Table, upper: Table, key: str) -> None:
    """Let an entry of the lower layer that the upper one calls `key` take that code, in its place."""
    for earlier in reversed(earlier_codes(upper[key])):
        if earlier in result and earlier not in upper:
            rename_key(result, earlier, key)
            return


def _laid_over(old: object, value: object, path: Keys) -> object:
    """Return one entry of the lower layer changed by the upper layer's."""
    if isinstance(old, Table) or isinstance(value, Table):
        old, value = _long_form(old, value, path), _long_form(value, old, path)
    if isinstance(value, Table):
        return merged(old if isinstance(old, Table) else Table(value.origin), value, path)
    if isinstance(value, Items) and value.operation:
        return _changed(old if isinstance(old, Items) else Items(value.origin), value)
    return value


def _long_form(short: object, other: object, path: Keys) -> object:
    """Return what a short form stands for, where the other layer writes the long one."""
    word = _word_of(path, other)
    if not word or not isinstance(short, str) or not isinstance(other, Table):
        return short
    table = Table(other.origin)
    table.put(word, short, other.origin, other.origin)
    return table


def _word_of(path: Keys, long: object) -> str:
    """Return the key that a short form gives: the type of a field, or the English of a label."""
    match path:
        case ("fields", _) | ("fields", _, "fields", _):
            return "type"
        case (*_, "options", _) | ("options", _, _) | ("roles", _) | (*_, "stages", _):
            return "label" if isinstance(long, Table) and "label" in long else "en"
        case (*_, last) if last in LABELS:
            return "en"
    return ""


def _changed(lower: Items, upper: Items) -> Items:
    """Return the lower list with the upper one's values appended or removed."""
    result = Items(upper.origin)
    for value, place in zip(lower, lower.places, strict=True):
        if upper.operation == "append" or value not in upper:
            result.put(value, place)
    if upper.operation == "append":
        for value, place in zip(upper, upper.places, strict=True):
            if value not in result:
                result.put(value, place)
    return result


def report_empty(spot: Spot, table: Table) -> None:
    """Report every null of a document that has nothing below it to remove."""
    for key, value in table.items():
        if value is None:
            spot.under(key).problem(
                "empty_value",
                f"'{key}' has no value.",
                f"Write a value, write '{key}: {{}}' for one without settings, or remove the line.",
                of_key=True,
            )
        elif isinstance(value, Table):
            report_empty(spot.under(key), value)


def ordered(spot: Spot, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the table with its entries where their `after: code` puts them, `after` itself taken out.

    `after: ""` puts an entry first. An unknown code is reported.
    """
    moves = moved(table)
    if not moves or not isinstance(table, Table):
        return table
    for key, after in moves.items():
        if after != "" and after not in table:
            spot.under(key, "after").problem(
                "unknown_code",
                f"there is no '{after}' here to stand after.",
                "Name one of its neighbours.",
            )
    result = Table(table.origin)
    for key in order_of(table):
        value = table[key]
        if key in moves:
            value = value.copy()
            value.drop("after")
        result.put(key, value, table.keys_at[key], table.values_at[key])
    return result


def moved(table: Mapping[str, Any]) -> dict[str, str]:
    """Return the entries that say where they stand, each with the present code of what it stands after."""
    found = {
        key: str(value["after"])
        for key, value in table.items()
        if isinstance(value, Mapping) and "after" in value
    }
    if all(after in table for after in found.values()):
        return found
    called = {
        old: key
        for key, value in table.items()
        if isinstance(value, Mapping)
        for old in earlier_codes(value)
    }
    return {
        key: after if after in table else called.get(after, after) for key, after in found.items()
    }


def order_of(table: Mapping[str, Any]) -> list[str]:
    """Return the codes of entries in the order that their `after: code` gives them."""
    waiting = moved(table)
    order = [key for key in table if key not in waiting]
    while waiting:
        ready = [key for key, after in waiting.items() if after == "" or after in order]
        for key in ready or list(
            waiting
        ):  # what is left names itself or each other: keep at the end
            after = waiting.pop(key)
            order.insert(
                order.index(after) + 1 if after in order else 0 if after == "" else len(order), key
            )
    return order
