"""Facts from a table of our own: an object whose records describe companies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fieldstone.base.label import Label
from fieldstone.delivery.enrichers.contract import Answer, Means, Question

CONFIDENCE = "confidence"


@dataclass(frozen=True)
class CompanyTable:
    """The records of `settings.object`, found by `settings.key` ("name"), normalised."""

    name: str = "company_table"
    label: Label = Label("Company table", "企业信息表")  # noqa: RUF009 - a frozen value

    def objections(self, settings: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings."""
        unknown = sorted(set(settings) - {"object", "key"})
        found = [f"there is no setting {name!r}; write object and key." for name in unknown]
        return (
            found
            if "object" in settings
            else [*found, "object is missing: which records describe companies?"]
        )

    def look_up(self, question: Question, means: Means) -> Answer:
        """Return the fields of the record of that name."""
        object_name = str(question.settings["object"])
        row = means.row(object_name, question.alike)
        if row is None:
            return Answer()
        sure = row.get(CONFIDENCE)
        confidence = sure if isinstance(sure, Decimal) else Decimal(1)
        return Answer(row, confidence, f"{object_name}/{row['id']}")


ENRICHER = CompanyTable()
