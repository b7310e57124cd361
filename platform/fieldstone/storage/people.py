"""How people and programs prove who they are: passwords, sessions, tokens and failed attempts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Index,
    Select,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.storage.answers import Answer
from fieldstone.storage.platform_tables import PLATFORM, instant, json, text, upserting
from fieldstone.storage.prepared import Prepared

Ask = Callable[[Prepared, Mapping[str, object]], Answer]
"""Puts one question to the database, as every request does before anything else."""

fs_credential: Final = Table(
    "fs_credential",
    PLATFORM,
    text("user", key=True),
    text("password_hash", null=False),
    instant("changed_at", null=False),
)

fs_session: Final = Table(
    "fs_session",
    PLATFORM,
    text("hash", key=True),  # of the cookie: who reads this table cannot log in with it
    text("user", null=False),
    instant("created_at", null=False),
    instant("seen_at", null=False),
    instant("expires_at", null=False),
    text("address"),
    text("device"),
    text("csrf"),
    Index("ix_fs_session_user", "user"),
)

fs_token: Final = Table(
    "fs_token",
    PLATFORM,
    text("id", key=True),
    text("hash", null=False),
    text("user", null=False),
    text("name"),
    json("grants"),  # NULL: everything the user's roles allow
    instant("created_at", null=False),
    instant("used_at"),
    instant("expires_at"),
    instant("revoked_at"),
    UniqueConstraint("hash", name="ux_fs_token_hash"),
    Index("ix_fs_token_user", "user"),
)

fs_login_attempt: Final = Table(
    "fs_login_attempt",
    PLATFORM,
    text("id", key=True),
    text("subject", null=False),  # "email:..." or "address:..."
    instant("at", null=False),
    Index("ix_fs_login_attempt_subject", "subject", "at"),
)


@dataclass(frozen=True)
class Session:
    """A signed-in browser."""

    hash: str
    user: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    device: str
    csrf: str
    user_version: int | None = None  # of the person's record; None: not looked for, or gone


@dataclass(frozen=True)
class Token:
    """A key for programs; `grants` None is everything its person may."""

    id: str
    user: str
    name: str
    grants: frozenset[str] | None
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    user_version: int | None = None  # as with sessions


class People:
    """Credentials, sessions and tokens within one connection."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        """Work through `connection`."""
        self._connection = connection
        self._dialect = dialect

    def password_hash(self, user: str) -> str | None:
        """Return the hash of a person's password, None when they have none."""
        asked = select(fs_credential.c.password_hash).where(fs_credential.c.user == user)
        found: str | None = self._connection.execute(asked).scalar()
        return found

    def set_password_hash(self, user: str, password_hash: str, now: datetime) -> None:
        """Keep the hash of a new password."""
        adding = upserting(fs_credential, self._dialect).values(
            user=user, password_hash=password_hash, changed_at=now
        )
        fresh = {"password_hash": password_hash, "changed_at": now}
        self._connection.execute(adding.on_conflict_do_update(index_elements=["user"], set_=fresh))

    def open_session(self, session: Session) -> None:
        """Keep a new session."""
        values = {name: getattr(session, name) for name in _SESSION_NAMES}
        self._connection.execute(insert(fs_session).values(**values))

    def touch_session(self, hash_of_cookie: str, seen_at: datetime, expires_at: datetime) -> None:
        """Note that a session was used."""
        used = update(fs_session).where(fs_session.c.hash == hash_of_cookie)
        self._connection.execute(used.values(seen_at=seen_at, expires_at=expires_at))

    def close_sessions(self, user: str, *, but: str = "") -> int:
        """End all sessions of a person but one; return how many."""
        mine = delete(fs_session).where(fs_session.c.user == user, fs_session.c.hash != but)
        return self._connection.execute(mine).rowcount

    def close_session(self, hash_of_cookie: str) -> None:
        """End one session."""
        self._connection.execute(delete(fs_session).where(fs_session.c.hash == hash_of_cookie))

    def add_token(self, token: Token, hash_of_token: str) -> None:
        """Keep a new token; only its hash is stored."""
        grants = None if token.grants is None else sorted(token.grants)
        self._connection.execute(
            insert(fs_token).values(
                id=token.id,
                hash=hash_of_token,
                user=token.user,
                name=token.name,
                grants=grants,
                created_at=token.created_at,
                expires_at=token.expires_at,
            )
        )

    def tokens_of(self, user: str) -> tuple[Token, ...]:
        """Return all tokens of a person, newest first."""
        asked = select(*_TOKEN).where(fs_token.c.user == user).order_by(fs_token.c.id.desc())
        return tuple(_token(row) for row in self._connection.execute(asked))

    def token_used(self, token_id: str, now: datetime) -> None:
        """Note that a token was used."""
        self._connection.execute(
            update(fs_token).where(fs_token.c.id == token_id).values(used_at=now)
        )

    def revoke_token(self, token_id: str, user: str, now: datetime) -> bool:
        """End a token of a person; False when there is none."""
        mine = update(fs_token).where(
            fs_token.c.id == token_id, fs_token.c.user == user, fs_token.c.revoked_at.is_(None)
        )
        return self._connection.execute(mine.values(revoked_at=now)).rowcount == 1

    def note_failure(self, subjects: Iterable[str], now: datetime) -> None:
        """Count a failed log-in against an address and an e-mail."""
        rows = [{"id": new_id(), "subject": subject, "at": now} for subject in subjects]
        if rows:
            self._connection.execute(insert(fs_login_attempt), rows)

    def failures(self, subject: str, since: datetime) -> int:
        """Return how many log-ins failed since an instant."""
        asked = select(func.count()).where(
            fs_login_attempt.c.subject == subject, fs_login_attempt.c.at >= since
        )
        return int(self._connection.execute(asked).scalar_one())

    def forget_failures(self, subject: str) -> None:
        """Begin anew after a successful log-in."""
        self._connection.execute(
            delete(fs_login_attempt).where(fs_login_attempt.c.subject == subject)
        )


