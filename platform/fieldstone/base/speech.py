"""The texts of the product in a language; English is the key, ui_templates/translations the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fieldstone.base.shipped import shipped


@dataclass(frozen=True)
class Speech:
    """One language, with the text of each English one."""

    language: str
    texts: Mapping[str, str]

    @property
    def tag(self) -> str:
        """Return the language as HTML names it."""
        return "zh-CN" if self.language == "zh" else self.language

    def t(self, text: str, /, **values: object) -> str:
        """Return `text` in this language, with its {names} filled in when values are given."""
        said = self.texts.get(text, text)
        # Without values the blanks stay: scripts of the page fill those.
        return said.format_map(values) if values else said

    def tn(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Return the text for `n` things; it may name {n}. Chinese has one form, that of `many`."""
        return self.t(one if n == 1 and self.language == "en" else many, n=n, **values)


@cache
def speech(language: str) -> Speech:
    """Return the texts of a language; one without translations speaks English."""
    texts: dict[str, str] = {}
    for path in sorted((shipped("ui_templates") / "translations").glob(f"{language}*.json")):
        texts.update(json.loads(path.read_text(encoding="utf-8")))
    return Speech(language, texts)
