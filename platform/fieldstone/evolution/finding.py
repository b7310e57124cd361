"""One consequence of a change, and how much it asks of the person who wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label

NOTE, WARNING, DANGER = "note", "warning", "danger"
STOP: Final = "stop"
"""The level of what no second word helps against: a plan turns it into a problem."""
SAID: Final[Mapping[str, Label]] = {
    NOTE: Label("Note", "提示"),
    WARNING: Label("Warning", "注意"),
    DANGER: Label("Needs your word", "需要确认"),
}


@dataclass(frozen=True)
class Finding:
    """One consequence. `level` danger asks for a second word; `count` is how many rows, people or places it touches; `named` are those places."""

    level: str
    code: str
    path: tuple[str, ...]
    text: Label
    count: int = 0
    samples: tuple[str, ...] = ()
    named: tuple[Label, ...] = ()

    def shown(self, language: str) -> list[str]:
        """Return the places that it touches, or some of the records, in words."""
        return [one.text(language) for one in self.named] or list(self.samples)

    def as_json(self, language: str = "en") -> dict[str, Any]:
        """Return the consequence as programs see it; what it touches in a language."""
        return {
            "level": self.level,
            "code": self.code,
            "path": list(self.path),
            "text": {"en": self.text.en, "zh": self.text.zh},
            "count": self.count,
            "samples": self.shown(language),
        }
