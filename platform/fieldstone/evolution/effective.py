"""What a setting is once all layers are laid over each other, and which layer says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from fieldstone.compiler.loading import Source, load
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.tree import Layer, Path, Table, place_of, plain, value_at
from fieldstone.evolution.documents import OBJECTS


@dataclass(frozen=True)
class Effective:
    """The merged YAML of all layers. A path is ("objects", "lead", "fields", "budget") or ("rules", "first_call")."""

    source: Source

    @classmethod
    def of_layers(cls, layers: Sequence[Layer]) -> Self:
        """Return the layers laid over each other, lowest first; what cannot be read is left out."""
        return cls(load(layers, Problems()))

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

    def _found(self, path: Sequence[str]) -> tuple[Any, bool]:
        root, inside = self._root(path)
        if root is None:
            return None, False
        value, there = value_at(root, inside)
        return plain(value), there

    def _root(self, path: Sequence[str]) -> tuple[Table | None, Path]:
        part, *rest = path
        if part == OBJECTS:
            return (self.source.objects.get(rest[0]), tuple(rest[1:])) if rest else (None, ())
        return self.source.parts, tuple(path)
