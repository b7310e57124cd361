"""The second step of an import: which column of the file fills which field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldstone.actions.importing.desk import KeptImport
from fieldstone.actions.importing.guessing import columns_of, fillable, guessed
from fieldstone.actions.importing.source import SourceFile
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import Field, ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.subjects import access_of

LOOKED_AT: Final = 20  # rows that guesses and samples are made from
SHOWN: Final = 3
LONGEST: Final = 40


@dataclass(frozen=True)
class Matching:
    """The columns of one file and the fields they may fill."""

    asked: Asked
    spec: ObjectType
    source: SourceFile

    @cached_property
    def fields(self) -> list[Field]:
        """Return the fields that a column may fill."""
        return fillable(self.spec, access_of(self.asked, self.spec))

    @cached_property
    def samples(self) -> dict[str, list[str]]:
        """Return what stands in the first rows, by column."""
        return samples_of(self.source)

    def posted(self, form: MultiDict[str, str]) -> dict[str, str]:
        """Return field codes by column. Raises RefusedError when nothing is matched, or a field twice."""
        known = {field.code for field in self.fields}
        columns = {
            column: code
            for at, column in enumerate(self.source.headings)
            if column and (code := form.get(f"column-{at}", "")) in known
        }
        if not columns:
            text = "No column is matched with a field."
            raise RefusedError([Problem("nothing", "columns", text, "Choose a field for one.")])
        chosen = list(columns.values())
        if twice := sorted({code for code in chosen if chosen.count(code) > 1}):
            name = self.spec.fields[twice[0]].label.text(self.asked.language)
            text = f"Two columns fill {name}."
            raise RefusedError([Problem("field_twice", twice[0], text, "Choose one of them.")])
        return columns

    def context(self, kept: KeptImport) -> dict[str, Any]:
        """Return the form: the columns as they were matched before, else as they are guessed."""
        before = {
            column: self.spec.present_code(code)
            for column, code in columns_of(kept.mapping).items()
        }
        chosen = before or guessed(self.fields, self.source.headings, self.samples)
        return {
            "action": f"/imports/{kept.id}/check",
            "columns": [
                {
                    "name": f"column-{at}",
                    "label": column,
                    "sample": ", ".join(_short(cell) for cell in self.samples[column][:SHOWN]),
                    "options": self._options(chosen.get(column, "")),
                    "matched": column in chosen,
                }
                for at, column in enumerate(self.source.headings)
                if column
            ],
            "known_by": self._keys(kept.mapping),
            "skip": '"existing": "skip"' in kept.mapping,
            "missing": self._missing(set(chosen.values())),
        }

    def _options(self, chosen: str) -> list[dict[str, Any]]:
        return [
            {
                "value": field.code,
                "label": self._label(field),
                "chosen": field.code == chosen,
            }
            for field in self.fields
        ]

    def _label(self, field: Field) -> str:
        label = field.label.text(self.asked.language)
        return f"{label} *" if field.required and field.default is None else label

    def _keys(self, mapping: str) -> list[dict[str, Any]]:
        """Return the fields by which a row is known again: those that are unique."""
        said = json.loads(mapping).get("key", "") if columns_of(mapping) else None
        now = None if said is None else self.spec.present_code(said)
        unique = [field for field in self.fields if field.unique]
        return [
            {
                "value": field.code,
                "label": field.label.text(self.asked.language),
                "chosen": field.code == (unique[0].code if now is None else now),
            }
            for field in unique
        ]

    def _missing(self, chosen: set[str]) -> str:
        """Return the required fields that no column fills, in words; "" for none."""
        language = self.asked.language
        names = [
            field.label.text(language)
            for field in self.fields
            if field.required
            and field.code not in chosen
            and field.default is None
            and field.default_expression is None
            and not field.system
        ]
        if not names:
            return ""
        listed = ("、" if language == "zh" else ", ").join(names)
        return speech(language).t("Required, and no column fills it yet: {names}", names=listed)


def samples_of(source: SourceFile) -> dict[str, list[str]]:
    """Return what stands in the first rows of a file, by column."""
    rows = [cells for _, cells in islice(source.rows(), LOOKED_AT)]
    return {
        column: [cells[at] for cells in rows if at < len(cells) and cells[at]]
        for at, column in enumerate(source.headings)
        if column
    }


def _short(cell: str) -> str:
    plain = " ".join(cell.split())
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
