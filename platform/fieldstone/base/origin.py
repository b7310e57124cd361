"""Where a setting was written, so that every message and every screen can say so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """A place in the site's YAML; `layer` is "core", a template's name, "site" or "system"."""

    layer: str
    file: str
    line: int
    column: int = 1


SYSTEM = Origin("system", "", 0, 0)
