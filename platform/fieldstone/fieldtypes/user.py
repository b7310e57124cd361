"""A link to a person who works with the system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.lookup import LookupType


@dataclass(frozen=True)
class UserType(LookupType):
    """Stored as str: the id of a user."""

    to: str = "user"
    name: str = "user"
    widget: str = "user"


def make(settings: Mapping[str, Any]) -> UserType:
    """Return the type; it always points to users."""
    return UserType()


TYPE = TypeSpec(name="user", label=Label("User", "用户"), make=make, icon="user")
