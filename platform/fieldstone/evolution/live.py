"""Which revision a process serves: found at the start, looked at again and again, never worse than the last good one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.workshop import Workshop
from fieldstone.model.site_model import Model
from fieldstone.storage.errors import StorageError
from fieldstone.storage.revisions import Revisions

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.4
"""How long a process goes on without asking; together with compiling it stays below a second."""
TRIED: Final = 20
"""How many revisions back a process looks for a good one."""


@dataclass(frozen=True)
class Found:
    """A revision that compiles. When it is not the one in force, `problems` say what is wrong with that one."""

    revision: int
    model: Model
    wanted: int
    problems: tuple[Problem, ...] = ()


def last_good(workshop: Workshop) -> Found:
    """Return the revision in force, or the newest before it that compiles: a wrong document stops no server.

    Raises MetadataError when the layers below the site's own do not compile by themselves.
    """
    wanted, documents = workshop.current()
    problems: tuple[Problem, ...] = ()
    for number in (*range(wanted, max(wanted - TRIED, 0), -1), 0):
        try:
            if number != wanted:
                documents = workshop.documents(number)
            model = workshop.model(documents)
        except MetadataError as error:
            if number == 0:
                raise MetadataError(problems or error.problems) from None
            problems = problems or error.problems
            continue
        if problems:
            said = [f"{one.path}: {one.message} {one.cure}" for one in problems]
            log.error("revision is broken", wanted=wanted, served=number, problems=said)
        return Found(number, model, wanted, problems)
    raise AssertionError("revision 0 is always tried")


class Live:
    """Follows the revision in force for one process; `look` is cheap and never raises."""

    def __init__(self, workshop: Workshop, found: Found, publish: Callable[[Model], None]) -> None:
        """Follow from `found` on; every newer model goes to `publish`."""
        self.workshop = workshop
        self.found = found
        self._publish = publish
        self._lock = threading.Lock()
        self._next = 0.0

    def look(self) -> None:
        """Take over a newer revision, if there is one and nobody is about it: others go on meanwhile."""
        if time.monotonic() < self._next or not self._lock.acquire(blocking=False):
            return
        try:
            self._look()
        except StorageError as error:
            log.warning("revision not looked at", error=type(error).__name__)
        finally:
            self._next = time.monotonic() + LOOK_SECONDS
            self._lock.release()

    def look_now(self) -> None:
        """Look, however short ago that was."""
        self._next = 0.0
        self.look()

    def take(self, number: int, documents: Documents, model: Model) -> None:
        """Serve a revision that this process has just put into force itself."""
        del documents
        with self._lock:
            if number > self.found.wanted:
                self._serve(Found(number, model, number))

    def _look(self) -> None:
        with self.workshop.storage.looking() as connection:
            wanted = Revisions(connection).current()
        if wanted == self.found.wanted:
            return
        try:
            found = last_good(self.workshop)
        except MetadataError:
            log.exception("no revision compiles: the last good model stays")
            return
        storage = self.workshop.storage
        versions = storage.rule_versions(found.model, self.workshop.clock())
        self._serve(
            Found(
                found.revision,
                found.model.with_rule_versions(versions),
                found.wanted,
                found.problems,
            )
        )

    def _serve(self, found: Found) -> None:
        self._publish(found.model)
        self.found = found
        log.info("revision served", revision=found.revision, digest=found.model.digest[:12])
