"""Sends requests over a few open connections as fast as the server answers, and counts."""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """What came back in `seconds`."""

    answers: int
    seconds: float
    statuses: dict[int, int]
    bytes: int

    @property
    def per_second(self) -> float:
        """Return requests per second."""
        return self.answers / self.seconds


class _Line:
    """One connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = bytearray()

    def read(self) -> int | None:
        """Take what has come; return the status of a whole answer, None while it is not whole."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.got += part
        return self.finished()

    def finished(self) -> int | None:
        """Return the status of a whole answer, None while it is not whole."""
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            return None
        lower = bytes(self.got[:head]).lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        return int(lower[9:12]) if len(self.got) >= head + 4 + length else None


def load(port: int, requests: Iterator[bytes], seconds: float, connections: int = 8) -> Score:
    """Keep `connections` requests under way for `seconds`; bounded in time, and stops by itself."""
    selector = selectors.DefaultSelector()
    lines: list[_Line] = []
    for _ in range(connections):  # each has something to ask when it comes, as a client has
        line = _Line(port)
        line.socket.sendall(next(requests))
        selector.register(line.socket, selectors.EVENT_READ, line)
        lines.append(line)
    began, count, size, statuses = time.perf_counter(), 0, 0, Counter[int]()
    until, under_way = began + seconds, len(lines)
    while under_way:
        ready = selector.select(20)
        if not ready:
            raise TimeoutError("the server has stopped answering")
        for key, _ in ready:
            line: _Line = key.data
            status = line.read()
            if status is None:
                continue
            count, size = count + 1, size + len(line.got)
            statuses[status] += 1
            line.got = bytearray()
            if time.perf_counter() < until:
                line.socket.sendall(next(requests))
            else:
                under_way -= 1
    taken = time.perf_counter() - began
    for line in lines:
        selector.unregister(line.socket)
        line.socket.close()
    return Score(count, taken, dict(statuses), size)


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """Return one request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
