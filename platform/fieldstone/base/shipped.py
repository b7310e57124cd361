"""Finds the folders the product is shipped with, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHIPPED_FOLDERS: Final = ("metadata", "rules", "plugins", "ui_templates")


def shipped(name: str) -> Path:
    """Return the folder `name` of SHIPPED_FOLDERS that came with this copy of Fieldstone.

    In a wheel it lies inside the package (setup.py puts it there), in a checkout at the top
    level. Raises ValueError for another name: a caller's slip, not a user's.
    """
    if name not in SHIPPED_FOLDERS:
        raise ValueError(f"{name!r} is not shipped; the shipped folders are {SHIPPED_FOLDERS}")
    package = Path(__file__).resolve().parents[1]
    carried = package / "_shipped"
    root = carried if carried.is_dir() else package.parents[1]
    return root / name
