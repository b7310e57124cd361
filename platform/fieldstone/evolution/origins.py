"""Which layer says what about a setting, so that every screen can tell and offer to go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldstone.compiler.tree import Layer
from fieldstone.evolution.documents import Documents


@dataclass(frozen=True)
class Said:
    """What one layer says at a path."""

    layer: str
    value: object


def said_of(layers: Sequence[Layer], path: Sequence[str]) -> tuple[Said, ...]:
    """Return what each layer says at ("objects", "lead", "fields", "budget", "label"), lowest first.

    The last one holds; None is a layer that takes away what those below it say. Layers that are silent are left out.
    """
    found = []
    for layer in layers:
        value, there = Documents((Layer(layer.name, layer.documents),)).value(path)
        if there:
            found.append(Said(layer.name, value))
    return tuple(found)
