"""Text as it is kept: NFC, without characters that a database or a terminal cannot bear."""

from __future__ import annotations

import re
import unicodedata

# C0 controls but tab and line feed, DEL, C1 controls, lone surrogates.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(raw: str) -> str:
    """Return `raw` in NFC with CRLF as LF; raises ValueError naming a forbidden character."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    bad = FORBIDDEN.search(text)
    if bad:
        raise ValueError(f"U+{ord(bad.group()):04X}")
    return text
