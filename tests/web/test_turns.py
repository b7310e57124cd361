"""On SQLite the requests of one process take turns, and nobody waits long for a slow one."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from fieldstone.web.turns import Turns


class Slow:
    """An application whose path /slow is answered when it is let go."""

    def __init__(self) -> None:
        self.began, self.let_go = threading.Event(), threading.Event()
        self.inside: list[str] = []

    def __call__(self, environ: dict[str, object], start_response: object) -> Iterable[bytes]:
        self.inside.append(str(environ["PATH_INFO"]))
        if environ["PATH_INFO"] == "/slow":
            self.began.set()
            self.let_go.wait(30)
        elif environ["PATH_INFO"] == "/broken":
            raise ValueError(environ["PATH_INFO"])
        start_response("200 OK", [])  # type: ignore[operator]
        return [b"done"]


def ask(turns: Turns, path: str, method: str = "GET") -> bytes:
    answer, _, _ = run_wsgi_app(turns, create_environ(path, method=method))
    return b"".join(answer)


def test_a_request_waits_until_the_one_before_it_is_answered() -> None:
    application = Slow()
    turns = Turns(application, patience=30)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, turns, "/slow")
        application.began.wait(30)
        second = pool.submit(ask, turns, "/quick")
        assert application.inside == ["/slow"]
        application.let_go.set()
        assert (first.result(30), second.result(30)) == (b"done", b"done")
    assert application.inside == ["/slow", "/quick"]


def test_who_has_waited_long_enough_is_answered_beside_a_slow_one() -> None:
    application = Slow()
    turns = Turns(application, patience=0.001)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, turns, "/slow")
        application.began.wait(30)
        assert ask(turns, "/quick") == b"done"
        assert not first.done()
        application.let_go.set()
        assert first.result(30) == b"done"


def test_a_request_that_fails_gives_its_turn_back() -> None:
    turns = Turns(Slow(), patience=30)
    for _ in range(2):
        with pytest.raises(ValueError, match="/broken"):
            ask(turns, "/broken")
    assert ask(turns, "/quick") == b"done"


def test_a_write_waits_for_no_reader() -> None:
    application = Slow()
    turns = Turns(application, patience=30)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, turns, "/slow")
        application.began.wait(30)
        assert ask(turns, "/written", "POST") == b"done"
        assert not first.done()
        application.let_go.set()
        assert first.result(30) == b"done"
