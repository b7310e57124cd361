"""What lies between what is in force and what a form says, as steps: as few settings of the site's layer as will do."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from fieldstone.web.asking import Asked
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of

Json = Mapping[str, Any]


def changed(asked: Asked, edits: Edits, path: Sequence[str], before: Json, after: Json) -> Edits:
    """Return the steps that turn the settings at `path` from `before` into `after`, one for each that differs.

    Layers merge maps by key. So a map is changed key by key, and a key that is gone is taken away.
    """
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if new is None:
            edits = removed(asked, edits, (*path, name))
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            edits = changed(asked, edits, (*path, name), old, new)
        else:
            edits = edits.set((*path, name), new)
    return edits


def ordered(
    edits: Edits, path: Sequence[str], entries: Mapping[str, Any], wanted: Sequence[str]
) -> Edits:
    """Return the steps that let the entries at `path` stand in the order `wanted`.

    `entries` are those that will be there, in the order of the layers, each as it is written. Whoever moved, and
    whoever says already where it stands, is told its neighbour; everybody else stays silent.
    """
    told = {code: _after(value) for code, value in entries.items()}
    silent = [code for code in entries if told[code] is None and code in wanted]
    staying = _longest_run(silent, wanted)
    before = ""
    for code in wanted:
        if code not in staying and told.get(code) != before:
            edits = edits.set((*path, code, "after"), before)
        before = code
    return edits


def _after(value: object) -> str | None:
    found = value.get("after") if isinstance(value, Mapping) else None
    return None if found is None else str(found)


def _longest_run(codes: Sequence[str], wanted: Sequence[str]) -> frozenset[str]:
    """Return the most codes that stand in the same order already."""
    place = {code: n for n, code in enumerate(wanted)}
    ends: list[int] = []
    last: list[str] = []  # the code at which the shortest run of each length ends
    earlier: dict[str, str] = {}
    for code in codes:
        at = bisect_left(ends, place[code])
        if at:
            earlier[code] = last[at - 1]
        ends[at : at + 1] = [place[code]]
        last[at : at + 1] = [code]
    found, code = set(), last[-1] if last else ""
    while code:
        found.add(code)
        code = earlier.get(code, "")
    return frozenset(found)


def removed(asked: Asked, edits: Edits, path: Sequence[str]) -> Edits:
    """Return the steps with one more: what stands at `path` goes away, whoever wrote it."""
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    here = changing.effective(asked.ctx, documents)
    silent = documents.without(path).without(here.written(path))
    below = changing.effective(asked.ctx, silent)
    if below.value(path) is not None:
        lower = below.written(path)  # the layers below may know it by an earlier code
        edits = edits if lower == tuple(path) else edits.reset(path)
        return edits.forget_earlier(path, here).set(lower, None)
    edits = edits.give_back(path, here)
    for earlier in _called_below(
        documents.value(path)[0], path
    ):  # the layers below know it by another code
        if below.value(earlier) is not None:
            edits = edits.set(earlier, None)
    return edits


def _called_below(said: object, path: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the paths of an entry by the codes that it had."""
    known = said.get("renamed_from", ()) if isinstance(said, Mapping) else ()
    return [(*path[:-1], str(one)) for one in ([known] if isinstance(known, str) else known)]


def moves_without(asked: Asked, edits: Edits, path: Sequence[str], stage: str) -> Edits:
    """Return the steps with those by which no move of the map at `path` leads to or from a stage any more."""
    said = effective_of(asked).value(path)
    if not isinstance(said, Mapping):
        return edits
    for source, targets in said.items():
        if source == stage:
            edits = removed(asked, edits, (*path, source))
        elif isinstance(targets, list) and stage in targets:
            edits = edits.set((*path, source), [one for one in targets if one != stage])
    return edits


def rearranged(asked: Asked, edits: Edits, path: Sequence[str], before: Json, after: Json) -> Edits:
    """Return the steps that turn the map at `path` from `before` into `after`: entries and their order."""
    for code in before:
        if code not in after:
            edits = removed(asked, edits, (*path, code))
    for code, value in after.items():
        old = before.get(code)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            edits = changed(asked, edits, (*path, code), old, value)
        elif old != value:
            edits = edits.set((*path, code), value)
    left = {code: value for code, value in before.items() if code in after}
    return ordered(edits, path, {**left, **after}, list(after))
