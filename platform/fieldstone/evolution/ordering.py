"""Puts entries of a map in another order from a layer above: by `after`, on as few of them as it takes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from fieldstone.compiler.merging import moved, order_of


def reordered(entries: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, str]:
    """Return what `after` each entry must say so that they stand as `wanted`; nothing for those that may stay silent."""
    present = order_of(entries)
    if present == list(wanted):
        return {}
    staying = _longest_rising([present.index(code) for code in wanted])
    before = dict(zip(wanted, ["", *wanted], strict=False))
    said = {code: before[code] for code in wanted if present.index(code) not in staying}
    return said if _order_with(entries, said) == list(wanted) else before


def _order_with(entries: Mapping[str, Any], said: Mapping[str, str]) -> list[str]:
    after = {**moved(entries), **said}
    return order_of({code: {"after": after[code]} if code in after else {} for code in entries})


def _longest_rising(places: Sequence[int]) -> set[int]:
    """Return the largest set of places that already stand in rising order."""
    ends: list[int] = []
    chains: list[list[int]] = []
    for place in places:
        at = bisect_left(ends, place)
        chain = [*(chains[at - 1] if at else []), place]
        ends[at : at + 1] = [place]
        chains[at : at + 1] = [chain]
    return set(chains[-1]) if chains else set()
