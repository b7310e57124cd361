"""The merged YAML of all layers as the compiler reads it: what a layer names by an earlier code has the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldstone.compiler.assembly import Assembly
from fieldstone.compiler.compile import ROUNDS
from fieldstone.compiler.loading import Source, load, say_renames
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.tree import Layer, Path
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.rules.contract import RuleKind


@dataclass(frozen=True)
class Present:
    """Merged YAML in present codes, and the keys that layers write by earlier ones."""

    source: Source
    keys: Mapping[Path, str] = field(default_factory=dict)
    """Earlier codes by the present path: ("lead", "permissions", "viewer", "fields", "spending"); "" stands for no object."""

    def written(self, name: str, path: Path) -> Path:
        """Return a path below an object, or of another part ("" is its name), in the codes that layers write."""
        found: Path = ()
        for place, step in enumerate(path):
            here = ((name, *path[:place], step), (name, *found, step))
            found = (*found, next((self.keys[one] for one in here if one in self.keys), step))
        return found


def present(
    layers: Sequence[Layer],
    types: Mapping[str, TypeSpec],
    kinds: Mapping[str, RuleKind],
    *,
    report_schema: Mapping[str, Any] | None = None,
    defaults: Mapping[str, object] | None = None,
) -> Present:
    """Return the layers laid over each other, lowest first; what cannot be read is left out."""
    source, keys = load(layers, Problems()), dict[Path, str]()
    for _ in range(ROUNDS if say_renames(layers) else 0):
        assembly = Assembly(source, types, kinds, Problems(), defaults or {})
        assembly.model(report_schema)
        if not assembly.renames.write():
            break
        keys |= assembly.renames.keys
        source = source.copied()
    return Present(source, keys)
