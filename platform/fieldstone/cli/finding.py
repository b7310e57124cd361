"""Finds the commands: one file each in cli/commands, exposing COMMAND."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from fieldstone.cli.contract import Command


def commands_in(package: ModuleType) -> dict[str, Command]:
    """Return the commands of a package by name, in the order of their names."""
    found: dict[str, Command] = {}
    for info in pkgutil.iter_modules(package.__path__):
        command = getattr(
            importlib.import_module(f"{package.__name__}.{info.name}"), "COMMAND", None
        )
        if command is not None:
            found[command.name] = command
    return dict(sorted(found.items()))
