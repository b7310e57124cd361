"""What a change of the configuration would do, said before it is done: steps in words, counts from the data, dangers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.label import Label
from fieldstone.evolution.difference import difference
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.operations import Operation
from fieldstone.evolution.workshop import Workshop
from fieldstone.model.site_model import Model

NOTE, WARNING, DANGER = "note", "warning", "danger"
SAID: Final[Mapping[str, Label]] = {
    NOTE: Label("Note", "提示"),
    WARNING: Label("Warning", "注意"),
    DANGER: Label("Needs your word", "需要确认"),
}


@dataclass(frozen=True)
class Finding:
    """One consequence. `level` danger asks for a second word; `count` is how many rows, people or places it touches."""

    level: str
    code: str
    path: tuple[str, ...]
    text: Label
    count: int = 0
    samples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the consequence as programs see it."""
        return {
            "level": self.level,
            "code": self.code,
            "path": list(self.path),
            "text": {"en": self.text.en, "zh": self.text.zh},
            "count": self.count,
            "samples": list(self.samples),
        }


@dataclass(frozen=True)
class Plan:
    """A change that was thought through; `model` is None when it does not compile, and `problems` say why."""

    base: int
    documents: Documents
    model: Model | None = None
    operations: tuple[Operation, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def needs_second_word(self) -> bool:
        """Tell whether something would be taken away that somebody may miss."""
        return any(one.level == DANGER for one in self.findings)

    @property
    def empty(self) -> bool:
        """Tell whether nothing would change for anybody."""
        return self.model is not None and not self.operations

    def unchanged(self, documents: Documents) -> bool:
        """Tell whether not even a comment would change."""
        return self.documents.texts() == documents.texts()

    def as_json(self) -> dict[str, Any]:
        """Return the plan as programs see it."""
        return {
            "base": self.base,
            "operations": [one.as_json() for one in self.operations],
            "findings": [one.as_json() for one in self.findings],
            "needs_second_word": self.needs_second_word,
            "problems": [vars(one) for one in self.problems],
        }


def plan(workshop: Workshop, present: Model, documents: Documents, base: int | None = None) -> Plan:
    """Return what it means to put `documents` in the place of what is in force.

    `base` is the revision that they were edited from, the one in force when left out. Writes nothing.
    """
    number = workshop.current()[0] if base is None else base
    try:
        model = workshop.compile(documents)
    except MetadataError as error:
        return Plan(number, documents, problems=error.problems)
    return Plan(number, documents, model, difference(present, model))
