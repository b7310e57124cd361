"""Posts bytes to one checked address: no redirect, no proxy, no longer than the time allowed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

SECONDS: Final = 10.0
LONGEST_ANSWER: Final = 64 * 1024
PORTS: Final = {"https": 443, "http": 80}


class PostError(Exception):
    """The post did not come to an answer."""


@dataclass(frozen=True)
class Target:
    """A URL taken apart."""

    secure: bool
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Return what a URL points to. Raises ValueError for anything but a plain http or https URL."""
    if any(ord(character) <= ord(" ") or character == "\x7f" for character in url):
        raise ValueError("the URL holds white space")
    parts: SplitResult = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("this is not an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL holds a password")
    host = (
        parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise ValueError("the URL holds characters that must be escaped")
    return Target(parts.scheme == "https", host, parts.port or PORTS[parts.scheme], path)


def post(
    target: Target, address: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str]]:
    """Post and return status and headers, by lower-case name. Raises PostError.

    The connection goes to `address`, whatever the name resolves to by now; the certificate must be the name's.
    """
    status, answered, _ = _asked("POST", target, address, body, headers)
    return status, answered


def fetch(target: Target, address: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Get and return status and the beginning of the body, up to 64 KB. Raises PostError. See `post`."""
    status, _, body = _asked("GET", target, address, None, headers)
    return status, body


def _asked(
    verb: str, target: Target, address: str, body: bytes | None, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], bytes]:
    connection = _Pinned(target, address)
    # A time-out of the socket alone lets a server keep us for ever, one byte at a time.
    end = threading.Timer(SECONDS, connection.cut)
    end.daemon = True
    end.start()
    try:
        connection.request(verb, target.path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        answered = answer.read(LONGEST_ANSWER)
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        raise PostError(type(error).__name__) from error
    finally:
        end.cancel()
        connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answered


class _Pinned(http.client.HTTPConnection):
    """A connection to one address on behalf of a host name."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self._target = target
        self._address = address

    def connect(self) -> None:
        """Connect to the pinned address."""
        plain = socket.create_connection((self._address, self._target.port), SECONDS)
        self.sock = plain
        if self._target.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self._target.host)

    def cut(self) -> None:
        """End the connection from another thread."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
