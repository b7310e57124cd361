"""Record ids: UUID version 7, so that ids sort by time of creation (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import re
import threading
import time

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0
_CHANCE = 4096  # random bytes fetched at once: a batch makes thousands of ids
_chance: list[bytes] = []


def _share_no_chance() -> None:
    """Let a process that was split off fetch random bytes of its own."""
    _chance.clear()


os.register_at_fork(after_in_child=_share_no_chance)


def new_id() -> str:
    """Return a new UUIDv7 as 36 lower-case characters; later calls sort after earlier ones."""
    global _last  # noqa: PLW0603 - the one counter that keeps ids of one millisecond in order
    with _lock:
        # 48 bits of milliseconds, then 12 bits of a sub-millisecond fraction.
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = ticks if ticks > _last else _last + 1
        stamp = _last
        if not _chance:
            fetched = os.urandom(_CHANCE)
            _chance.extend(fetched[at : at + 8] for at in range(0, _CHANCE, 8))
        drawn = _chance.pop()
    milliseconds, fraction = stamp >> 12, stamp & 0xFFF
    random = int.from_bytes(drawn) & 0x3FFF_FFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: object) -> bool:
    """Tell whether `text` has the shape of a record id."""
    return isinstance(text, str) and ID.fullmatch(text) is not None
