"""A text for people, in each language it was written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """One text in English and in Simplified Chinese; a missing one falls back to the other."""

    en: str
    zh: str = ""

    def text(self, language: str) -> str:
        """Return the text for `language` ("zh" or anything starting with it, else English)."""
        if language.startswith("zh"):
            return self.zh or self.en
        return self.en or self.zh

    def filled_in(self, values: Mapping[str, object]) -> Label:
        """Return a label whose {names} are replaced by `values` in both languages."""
        return Label(self.en.format_map(values), self.zh.format_map(values))


def label_of(code: str) -> Label:
    """Make a label from a code: "next_follow_up" becomes "Next follow up"."""
    return Label(code.replace("_", " ").strip().capitalize())
