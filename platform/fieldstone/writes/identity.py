"""Who somebody is: passwords, sessions of browsers, tokens of programs. Only hashes of secrets are kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.passwords import LONGEST, SHORTEST, password_fits, password_hash
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.people import People, Session, Token, session_behind, token_behind

SESSION_LIFE: Final = timedelta(days=14)
# A session is touched at most this often, so that reading pages does not write to the database.
TOUCH_EVERY: Final = timedelta(minutes=10)
FAILURE_WINDOW: Final = timedelta(minutes=15)
TOKEN_PREFIX: Final = "fs_"  # noqa: S105 - what every token begins with, so that scanners find leaked ones


@dataclass(frozen=True)
class Opened:
    """A new session: the cookie's secret, and the value that forms and scripts must send back."""

    cookie: str
    csrf: str
    expires_at: datetime


class Identity:
    """Passwords, sessions and tokens of one site."""

    def __init__(self, storage: Storage, login_attempts: int) -> None:
        """Keep them in `storage`; more than `login_attempts` failures in a quarter of an hour must wait."""
        self._storage = storage
        self._attempts = login_attempts

    def set_password(self, user_id: str, password: str, now: datetime) -> None:
        """Keep a new password and end all sessions. Raises RefusedError for one too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            text = f"A password has {SHORTEST} to {LONGEST} characters."
            raise RefusedError([Problem("password", "password", text, "Choose another one.")])
        hashed = password_hash(password)
        with self._storage.connection() as connection:
            people = People(connection, self._storage.dialect)
            people.set_password_hash(user_id, hashed, now)
            people.close_sessions(user_id)

    def wait_for(self, email: str, address: str, now: datetime) -> int:
        """Return the seconds before another log-in may be tried, 0 when it may be now."""
        with self._storage.looking() as connection:
            people = People(connection, self._storage.dialect)
            since = now - FAILURE_WINDOW
            failed = max(
                people.failures(f"user:{email}", since),
                people.failures(f"at:{address}", since) // 4,
            )
        return 0 if failed < self._attempts else min(900, 30 * 2 ** (failed - self._attempts))

    def fits(
        self, user_id: str | None, email: str, password: str, address: str, now: datetime
    ) -> bool:
        """Tell whether the password is right, and count a failure when it is not."""
        with self._storage.looking() as connection:
            kept = (
                People(connection, self._storage.dialect).password_hash(user_id)
                if user_id
                else None
            )
        fits = password_fits(kept, password)
        with self._storage.connection() as connection:
            people = People(connection, self._storage.dialect)
            if fits:
                people.forget_failures(f"user:{email}")
            else:
                people.note_failure((f"user:{email}", f"at:{address}"), now)
        return fits

    def open_session(self, user_id: str, address: str, device: str, now: datetime) -> Opened:
        """Open a session for a browser."""
        cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        opened = Opened(cookie, csrf, now + SESSION_LIFE)
        session = Session(
            _hash(cookie), user_id, now, now, opened.expires_at, address, device[:200], csrf
        )
        with self._storage.connection() as connection:
            People(connection, self._storage.dialect).open_session(session)
        return opened

    def session(self, cookie: str, now: datetime, model: Model) -> Session | None:
        """Return the session behind a cookie, None when there is none (any more)."""
        hashed, users = _hash(cookie), self._storage.users(model)
        found = session_behind(self._storage.answer, hashed, now, users)
        if found is not None and now - found.seen_at > TOUCH_EVERY:
            with self._storage.connection() as connection:
                people = People(connection, self._storage.dialect)
                people.touch_session(hashed, now, now + SESSION_LIFE)
        return found

    def close_session(self, cookie: str) -> None:
        """End the session behind a cookie."""
        with self._storage.connection() as connection:
            People(connection, self._storage.dialect).close_session(_hash(cookie))

    def make_token(
        self,
        user_id: str,
        name: str,
        now: datetime,
        grants: frozenset[str] | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """Make a token for programs and return it; it cannot be read again later."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = Token(new_id(), user_id, name, grants, now, None, expires_at, None)
        with self._storage.connection() as connection:
            People(connection, self._storage.dialect).add_token(token, _hash(secret))
        return secret

    def token(self, secret: str, now: datetime, model: Model) -> Token | None:
        """Return the token behind what a program sent, None for one that is not good."""
        users = self._storage.users(model)
        return token_behind(self._storage.answer, _hash(secret), now, users)

    def tokens_of(self, user_id: str) -> tuple[Token, ...]:
        """Return the tokens of a person, newest first."""
        with self._storage.looking() as connection:
            return People(connection, self._storage.dialect).tokens_of(user_id)

    def revoke_token(self, token_id: str, user_id: str, now: datetime) -> bool:
        """End a token of a person; False when there is none."""
        with self._storage.connection() as connection:
            return People(connection, self._storage.dialect).revoke_token(token_id, user_id, now)


def _hash(secret: str) -> str:
    """Return what is kept of a secret; it has 256 random bits, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()
