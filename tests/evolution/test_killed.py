"""Whoever applies a change is killed at any point: the old revision is in force, or the new one, never a mixture."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from fieldstone.evolution.apply import Wish
from fieldstone.evolution.plan import Plan
from tests.evolution.world import Place, Process

SOURCE = Path(__file__).resolve().parents[2]
NOTE = {
    "title": "subject",
    "fields": {
        "subject": "text",
        "size": "text",
        "mood": {"type": "select", "options": {"bad": "Bad", "good": "Good"}},
    },
    "stages": {
        "pipelines": {"p": {"stages": {"new": "New", "open": "Open", "done": {"kind": "won"}}}}
    },
}
N = "objects.memo"
OLD = ("43", "good", "open")
NEW = (43, "fine", "new")


class KilledError(BaseException):
    """The process ends here; nothing above may catch it."""


class Reaper:
    """Ends the process before its n-th statement that is not a mere question."""

    def __init__(self, process: Process) -> None:
        self.left: int | None = None
        self.seen = 0
        self._writer = process.site.storage._writer
        event.listen(self._writer, "before_cursor_execute", self._look)
        event.listen(self._writer, "commit", self._commit)

    def _look(self, *told: Any) -> None:
        self._count(str(told[2]))

    def _commit(self, _: object) -> None:
        self._count("COMMIT")

    def _count(self, statement: str) -> None:
        if statement.startswith(("SELECT", "PRAGMA", "SET")):
            return
        self.seen += 1
        if self.left is not None and self.seen > self.left:
            raise KilledError

    def apply(self, process: Process, planned: Plan, left: int | None) -> bool:
        """Apply, or be killed after `left` statements; tell whether it was done."""
        self.left, self.seen = left, 0
        try:
            process.changing.apply(process.ctx, planned, Wish("a test", second_word=True))
        except KilledError:
            self._writer.dispose()
            return False
        finally:
            self.left = None
        return True


def everything_changes(process: Process) -> Plan:
    documents = process.documents.renamed(f"{N}.fields.mood.options.good".split("."), "fine")
    documents = documents.without(f"{N}.stages.pipelines.p.stages.open".split("."))
    documents = documents.with_value(f"{N}.fields.size.type".split("."), "integer")
    documents = documents.with_value(
        f"{N}.fields.color".split("."), {"type": "text", "indexed": True}
    )
    documents = documents.with_value(("objects", "visit"), {"fields": {"name": "text"}})
    return process.changing.plan(process.ctx, documents)


def a_memo(process: Process) -> str:
    process.apply((N, NOTE))
    one = process.write("memo", subject="A", size="43", mood="good")
    process.write("memo", one, stage="open")
    return one


def state(process: Process, one: str) -> tuple[int, tuple[Any, ...]]:
    """Return the revision in force and what a process that starts now sees of the record."""
    number = process.changing.workshop.current()[0]
    found = process.read("memo", one)
    return number, (found["size"], found["mood"], found["stage"])


def test_at_every_statement_of_an_apply_a_kill_leaves_the_old_revision_or_the_new_one(
    place: Place, process: Process
) -> None:
    one = a_memo(process)
    reaper = Reaper(process)
    planned = everything_changes(process)
    done, left = False, 0
    while not done:
        done = reaper.apply(process, planned, left)
        left += 1
        process.look()
        assert state(process, one) in ((1, OLD), (2, NEW)), left
        # Once it is in force, indexes of busy tables may still be missing: the next start builds them.
        done = done or state(process, one)[0] == 2
        assert ("visit" in process.site.model.objects) == done
        assert left < 500

    assert left > 20
    fresh = place.process()
    assert state(fresh, one) == (2, NEW)
    fresh.rollback(1, second_word=True)
    assert state(fresh, one) == (3, OLD)


PROGRAM = """
import os, signal, sys, threading
from pathlib import Path
from tests.evolution.test_killed import everything_changes
from tests.evolution.world import Place
from fieldstone.evolution.apply import Wish
place = Place(sys.argv[1], Path(sys.argv[2]))
process = place.process()
planned = everything_changes(process)
print("ready", flush=True)
sys.stdin.readline()
process.changing.apply(process.ctx, planned, Wish("killed", second_word=True))
print("done", flush=True)
"""


@pytest.mark.parametrize("after", [0.01, 0.05, 0.15])
def test_a_process_that_is_really_killed_leaves_the_old_revision_or_the_new_one(
    place: Place, process: Process, after: float
) -> None:
    one = a_memo(process)
    environment = {**os.environ, "PYTHONPATH": f"{SOURCE / 'platform'}:{SOURCE}"}
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, place.url, str(place.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.stdin.write("go\n")
    running.stdin.flush()
    try:
        running.wait(after)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdin.close()
    running.stdout.close()

    fresh = place.process()
    assert state(fresh, one) in {(1, OLD), (2, NEW)}
    if state(fresh, one)[0] == 1:
        fresh.changing.apply(fresh.ctx, everything_changes(fresh), Wish("again", second_word=True))
    assert state(fresh, one) == (2, NEW)
