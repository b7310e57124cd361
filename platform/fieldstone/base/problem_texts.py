"""What a problem says in the reader's language: as it was written in English, in Chinese by its code.

The Chinese texts are in ui_templates/translations/problems.zh.json: by code a message and a cure. They may name what the English
text quotes: {q} the first word in quotes of the message, {c} that of the cure, {n} the first number, {m} that of the cure, {list} what may be
chosen.
A part in square brackets stands only where all that it names is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import Final

from fieldstone.base.errors import Problem
from fieldstone.base.shipped import shipped

QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.){1,80})'|\"([^\"]{1,80})\"|`([^`]{1,80})`")
NUMBER: Final = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w.])")
LISTED: Final = re.compile(r"(?:one of(?: these \w+)?|Use|you can move to|by): ?(.+?)\.?$")
NAMES: Final = r"\{(q|c|n|m|list)\}"
OPTIONAL: Final = re.compile(rf"\[([^\[\]]*{NAMES}[^\[\]]*)\]")
NAMED: Final = re.compile(NAMES)
CHINESE: Final = re.compile("[\u4e00-\u9fff]")
LATIN: Final = re.compile("[A-Za-z]")


@cache
def chinese_texts() -> Mapping[str, tuple[str, str]]:
    """Return by code the message and the cure in Chinese."""
    path = shipped("ui_templates") / "translations/problems.zh.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    return {code: (message, cure) for code, (message, cure) in read.items()}


def in_language(problem: Problem, language: str) -> Problem:
    """Return the problem as it is told in a language; code and path stay.

    What rules and sites bring in their own words, already in the reader's language, is told as it is.
    """
    known = chinese_texts().get(problem.code)
    if not language.startswith("zh") or known is None or _is_chinese(problem.message):
        return problem
    values = {
        "q": _first(QUOTED, problem.message),
        "c": _first(QUOTED, problem.cure),
        "n": _first(NUMBER, problem.message),
        "m": _first(NUMBER, problem.cure),
        "list": _first(LISTED, problem.cure),
    }
    message, cure = (_filled(text, values) for text in known)
    return replace(problem, message=message, cure=cure)


def as_data(problem: Problem, language: str) -> dict[str, str]:
    """Return a problem as programs get it: code and path as they are, message and cure in a language."""
    return asdict(in_language(problem, language))


def _is_chinese(text: str) -> bool:
    said = QUOTED.sub("", text)
    return len(CHINESE.findall(said)) > len(LATIN.findall(said))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((one for one in found.groups(default="") if one), found[0]) if found else ""


def _filled(text: str, values: Mapping[str, str]) -> str:
    def part(found: re.Match[str]) -> str:
        named = NAMED.findall(found[1])
        return _named(found[1], values) if all(values[name] for name in named) else ""

    said = _named(OPTIONAL.sub(part, text), values)
    return said.replace(" “", "“").replace("” ", "”").strip()


def _named(text: str, values: Mapping[str, str]) -> str:
    def said(found: re.Match[str]) -> str:
        value = values[found[1]]
        return f"“{value}”" if value and found[1] in ("q", "c") else value

    return NAMED.sub(said, text)
