"""Plays the tests of a template on an empty site of its own, before anything of it comes into force."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fieldstone.actions.scripts.playing import Play, Theatre
from fieldstone.actions.scripts.reading import Test
from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.settings import Settings
from fieldstone.base.workdays import ALWAYS, parse_span
from fieldstone.evolution.bring_up import bring_up
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.model.site_model import Model
from fieldstone.site import Site, Vocabulary
from fieldstone.storage.database import Storage
from fieldstone.storage.due_timers import DueTimers
from fieldstone.storage.notices import Notices
from fieldstone.worker.turns import inside, long_work, work_until_idle

MOST_NOTICES = 1000
SECRET = "0" * 32


@dataclass(frozen=True)
class Played:
    """What came of one test: no problems if all is well."""

    code: str
    place: str
    problems: tuple[Problem, ...]


class Clock:
    """Business time of a test, which only `wait` moves."""

    def __init__(self, now: datetime) -> None:
        """Stand still at `now`."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the instant."""
        return self.now


def play_tests(
    settings: Settings,
    words: Vocabulary,
    model: Model,
    tests: Sequence[Test],
    heard: Callable[[Played], None] = lambda played: None,
) -> tuple[Played, ...]:
    """Play `tests` on `model`, each on an empty SQLite database; `heard` is called after each one."""
    results = []
    with tempfile.TemporaryDirectory(prefix="fieldstone-test-") as folder:
        empty = Path(folder) / "empty.db"
        storage = _storage(empty)
        model, _ = bring_up(storage, model, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
        storage.close()
        for n, test in enumerate(tests):
            here = Path(folder) / f"{n}.db"
            for suffix in ("", "-wal"):
                if Path(f"{empty}{suffix}").exists():
                    shutil.copy(f"{empty}{suffix}", f"{here}{suffix}")
            played = Played(test.code, test.place, _play(settings, words, model, test, here))
            results.append(played)
            heard(played)
    return tuple(results)


def trial_problems(
    settings: Settings, words: Vocabulary, model: Model, tests: Sequence[Test]
) -> tuple[Problem, ...]:
    """Return everything that came out otherwise than the tests expect."""
    return tuple(p for played in play_tests(settings, words, model, tests) for p in played.problems)


def _storage(file: Path) -> Storage:
    return Storage(f"sqlite:///{file}", secret_key=SECRET)


def _play(
    settings: Settings, words: Vocabulary, model: Model, test: Test, file: Path
) -> tuple[Problem, ...]:
    now = _instant(test.now)
    if now is None:
        text = f"{test.now!r} is no instant with a zone."
        cure = "Write for example 2026-03-02T10:00+08:00."
        return (Problem("bad_now", f"{test.place}  {test.code}.now", text, cure),)
    storage, clock = _storage(file), Clock(now)
    try:
        inner = replace(settings, database_url=f"sqlite:///{file}", redis_url=None, mail_host=None)
        site = Site(inner, words, storage, model, clock, TableQueue(storage))
        return Play(_theatre(site, clock), test, settings.time_zone).run()
    except MetadataError as error:
        return tuple(error.problems)
    finally:
        storage.close()


def _next_due(site: Site, end: datetime) -> datetime | None:
    with site.storage.looking() as connection:
        seen = DueTimers(connection).seen(end, 1)
    return seen[0].timer.due if seen else None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _theatre(site: Site, clock: Clock) -> Theatre:
    def wait(span: str) -> None:
        end = ALWAYS.after(clock.now, parse_span(span))
        # From one due instant to the next, as it would be where somebody is always at work.
        while (coming := _next_due(site, end)) is not None:
            clock.now = max(clock.now, coming)
            if not work_until_idle(site, (inside, long_work)):
                break
        clock.now = end
        work_until_idle(site, (inside, long_work))

    def told(person: str) -> int:
        work_until_idle(site, (inside,))
        with site.storage.looking() as connection:
            notices = Notices(connection, site.storage.dialect, clock.now)
            return len(notices.of(person, MOST_NOTICES))

    actions = site.vocabulary.actions
    return Theatre(site.model, site.reads, site.writes, site.actors, actions, clock, wait, told)
