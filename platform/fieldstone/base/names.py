"""Codes written by people: their shape, and the nearest right one to a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

CLOSE = 0.6  # of 1: 'mine' is not meant to be 'none'
MOST = 12  # a screenful
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def is_code(text: str) -> bool:
    """Tell whether `text` may name an object, a field, a stage, a rule or an option."""
    return CODE.fullmatch(text) is not None


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word`, or None when none is close."""
    found = get_close_matches(word.lower(), list(candidates), n=1, cutoff=CLOSE)
    return found[0] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return a cure: the nearest right word, else the list of all of them (at most twelve)."""
    known = sorted(candidates)
    close = nearest(word, known)
    if close:
        return f"Write {close!r}."
    shown = ", ".join(known[:MOST]) + (", ..." if len(known) > MOST else ".")
    return (
        f"Use one of: {shown}" if known else "There is none yet: make it first, or take this out."
    )


def plural(code: str) -> str:
    """Return the English plural of a code: activity -> activities, address -> addresses."""
    if code.endswith("y") and code[-2:-1] not in "aeiou":
        return code[:-1] + "ies"
    if code.endswith(("s", "x", "ch", "sh")):
        return code + "es"
    return code + "s"
