"""What a setting is once all layers are laid over each other, and which layer says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from fieldstone.compiler.loading import load
from fieldstone.compiler.present import Present
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.tree import Layer, Path, Table, place_of, plain, value_at
from fieldstone.evolution.documents import OBJECTS


@dataclass(frozen=True)
class Effective:
    """The merged YAML of all layers, in present codes. A path is ("objects", "lead", "fields", "budget") or ("rules", "first_call")."""

    present: Present

    @classmethod
    def of_layers(cls, layers: Sequence[Layer]) -> Self:
        """Return the layers laid over each other as they are written, lowest first; what cannot be read is left out."""
        return cls(Present(load(layers, Problems())))

    def value(self, path: Sequence[str]) -> Any:
        """Return the plain value at a path, None when no layer says anything."""
        found, _ = self._found(path)
        return found

    def says(self, path: Sequence[str]) -> bool:
        """Tell whether some layer says anything at a path, be it that nothing stands there."""
        root, inside = self._root(path)
        return root is not None and value_at(root, inside)[1]

    def layer(self, path: Sequence[str]) -> str:
        """Return the layer that wrote what stands at a path, "" when nothing stands there."""
        root, inside = self._root(path)
        if root is None or not value_at(root, inside)[1]:
            return ""
        return place_of(root, inside).layer

    def written(self, path: Sequence[str]) -> tuple[str, ...]:
        """Return a path in the codes by which the layers name what was renamed since they were written."""
        part, *rest = path
        name, inside = (rest[0], rest[1:]) if part == OBJECTS and rest else ("", path)
        found = tuple(str(one) for one in self.present.written(name, tuple(inside)))
        return (part, name, *found) if name else found

    def _found(self, path: Sequence[str]) -> tuple[Any, bool]:
        root, inside = self._root(path)
        if root is None:
            return None, False
        value, there = value_at(root, inside)
        return plain(value), there

    def _root(self, path: Sequence[str]) -> tuple[Table | None, Path]:
        part, *rest = path
        if part == OBJECTS:
            return (
                (self.present.source.objects.get(rest[0]), tuple(rest[1:])) if rest else (None, ())
            )
        return self.present.source.parts, tuple(path)
