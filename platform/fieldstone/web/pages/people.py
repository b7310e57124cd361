"""How a person or a company is drawn where there is no picture: letters and a steady colour."""

from __future__ import annotations

import zlib
from typing import Final

TONES: Final = ("blue", "teal", "violet", "green", "orange", "pink", "indigo", "amber")


def initials(name: str) -> str:
    """Return one Chinese character or two Latin letters: "张伟" is 张, "Emma Lindqvist" EL."""
    words = [word for word in name.replace("-", " ").split() if word[:1].isalnum()]
    if not words:
        return "·"
    if not words[0][0].isascii():
        return words[0][0]
    latin = [word[0] for word in words if word[0].isascii()]
    return "".join([latin[0], *latin[1:][-1:]]).upper()


def tone(key: str) -> str:
    """Return the colour of a name; the same in every process and on every day."""
    return TONES[zlib.crc32(key.encode()) % len(TONES)]


def face(name: str, *, company: bool = False) -> dict[str, object]:
    """Return who as parts/avatar.html draws it."""
    return {"name": name, "initials": initials(name), "tone": tone(name), "org": company}
