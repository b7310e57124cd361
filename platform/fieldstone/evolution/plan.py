"""What a change of the configuration would do, said before it is done: steps in words, counts from the data, dangers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.problem_texts import as_data
from fieldstone.changes.nouns import Context
from fieldstone.evolution.difference import difference
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.finding import DANGER, STOP, Finding
from fieldstone.evolution.findings import Compared, findings, leaving_of
from fieldstone.evolution.operations import Operation
from fieldstone.evolution.relocation import (
    Destinations,
    Leaving,
    carries_of,
    fills_of,
    relocation_of,
    removed_values,
    searched_anew,
)
from fieldstone.evolution.workshop import Workshop
from fieldstone.model.site_model import Model
from fieldstone.storage.relocating import Relocation

NO_RELOCATION: Final = Relocation()


@dataclass(frozen=True)
class Plan:
    """A change that was thought through; `model` is None when it does not compile, and `problems` say why."""

    base: int
    documents: Documents
    model: Model | None = None
    operations: tuple[Operation, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    relocation: Relocation = NO_RELOCATION
    leaving: tuple[Leaving, ...] = ()  # what is removed while records hold it

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

    def as_json(self, language: str = "en") -> dict[str, Any]:
        """Return the plan as programs see it; what is wrong, and what is touched, in a language."""
        return {
            "base": self.base,
            "operations": [one.as_json() for one in self.operations],
            "findings": [one.as_json(language) for one in self.findings],
            "leaving": [one.as_json() for one in self.leaving],
            "needs_second_word": self.needs_second_word,
            "problems": [as_data(one, language) for one in self.problems],
        }


@dataclass(frozen=True)
class Wanted:
    """What somebody wants: documents, edited from revision `base`, and where records of removed values go."""

    documents: Documents
    base: int
    moves: Destinations = field(default_factory=dict)


def plan(workshop: Workshop, ctx: Context, present: Model, wanted: Wanted) -> Plan:
    """Return what it means to put documents in the place of what is in force. Writes nothing.

    Raises RefusedError for a destination that is not there.
    """
    try:
        compiled = workshop.compile(wanted.documents)
    except MetadataError as error:
        return Plan(wanted.base, wanted.documents, problems=error.problems)
    kept = workshop.storage.kept_columns()
    model = kept.applied(compiled)
    columns = tuple(kept.learned(compiled).rows(kept))
    operations = difference(present, model)
    removed = removed_values(present, model, operations, wanted.moves)
    with workshop.storage.counting(present, ctx) as census:
        leaving = tuple(leaving_of(census, removed))
        found = findings(Compared(present, model, census), operations, leaving)
    stops = [one for one in found if one.level == STOP]
    if stops:
        problems = tuple(
            Problem(one.code, ".".join(one.path), one.text.en, "Correct the records first.")
            for one in stops
        )
        return Plan(wanted.base, wanted.documents, operations=operations, problems=problems)
    relocation = replace(
        relocation_of(operations, removed, model),
        columns=columns,
        carries=carries_of(present, model),
        fills=tuple(fills_of(operations, model)),
        searched_anew=searched_anew(present, model),
    )
    return Plan(wanted.base, wanted.documents, model, operations, found, (), relocation, leaving)