_SESSION_NAMES = (
    "hash",
    "user",
    "created_at",
    "seen_at",
    "expires_at",
    "address",
    "device",
    "csrf",
)
_TOKEN = tuple(
    fs_token.c[name]
    for name in (
        "id",
        "user",
        "name",
        "grants",
        "created_at",
        "used_at",
        "expires_at",
        "revoked_at",
    )
)
_SESSION_BY_HASH = select(*(fs_session.c[name] for name in _SESSION_NAMES)).where(
    fs_session.c.hash == bindparam("hash")
)
_TOKEN_BY_HASH = select(*_TOKEN).where(fs_token.c.hash == bindparam("hash"))


def session_behind(
    ask: Ask, hash_of_cookie: str, now: datetime, users: Table | None = None
) -> Session | None:
    """Return the session of a cookie, None when it never was, ended or expired."""
    asked = _with_version(_SESSION_BY_HASH, fs_session, users)
    rows = ask(asked, {"hash": hash_of_cookie}).rows()
    found = Session(*rows[0]) if rows else None
    return found if found is not None and found.expires_at > now else None


def token_behind(
    ask: Ask, hash_of_token: str, now: datetime, users: Table | None = None
) -> Token | None:
    """Return a token that is good at `now`, by its hash; with the table of `users` also its user's version."""
    asked = _with_version(_TOKEN_BY_HASH, fs_token, users)
    rows = ask(asked, {"hash": hash_of_token}).rows()
    found = _token(rows[0]) if rows else None
    if found is None or found.revoked_at is not None:
        return None
    return found if found.expires_at is None or found.expires_at > now else None


@lru_cache(maxsize=16)
def _with_version(asked: Select[Any], of: Table, users: Table | None) -> Prepared:
    """Return the statement with the version of the user's record, so that one look tells who asks."""
    if users is None:
        return Prepared(asked)
    theirs = (users.c.id == of.c.user) & users.c.deleted_at.is_(None)
    version = users.c.version.label("user_version")
    return Prepared(asked.add_columns(version).select_from(of.outerjoin(users, theirs)))


def _token(row: Sequence[Any]) -> Token:
    values: list[Any] = list(row)
    grants = None if values[3] is None else frozenset(values[3])
    return Token(values[0], values[1], values[2] or "", grants, *values[4:])
