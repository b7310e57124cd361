"""Reads the one upper-case constant that each built-in module exposes."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def members(package: ModuleType, constant: str) -> dict[str, Any]:
    """Return, by their names, the `constant` of every module of the package that has one."""
    found = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        thing = getattr(module, constant, None)
        if thing is not None:
            found[thing.name] = thing
    return dict(sorted(found.items()))
