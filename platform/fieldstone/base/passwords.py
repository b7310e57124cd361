"""Passwords are kept as Argon2id hashes; how many are worked out at once is limited, for each takes 64 MiB."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106, second recommended option: 64 MiB, three passes; one lane because the server has few cores.
_hasher: Final = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)
_at_once: Final = BoundedSemaphore(4)
SHORTEST: Final = 8
LONGEST: Final = 256
# Checked when there is no such person, so that the answer takes as long as for one who is there.
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$"
    "RdescudvJCsgt3ub+b+dWRWJTmaasRzeBzlaqaH4XlE"
)


def password_hash(password: str) -> str:
    """Return the hash to keep for a password."""
    with _at_once:
        return _hasher.hash(password)


def password_fits(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one behind the kept hash; it takes as long when there is none."""
    with _at_once:
        try:
            _hasher.verify(kept or _NOBODY, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None
