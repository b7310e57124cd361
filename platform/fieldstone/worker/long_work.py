"""Does the jobs of the table, one after the other, each under a lease that ends with its worker."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import structlog

from fieldstone.actions.adopting import RESCORE
from fieldstone.actions.applying import APPLY
from fieldstone.actions.applying import UNDO as UNDO_RULE_RUN
from fieldstone.actions.importing.desk import IMPORT, UNDO
from fieldstone.actions.long_work import words_for
from fieldstone.actions.merging.finding import FIND
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Effect
from fieldstone.site import Site
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.leased import jobs_of, outbox_of
from fieldstone.storage.queue import Job
from fieldstone.worker.applying import apply_rule, undo_rule_run
from fieldstone.worker.bulk_update import NAME as BULK_UPDATE
from fieldstone.worker.bulk_update import bulk_update
from fieldstone.worker.finding import find_duplicates
from fieldstone.worker.importing import import_records, undo_import
from fieldstone.worker.offboarding import NAME as OFFBOARD
from fieldstone.worker.offboarding import offboard
from fieldstone.worker.rescoring import rescore
from fieldstone.worker.runs import LEASE, JobLostError, Run, StoppingError, Work
from fieldstone.worker.settling import NAME as SETTLE
from fieldstone.worker.settling import settle

log = structlog.get_logger()

WORKS: Final[Mapping[str, Work]] = {
    APPLY: apply_rule,
    BULK_UPDATE: bulk_update,
    FIND: find_duplicates,
    IMPORT: import_records,
    UNDO: undo_import,
    OFFBOARD: offboard,
    RESCORE: rescore,
    SETTLE: settle,
    UNDO_RULE_RUN: undo_rule_run,
}
TRIES: Final = 8
TOLD: Final = 200
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)


def do_next_job(site: Site, stopping: threading.Event, works: Mapping[str, Work] = WORKS) -> bool:
    """Do the next job that is due; False when there is none."""
    with site.storage.connection() as connection:
        jobs = jobs_of(connection)
        job = jobs.take(LEASE)
        if job is None:
            return False
        progress = (jobs.status(job.id) or {}).get("progress") or {}
    log.info("job begun", job=job.id, name=job.name, attempt=job.attempts)
    if job.attempts > TRIES:
        _failed(site, job, f"its worker ended without a word, {TRIES} times", retry=False)
        return True
    _do(site, job, Run(site.storage, job, progress, stopping), works)
    return True


def jobs_due(site: Site) -> bool:
    """Tell whether a job waits."""
    with site.storage.looking() as connection:
        return jobs_of(connection).any_due()


def _do(site: Site, job: Job, run: Run, works: Mapping[str, Work]) -> None:
    work = works.get(job.name)
    if work is None:
        return _failed(site, job, f"there is no work called {job.name!r}", retry=False)
    try:
        with run:
            result = work(site, run)
    except JobLostError:
        log.warning("job lost to another worker", job=job.id)
    except StoppingError:
        _set_down(site, job)
    except RefusedError as refused:
        _failed(site, job, str(refused), retry=False)
    except Exception as error:
        # The worker's border: a job may fail in any way.
        log.exception("job failed", job=job.id, name=job.name)
        _failed(site, job, f"{type(error).__name__}: {error}", retry=True)
    else:
        _done(site, job, result)
    return None


def _done(site: Site, job: Job, result: Any) -> None:
    with site.storage.connection() as connection:
        jobs_of(connection).done(job, result)
    log.info("job done", job=job.id, name=job.name)


def _set_down(site: Site, job: Job) -> None:
    """Give a job back to the queue: the next worker goes on where this one stopped."""
    with site.storage.connection() as connection:
        jobs_of(connection).set_down(job)


def _failed(site: Site, job: Job, error: str, *, retry: bool) -> None:
    with site.storage.connection() as connection:
        wait = min(FIRST_WAIT * 2 ** min(job.attempts, TRIES), LONGEST_WAIT)
        again = database_now(connection) + wait if retry and job.attempts < TRIES else None
        mine = jobs_of(connection).failed(job, error, again)
        if mine and again is None:
            outbox_of(connection).add([_told(job, error)])


def _told(job: Job, error: str) -> tuple[str, str, Effect]:
    """Return the notification by which whoever asked for a job learns that nobody goes on with it by itself."""
    words = words_for(job.name)
    message = {
        "en": f"{words.en} has stopped: {error[:TOLD]}",
        "zh": f"{words.zh}已停止：{error[:TOLD]}",
    }
    return ("", job.id, Effect("in_page", job.actor, "long_work", {"message": message}))
