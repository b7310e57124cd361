"""How alike two texts are, from 0 to 100, by the method that fits what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from fieldstone.rules.normalise import alike

SAME_SOUND: Final = 92.0
"""Two names that sound the same and are written otherwise: 张伟 and 张玮."""
NEARLY: Final = 0.9


def _exact(one: str, other: str) -> float:
    return 100.0 if one == other else 0.0


def _jaro_winkler(one: str, other: str) -> float:
    return float(JaroWinkler.normalized_similarity(one, other)) * 100


def _sound(one: str, other: str) -> float:
    """Compare letter by letter and by sound; the better counts."""
    written = fuzz.ratio(one, other)
    mine, theirs = alike("sound", one), alike("sound", other)
    heard = SAME_SOUND if mine == theirs else fuzz.ratio(mine, theirs) * NEARLY
    return max(written, heard)


METHODS: Final[Mapping[str, Callable[[str, str], float]]] = {
    "exact": _exact,
    "ratio": fuzz.ratio,
    "partial": fuzz.partial_ratio,
    "words": fuzz.token_sort_ratio,
    "word_set": fuzz.token_set_ratio,
    "jaro_winkler": _jaro_winkler,
    "sound": _sound,
}
# These look at words, so the spaces between them must stay.
BY_WORDS: Final = frozenset({"words", "word_set"})


@lru_cache(maxsize=65_536)
def likeness(method: str, one: str, other: str) -> float:
    """Return how alike two texts are; both were made alike before."""
    return 100.0 if one == other else METHODS[method](one, other)
