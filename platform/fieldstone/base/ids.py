"""Record ids: UUID version 7, so that ids sort by time of creation (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0
_AT_ONCE = 256
_tails: list[str] = []  # ready ends of ids: a batch makes thousands, and asks for chance seldom


def _share_no_chance() -> None:
    """Let a process that was split off draw its own."""
    _tails.clear()


os.register_at_fork(after_in_child=_share_no_chance)


def new_id() -> str:
    """Return a new UUIDv7 as 36 lower-case characters; later calls sort after earlier ones."""
    global _last  # noqa: PLW0603 - the one counter that keeps ids of one millisecond in order
    with _lock:
        # 48 bits of milliseconds, then 12 bits of a sub-millisecond fraction.
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = ticks if ticks > _last else _last + 1
        stamp = f"{_last:015x}"
        if not _tails:
            _tails.extend(_drawn())
        tail = _tails.pop()
    return f"{stamp[:8]}-{stamp[8:12]}-7{stamp[12:]}-{tail}"


def _drawn() -> Iterator[str]:
    """Yield the variant and 62 random bits of some ids, as text."""
    drawn = os.urandom(8 * _AT_ONCE).hex()
    for at in range(0, len(drawn), 16):
        variant = "89ab"[int(drawn[at], 16) & 3]
        yield f"{variant}{drawn[at + 1 : at + 4]}-{drawn[at + 4 : at + 16]}"


def is_id(text: object) -> bool:
    """Tell whether `text` has the shape of a record id."""
    return isinstance(text, str) and ID.fullmatch(text) is not None
