"""Lays one layer over another: maps merge by key (RFC 7386), lists are whole unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.compiler.problems import Spot
from fieldstone.compiler.tree import Items, Table


def merged(lower: Table, upper: Table) -> Table:
    """Return `lower` changed by `upper`: null removes, maps merge, everything else replaces.

    A list marked !append adds what is not there yet; !remove takes away. Every entry keeps the place
    of the layer that wrote it last. Neither argument is changed.
    """
    result = lower.copy()
    for key, value in upper.items():
        if value is None:
            result.drop(key)
            continue
        old = result.get(key)
        key_at = result.keys_at.get(key, upper.keys_at[key])
        if isinstance(value, Table):
            value = merged(old if isinstance(old, Table) else Table(value.origin), value)
            if isinstance(old, Table):
                value.origin = upper.values_at[key]
        elif isinstance(value, Items) and value.operation:
            value = _changed(old if isinstance(old, Items) else Items(value.origin), value)
        result.put(key, value, key_at, upper.values_at[key])
    return result


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
    moves = {
        key: str(value["after"])
        for key, value in table.items()
        if isinstance(value, Table) and "after" in value
    }
    if not moves or not isinstance(table, Table):
        return table
    order = [key for key in table if key not in moves]
    for key, after in moves.items():
        if after != "" and after not in table:
            spot.under(key, "after").problem(
                "unknown_code",
                f"there is no '{after}' here to stand after.",
                "Name one of its neighbours.",
            )
    waiting = dict(moves)
    while waiting:
        ready = [key for key, after in waiting.items() if after == "" or after in order]
        for key in ready or list(
            waiting
        ):  # what is left names itself or each other: keep at the end
            after = waiting.pop(key)
            order.insert(
                order.index(after) + 1 if after in order else 0 if after == "" else len(order), key
            )
    result = Table(table.origin)
    for key in order:
        value = table[key]
        if key in moves:
            value = value.copy()
            value.drop("after")
        result.put(key, value, table.keys_at[key], table.values_at[key])
    return result
