"""What the database knows, as rules see it: people and how they stand, records found, spans that ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Person:
    """Somebody work can be given to; `facts` are the values of the user record."""

    id: str
    name: str
    weight: int = 1
    active: bool = True
    absent_until: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """What a published ranking gives one person.

    `weight` is a percentage of their own, `extra` is added to caps by period, `closed` holds the values of a field
    that are reserved for others; rank 0 is nobody's.
    """

    rank: int = 0
    score: float | None = None
    weight: int = 100
    extra: Mapping[str, int] = field(default_factory=dict)
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def closed_to(self, row: Mapping[str, object]) -> str | None:
        """Return the value by which a record is reserved for others, None when the person may have it."""
        for name, values in self.closed.items():
            if row.get(name) in values:
                return str(row[name])
        return None


@dataclass(frozen=True)
class Found:
    """An existing record that shares a key with a draft."""

    object_name: str
    record_id: str
    title: str
    owner: str | None
    stage_kind: str = ""  # open, won, lost, deleted or "" (no stages)
    pool: str | None = None


@dataclass(frozen=True)
class Neighbour:
    """An existing record that a draft may be compared with, and its values."""

    found: Found
    values: Mapping[str, object]


@dataclass(frozen=True)
class PastOwner:
    """A span of ownership that has ended."""

    owner: str
    until: datetime
    reason: str
    way: str = ""  # how it ended: return, recall, reject or transfer
    since: datetime | None = None


@dataclass(frozen=True)
class Belonging:
    """Somebody and their groups, nearest first: "user:ID", "user:E-MAIL", "role:CODE", "team:CODE", "department:CODE"."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Adoption:
    """Which version of a rule was adopted for the records that are there, and when the present version came."""

    version: int = 1
    changed_at: datetime | None = None
