"""Plain values read from YAML that remember where each of them was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.origin import Origin


@dataclass(frozen=True)
class Document:
    """One YAML text; `path` is what messages call it, such as "metadata/lead.yaml"."""

    path: str
    text: str


@dataclass(frozen=True)
class Layer:
    """Documents of one source: the core, a template or the site itself; later layers change earlier ones."""

    name: str
    documents: Sequence[Document]


class Table(dict[str, Any]):
    """A mapping in the order of the file; `keys_at` and `values_at` say where each entry stands."""

    fits: frozenset[object] = frozenset()
    """The shapes that it was found to have, so that what several sites share is looked at once; a copy knows none."""

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin
        self.keys_at: dict[str, Origin] = {}
        self.values_at: dict[str, Origin] = {}

    def put(self, key: str, value: object, key_at: Origin, value_at: Origin) -> None:
        """Set an entry together with its places."""
        self[key] = value
        self.keys_at[key] = key_at
        self.values_at[key] = value_at

    def drop(self, key: str) -> None:
        """Remove an entry and its places, if it is there."""
        self.pop(key, None)
        self.keys_at.pop(key, None)
        self.values_at.pop(key, None)

    def copy(self) -> Table:
        """Return an independent table of the same entries; nested values are shared."""
        twin = Table(self.origin)
        twin.update(self)
        twin.keys_at.update(self.keys_at)
        twin.values_at.update(self.values_at)
        return twin


class Items(list[Any]):
    """A list; `operation` is "append" or "remove" when a layer changes a list below it."""

    def __init__(self, origin: Origin, operation: str = "") -> None:
        super().__init__()
        self.origin = origin
        self.operation = operation
        self.places: list[Origin] = []

    def put(self, value: object, place: Origin) -> None:
        """Append a value together with its place."""
        self.append(value)
        self.places.append(place)


def copied(table: Table) -> Table:
    """Return a table that shares no other table or list with this one."""
    twin = table.copy()
    for key, value in table.items():
        twin[key] = _copied(value)
    return twin


def _copied(value: object) -> object:
    if isinstance(value, Table):
        return copied(value)
    if not isinstance(value, Items):
        return value
    twin = Items(value.origin, value.operation)
    twin.extend(map(_copied, value))
    twin.places = list(value.places)
    return twin


Path = tuple[str | int, ...]


def child_of(parent: object, step: str | int) -> tuple[object, Origin | None]:
    """Return the value one step below `parent` and its place; (None, None) when there is none."""
    if isinstance(parent, Table) and str(step) in parent:
        return parent[str(step)], parent.values_at.get(str(step))
    if isinstance(parent, Items) and str(step).isdecimal() and int(step) < len(parent):
        return parent[int(step)], parent.places[int(step)]
    return None, None


def place_of(root: Table | Items, path: Path, *, of_key: bool = False) -> Origin:
    """Return where the value at `path` stands, or the nearest thing above it that exists.

    With `of_key` the place of the last key itself, for messages about the key's name.
    """
    value: object = root
    place = root.origin
    for step in path:
        parent = value
        value, found = child_of(parent, step)
        if found is None:
            return place
        place = found
        if of_key and step == path[-1] and isinstance(parent, Table):
            place = parent.keys_at.get(str(step), place)
    return place


def value_at(root: object, path: Path) -> tuple[object, bool]:
    """Return the value at `path` and whether there is one."""
    value = root
    for step in path:
        value, found = child_of(value, step)
        if found is None:
            return None, False
    return value, True


def plain(value: object) -> Any:
    """Return ordinary dicts and lists, without places, for whoever keeps the value."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def put(parent: object, step: str | int, value: object) -> None:
    """Put another value in the place of one that is there."""
    if isinstance(parent, Table):
        parent[str(step)] = value
    elif isinstance(parent, Items):
        parent[int(step)] = value


def rename_key(table: Table, old: str, new: str) -> None:
    """Call the entry `old` of a table `new`, in its place."""
    entries = [(key, table[key], table.keys_at[key], table.values_at[key]) for key in table]
    for key in list(table):
        table.drop(key)
    for key, value, key_at, place in entries:
        table.put(new if key == old else key, value, key_at, place)


def earlier_codes(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the codes that something had before, the first one first."""
    earlier = settings.get("renamed_from", ())
    if isinstance(earlier, str):
        return (earlier,)
    return tuple(earlier) if isinstance(earlier, list) else ()
