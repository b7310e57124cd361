"""Groups of people as rules name them: a person, a role, a team, a department."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import named
from fieldstone.rules.contract import Builder

PRECEDENCE: Final = ("user", "role", "team", "department")
"""Whose setting counts when several fit: the nearest to the person."""
GROUP_KEYS: Final[Mapping[str, Any]] = {
    "user": named("user"),
    "role": named("role"),
    "team": named("team"),
    "department": named("department", description="Those below belong to it."),
}


def group_from(raw: Mapping[str, Any], path: str, build: Builder) -> str:
    """Return the group written as {role: sales}: "role:sales"; "" when an unknown role was reported."""
    for level in PRECEDENCE:
        if level in raw:
            known = level != "role" or build.known(f"{path}.role", "role", raw[level])
            return f"{level}:{raw[level]}" if known else ""
    return ""
