"""What every enricher provides; tests/delivery/test_every_enricher.py holds each one to it.

A module exposes ENRICHER. It answers one question and writes nothing: the rule says what may be written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from fieldstone.base.label import Label


class EnrichError(Exception):
    """The question was not answered; `retry` tells whether another try may help."""

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


@dataclass(frozen=True)
class Question:
    """What a rule asks: `key` as it stands in the record, `alike` as equal keys are equal, the rule's settings."""

    key: str
    alike: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is known; `facts` is empty for nothing. `origin` says where it stands, for the record's page."""

    facts: Mapping[str, object] = field(default_factory=dict)
    confidence: Decimal = Decimal(1)
    origin: str = ""


@dataclass(frozen=True)
class Means:
    """What an enricher may lean on.

    `row` returns our own record of an object by its kept key; `fetch` asks a URL on a list of hosts and returns
    the answer's body. Raises EnrichError.
    """

    row: Callable[[str, str], Mapping[str, object] | None]
    fetch: Callable[[str, Mapping[str, str], frozenset[str]], bytes]
    secret: Callable[[str], str]


class Enricher(Protocol):
    """One place that knows facts."""

    @property
    def name(self) -> str:
        """The word in a rule's `provider`."""

    @property
    def label(self) -> Label:
        """Return what people call it."""

    def objections(self, settings: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with a rule's settings, in sentences."""

    def look_up(self, question: Question, means: Means) -> Answer:
        """Return what is known. Raises EnrichError."""
