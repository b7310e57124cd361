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
def speech(language: str, part: str = "") -> Speech:
    """Return the texts of a language; one without translations speaks English.

    `part` names a part of the product with words of its own, such as "commands", which go before those of the pages.
    """
    folder = shipped("ui_templates") / "translations"
    paths = [*sorted(folder.glob(f"{language}*.json")), folder / f"{part}.{language}.json"]
    texts: dict[str, str] = {}
    for path in paths:
        if path.is_file():
            texts.update(json.loads(path.read_text(encoding="utf-8")))
    return Speech(language, texts)
