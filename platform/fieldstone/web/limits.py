"""How often somebody may ask: bad tokens by address, requests by token; counted in each process."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import Final

from fieldstone.base.errors import Problem, RefusedError

WINDOW: Final = 60.0
BAD_TOKENS: Final = 30
MOST_KNOWN: Final = 10_000


class TooManyError(RefusedError):
    """Somebody asks too often; `seconds` says when the next try may be."""

    def __init__(self, what: str, seconds: int) -> None:
        cure = f"Wait {seconds} seconds; the header Retry-After says so, too."
        super().__init__([Problem("too_many_requests", "Authorization", what, cure)], 429)
        self.seconds = seconds


class Meter:
    """Counts events by key in windows of a minute."""

    def __init__(self, limit: int) -> None:
        """Allow `limit` events in a minute."""
        self._limit = limit
        self._lock = threading.Lock()
        self._counts: dict[Hashable, tuple[float, int]] = {}

    def count(self, key: Hashable) -> None:
        """Note one event."""
        now = time.monotonic()
        with self._lock:
            began, count = self._counts.get(key, (now, 0))
            if now - began >= WINDOW:
                began, count = now, 0
            if len(self._counts) >= MOST_KNOWN and key not in self._counts:
                self._counts.clear()
            self._counts[key] = (began, count + 1)

    def wait(self, key: Hashable) -> int:
        """Return the seconds to wait, 0 while the limit is not reached."""
        began, count = self._counts.get(key, (0.0, 0))
        left = began + WINDOW - time.monotonic()
        return max(1, int(left)) if count >= self._limit and left > 0 else 0


class Limits:
    """The meters of one application."""

    def __init__(self, requests_per_minute: int) -> None:
        """Allow a token so many requests in a minute and process."""
        self._bad = Meter(BAD_TOKENS)
        self._requests = Meter(requests_per_minute)

    def before_token(self, address: str) -> None:
        """Refuse an address that tried too many bad tokens. Raises TooManyError."""
        if seconds := self._bad.wait(address):
            raise TooManyError("Too many bad tokens came from this address.", seconds)

    def bad_token(self, address: str) -> None:
        """Count a bad token."""
        self._bad.count(address)

    def good_token(self, token_id: str) -> None:
        """Count a request of a token. Raises TooManyError above the limit."""
        if seconds := self._requests.wait(token_id):
            raise TooManyError("This token asks more often than it may.", seconds)
        self._requests.count(token_id)
