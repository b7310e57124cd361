"""Cuts text into the tokens of the search index, the same way for every database.

Chinese is cut into single characters and pairs (no word list can be wrong that way) plus pinyin; other
words are kept whole in lower case and found by their beginning; digits of a phone number stand together.
Why and how fast: docs/adr/0007-search-tokens-are-cut-in-python.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

VERSION: Final = "1"
"""Changes whenever the same text gives other tokens: the index is then built anew."""

CJK: Final = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
_RUN = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")
_CJK_RUN = re.compile(f"[{CJK}]+")
_NEITHER = re.compile(r"[\W_]+")  # also inside the ranges above: marks, and places not given yet
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
_NUMBER = re.compile(r"\+?[\d\s().-]{4,}")
_LONGEST_TEXT = 2_000
_LONGEST_TOKEN = 40
_PAIR = 2  # characters that one token holds
_LONGEST_NAME = 12  # characters of a Chinese run that get pinyin: names of people and companies
_TAILS = (4, 8)  # how many last digits of a number people remember


@dataclass(frozen=True)
class Term:
    """One thing looked for: a token, found by its beginning when `prefix`."""

    token: str
    prefix: bool = False


def tokens(texts: Iterable[object]) -> tuple[str, ...]:
    """Return the tokens of a record's searchable values, sorted, each once."""
    found: set[str] = set()
    for text in _plain(texts):
        found.update(_tokens_of(text[:_LONGEST_TEXT]))
    return tuple(sorted(found))


def _plain(values: Iterable[object]) -> Iterable[str]:
    """Yield the texts in stored values: those of lists (tags) and of compound values (addresses) too."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple | list):
            yield from _plain(value)
        elif isinstance(value, dict):
            yield from _plain(value.values())
        elif value is not None:
            yield str(value)


def terms(query: str) -> tuple[Term, ...]:
    """Return what all must be found for `query`; empty when it holds no letter and no digit."""
    text = _folded(query[:_LONGEST_TEXT])
    if _NUMBER.fullmatch(text.strip()) and any(c.isdigit() for c in text):
        return (Term(_digits(text)[:_LONGEST_TOKEN], prefix=True),)
    found: dict[Term, None] = {}
    for run in _RUN.findall(_NEITHER.sub(" ", text)):
        if _CJK_RUN.match(run):
            found.update(dict.fromkeys(Term(pair) for pair in _pairs(run)))
        else:
            found[Term(run[:_LONGEST_TOKEN], prefix=True)] = None
    return tuple(found)


def runs_to_check(query: str) -> tuple[str, ...]:
    """Return the Chinese runs whose pairs may stand apart in a hit, so that the text itself decides."""
    text = _NEITHER.sub(" ", _folded(query[:_LONGEST_TEXT]))
    return tuple(run for run in _CJK_RUN.findall(text) if len(run) > _PAIR)


def _tokens_of(value: str) -> Iterable[str]:
    text = _folded(value)
    if _NUMBER.fullmatch(text):
        yield from _number_tokens(text)
    for run in _RUN.findall(_NEITHER.sub(" ", text)):
        if _CJK_RUN.match(run):
            yield from run
            yield from _pairs(run)
            yield from _pinyin(run)
        else:
            yield run[:_LONGEST_TOKEN]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


@lru_cache(maxsize=20_000)
def _pinyin(run: str) -> tuple[str, ...]:
    han = _HAN.match(run)
    if han is None or han.end() > _LONGEST_NAME:
        return ()
    # Its dictionaries take a third of a second to load: not before a Chinese name is written.
    from pypinyin.seg.mmseg import seg

    # Names seldom come twice, the words in them do.
    syllables = [syllable for word in seg.cut(han.group()) for syllable in _syllables(word)]
    full, initials = "".join(syllables), "".join(s[0] for s in syllables if s)
    return tuple(
        token[:_LONGEST_TOKEN] for token in (full, initials, *syllables) if token.isalnum()
    )


@lru_cache(maxsize=20_000)
def _syllables(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(word, style=Style.NORMAL, errors="ignore"))


def _number_tokens(text: str) -> Iterable[str]:
    digits = _digits(text)
    yield digits[:_LONGEST_TOKEN]
    if text.startswith("+86"):
        yield digits[2:]  # people look for a Chinese number without its country code
    yield from (digits[-tail:] for tail in _TAILS if len(digits) > tail)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
