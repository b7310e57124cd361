"""A name that is found by typing, one or several: where it is looked for, and what those are called that stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Pick:
    """Names that are found by typing: where, and what those are called that stand there; `beside` names the control with the object they belong to."""

    url: str
    labels: Mapping[str, str] = field(default_factory=dict)
    beside: str = ""

    def drawn(self, shown: str, *, several: bool) -> dict[str, Any]:
        """Return the control as parts/input.html draws it."""
        made: dict[str, Any] = {"options_url": self.url, "beside": self.beside, "alone": True}
        if several:
            codes = [one for part in shown.split(",") if (one := part.strip())]
            chosen = [{"value": one, "label": self.labels.get(one, one)} for one in codes]
            return {**made, "type": "multi_lookup", "chosen": chosen}
        return {**made, "type": "lookup", "value": shown, "text": self.labels.get(shown, shown)}
