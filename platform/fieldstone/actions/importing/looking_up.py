"""Finds the records that rows name, a batch at a time, and makes those that may be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from fieldstone.actions.importing.converting import Wanted
from fieldstone.base.errors import Problem
from fieldstone.base.text import FORBIDDEN
from fieldstone.changes.nouns import Change, Context, Operation
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.having import ids_having
from fieldstone.reads.query import Query
from fieldstone.writes.unit import Unit

AT_ONCE: Final = 150
PLAIN: Final = frozenset({"text", "email", "phone", "url", "autonumber"})
"""Types whose values are what is stored, so that they are looked up as they are."""


class Directory:
    """Remembers what names stand for, through one import."""

    def __init__(self, reads: Reads, ctx: Context, model: Model) -> None:
        """Look up as the importing person."""
        self._reads = reads
        self._ctx = ctx
        self._model = model
        self._known: dict[tuple[str, str, str], str] = {}

    def find(self, object_name: str, by: str, values: Iterable[str]) -> Mapping[str, str]:
        """Return record ids by value, for the values that some record has."""
        asked = sorted({v for v in values if (object_name, by, v) not in self._known})
        if asked:
            plain = self._model.objects[object_name].fields[by].type.name in PLAIN
            find = self._holders if plain else self._matching
            for value, record_id in find(object_name, by, asked):
                self._known.setdefault((object_name, by, value), record_id)
        return {
            v: self._known[object_name, by, v]
            for v in values
            if (object_name, by, v) in self._known
        }

    def _holders(
        self, object_name: str, by: str, asked: Sequence[str]
    ) -> Iterable[tuple[str, str]]:
        storable = [value for value in asked if not FORBIDDEN.search(value)]
        with self._reads.sight(self._ctx, self._model) as sight:
            return ids_having(sight, object_name, by, storable).items()

    def _matching(
        self, object_name: str, by: str, asked: Sequence[str]
    ) -> Iterable[tuple[str, str]]:
        """Yield value and record id where values are compared by what they mean: numbers, options, dates."""
        for start in range(0, len(asked), AT_ONCE):
            listed = ", ".join(_quoted(value) for value in asked[start : start + AT_ONCE])
            query = Query(filter=f"{by} in [{listed}]", fields=(by,), limit=500)
            for record in self._reads.list(self._ctx, self._model, object_name, query).rows:
                yield str(record.values[by]), record.id

    def remember(self, object_name: str, by: str, value: str, record_id: str) -> None:
        """Note a record that this import has made."""
        self._known[object_name, by, value] = record_id

    def make_missing(self, wanted: Sequence[Wanted], unit: Unit) -> dict[str, tuple[Problem, ...]]:
        """Create what may be created; return problems by value for what could not be."""
        refused: dict[str, tuple[Problem, ...]] = {}
        for one in wanted:
            place = (one.object_name, one.by, one.value)
            if place in self._known or one.create is None or one.value in refused:
                continue
            values = {one.by: one.value, **self._resolved(one)}
            (outcome,) = unit.submit(
                [Change(one.object_name, Operation.CREATE, values, skip_rules=True)]
            )
            if outcome.refused or outcome.record_id is None:
                refused[one.value] = outcome.problems
            else:
                self._known[place] = outcome.record_id
        return refused

    def _resolved(self, one: Wanted) -> Mapping[str, object]:
        return {code: value for code, value in (one.create or {}).items() if value is not None}


def _quoted(value: str) -> str:
    """Return a text as a literal of the expression language."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
