"""What every action provides; tests/actions/test_every_action.py holds each one to it.

A module exposes ACTION. An action asks through the doors like everybody else: it builds changes and submits them in
one transaction. Its refusals are problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Context, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.writes.pipeline import Writes


@dataclass(frozen=True)
class Call:
    """One wish to act on one record. `params` were checked against the action's schema."""

    ctx: Context
    model: Model
    object_name: str
    record_id: str
    params: Mapping[str, Any]
    reads: Reads
    writes: Writes

    @property
    def spec(self) -> ObjectType:
        """Return the object acted on."""
        return self.model.objects[self.object_name]


@dataclass(frozen=True)
class Result:
    """What an action did: the outcome for its record, others it wrote, and a sentence for the toast."""

    outcome: Outcome
    message: Label
    others: Mapping[str, str] = field(
        default_factory=dict
    )  # what -> record id, such as customer -> id


class Action(Protocol):
    """A verb on one record."""

    @property
    def name(self) -> str:
        """The word in the URL."""

    @property
    def label(self) -> Label:
        """Return what its button says."""

    @property
    def icon(self) -> str:
        """Return the name of its icon."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return the JSON Schema of its parameters."""

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether this object knows the action at all."""

    def run(self, call: Call) -> Result:
        """Do it. Raises RefusedError with every reason when it cannot be done."""
