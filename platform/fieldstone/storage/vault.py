"""Seals the values of secret fields, and finds them again by a keyed index."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import BindParameter, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator

from fieldstone.base.errors import FieldstoneError

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
SEALING: Final = b"fieldstone sealed values 1"


class SealError(FieldstoneError):
    """A sealed value cannot be opened: it was moved, altered, or sealed with another key."""


class Vault:
    """AES-256-GCM with keys derived from the installation's secret key.

    The place of a value (table, column, record) is authenticated with it, so that a sealed value
    copied to another place does not open. Each sealed value names its key.
    """

    def __init__(self, secret_key: str, old_secret_key: str = "") -> None:
        """Derive the keys; an empty secret key is refused. What the old one sealed opens, but is not found by its value."""
        if not secret_key:
            raise ValueError("secret_key is empty")
        key = _derived(secret_key, SEALING)
        self._index_key = _derived(secret_key, b"fieldstone blind index 1")
        self._cipher = AESGCM(key)
        self.key_id = _key_id(key)
        self._ciphers = {self.key_id: self._cipher}
        if old_secret_key:
            old = _derived(old_secret_key, SEALING)
            self._ciphers.setdefault(_key_id(old), AESGCM(old))

    def sealed(self, value: str, place: str) -> str:
        """Return `value` sealed for `place`."""
        nonce = os.urandom(NONCE_BYTES)
        body = self._cipher.encrypt(nonce, value.encode(), place.encode())
        return f"{self.key_id}.{base64.b64encode(nonce + body).decode()}"

    def opened(self, sealed: str, place: str) -> str:
        """Return what was sealed for `place`; raises SealError."""
        key_id, _, body = sealed.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealError(f"sealed with key {key_id!r}; this installation has {self.key_id!r}")
        raw = base64.b64decode(body)
        try:
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
        except InvalidTag as error:
            raise SealError(f"the sealed value at {place} was moved or altered") from error

    def is_present(self, sealed: str) -> bool:
        """Tell whether a value was sealed with the present key."""
        return sealed.startswith(f"{self.key_id}.")

    def blinded(self, value: str) -> str:
        """Return the keyed fingerprint by which equal values are found."""
        return hmac.new(self._index_key, value.encode(), hashlib.sha256).hexdigest()


class BlindText(TypeDecorator[str]):
    """The fingerprint column beside a sealed one: comparing it with a plain text compares fingerprints."""

    impl = Text
    # Compiled statements are kept by engine, and an engine has one vault: the key need not name it.
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Compares with the fingerprint of a text that was bound as a text."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Let a bound value take this column's type, so that it becomes a fingerprint."""
            return super().operate(op, *(self._blinded(one) for one in other), **kwargs)

        def _blinded(self, other: Any) -> Any:
            if isinstance(other, list):
                return [self._blinded(one) for one in other]
            if isinstance(other, BindParameter) and not isinstance(other.type, BlindText):
                return bindparam(None, other.value, type_=self.type)
            return other

    comparator_factory = Comparator

    def __init__(self, vault: Vault) -> None:
        """Bind the column to the vault whose key makes the fingerprints."""
        super().__init__()
        self._vault = vault

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the fingerprint of the text that is looked for."""
        return None if value is None else self._vault.blinded(str(value))


def place_of(table: str, column: str, record_id: str) -> str:
    """Return the name of the one place where a sealed value opens."""
    return f"{table}/{column}/{record_id}"


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def _derived(secret_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(
        secret_key.encode()
    )
