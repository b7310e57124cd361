"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress

# Below the ports that systems give to outgoing connections: one of those may otherwise have the port of a server that
# was killed when the server starts again.
FIRST, LAST = 10_000, 32_000


def free_port() -> int:
    """Return a port on 127.0.0.1 that nothing listens on and no outgoing connection will take."""
    chance = random.SystemRandom()
    while True:
        port = chance.randint(FIRST, LAST)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(ready: Callable[[], bool], *, seconds: float) -> bool:
    """Ask `ready` again and again until it says yes or the time is over; return its last word."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
