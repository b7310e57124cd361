"""Long work is a row of the database, whichever bell rings for it."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.jobs.contract import JobStatus
from fieldstone.storage.database import Storage
from fieldstone.storage.leased import jobs_of


def keep_job(
    storage: Storage, name: str, arguments: Mapping[str, object], *, actor: str, dedupe: str
) -> str:
    """Keep a job and return its id; with a known `dedupe` that of the job kept first, which goes on if it had failed."""
    with storage.connection() as connection:
        jobs = jobs_of(connection)
        kept = jobs.add(name, arguments, actor=actor, unique_key=dedupe or None)
        if kept is not None:
            return kept
        known = jobs.known_by(dedupe)
        jobs.again(known, actor)
        return known


def job_status(storage: Storage, job_id: str) -> JobStatus | None:
    """Return how far a job is, None when there is none."""
    with storage.looking() as connection:
        row = jobs_of(connection).status(job_id)
    if row is None:
        return None
    return JobStatus(
        row["id"],
        row["name"],
        row["state"],
        row["progress"] or {},
        row["result"],
        row["last_error"] or "",
    )
