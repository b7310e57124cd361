"""The normalised keys by which equal records find each other; storage keeps them, the duplicate rule asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Protocol, runtime_checkable

from fieldstone.rules.contract import Rule
from fieldstone.rules.normalise import alike

SEPARATOR = "\x1f"
Plan = Mapping[str, tuple[str, ...]]
"""The keys of one object: the stored key and the fields it is made of."""


@runtime_checkable
class KeyedBody(Protocol):
    """A body that needs keys to be kept, by object."""

    @property
    def plan(self) -> Mapping[str, Plan]:
        """Return the keys that storage must keep for it."""


def key_plan(rules: Iterable[Rule]) -> Mapping[str, Plan]:
    """Return what storage must keep: by object, the stored keys and the fields each is made of."""
    plan: dict[str, dict[str, tuple[str, ...]]] = {}
    for rule in rules:
        if isinstance(rule.body, KeyedBody):
            for object_name, keys in rule.body.plan.items():
                plan.setdefault(object_name, {}).update(keys)
    return plan


def match_keys(plan: Plan, row: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return the normalised values of one record by stored key; `plan` is one object's part of `key_plan`.

    A key whose fields are not all filled has no value; a field holding a list gives a value for each element.
    """
    values = {}
    for key, fields in plan.items():
        if len(fields) == 1:
            if found := _alternatives(_ways(key)[0], row.get(fields[0])):
                values[key] = found
            continue
        given = [row.get(name) for name in fields]
        if None in given:
            continue
        parts = [_alternatives(h, value) for h, value in zip(_ways(key), given, strict=True)]
        if all(parts):
            values[key] = _combined(parts)
    return values


def stored_key(how: Sequence[str], fields: Sequence[str]) -> str:
    """Return the name under which a key is stored: the same fields give the same key in every rule."""
    return f"{'+'.join(how)}:{'+'.join(fields)}"


@cache
def _ways(key: str) -> tuple[str, ...]:
    """Return how the fields of a stored key are made alike."""
    return tuple(key.partition(":")[0].split("+"))


def _alternatives(how: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        text = alike(how, value)
        return (text,) if text else ()
    several = value if isinstance(value, (list, tuple)) else (value,)
    texts = (alike(how, str(one)) for one in several if one is not None)
    return tuple(dict.fromkeys(text for text in texts if text))


def _combined(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    whole: tuple[str, ...] = parts[0]
    for part in parts[1:]:
        whole = tuple(f"{left}{SEPARATOR}{right}" for left in whole for right in part)
    return whole
