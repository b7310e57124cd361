"""Long work as rows: taken with a lease, so that a killed worker's job comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Index,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    skipping,
    text,
    upserting,
    whole,
)

fs_job: Final = Table(
    "fs_job",
    PLATFORM,
    text("id", key=True),
    text("name", null=False),
    json("arguments"),
    text("unique_key"),
    text("state", null=False),  # queued, running, done, failed
    whole("attempts", null=False),
    instant("due", null=False),
    text("run"),  # of the present run; a stale worker finds another one here and stops
    json("progress"),
    json("result"),
    text("last_error"),
    text("actor"),
    instant("created_at", null=False),
    instant("ended_at"),
    UniqueConstraint("unique_key", name="ux_fs_job_unique_key"),
    Index("ix_fs_job_due", "state", "due"),
)

fs_schedule_run: Final = Table(
    "fs_schedule_run",
    PLATFORM,
    text("job", key=True),
    text("slot", key=True),
    instant("ran_at", null=False),
)


@dataclass(frozen=True)
class Job:
    """Long work; `run` names this run of it."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    attempts: int
    run: str
    actor: str


@dataclass(frozen=True)
class KeptJob:
    """A piece of long work as its row tells it, whoever does it."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    state: str
    progress: Mapping[str, Any]
    error: str
    actor: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Stranded:
    """A job that failed for good, and how far it came."""

    id: str
    error: str
    progress: Mapping[str, Any]


class Jobs:
    """Long work on a table: taken with a lease, so that a killed worker's job comes back."""

    def __init__(self, connection: Connection, dialect: str, now: datetime) -> None:
        """Work at the moment `now` (of the database's clock for leases: see `take`)."""
        self._connection = connection
        self._dialect = dialect
        self._now = now

    def add(
        self,
        name: str,
        arguments: Mapping[str, object],
        *,
        actor: str,
        unique_key: str | None = None,
        due: datetime | None = None,
    ) -> str | None:
        """Queue a job and return its id; None when a job with this `unique_key` was ever queued."""
        job_id = new_id()
        adding = upserting(fs_job, self._dialect).values(
            id=job_id,
            name=name,
            arguments=arguments,
            unique_key=unique_key,
            state="queued",
            attempts=0,
            due=due or self._now,
            actor=actor,
            created_at=self._now,
        )
        adding = adding.on_conflict_do_nothing(index_elements=["unique_key"])
        added = self._connection.execute(adding.returning(fs_job.c.id)).first()
        return job_id if added is not None else None

    def take(self, lease: timedelta) -> Job | None:
        """Return the next due job, or one whose worker let its lease run out; None when there is none."""
        asked = (
            select(*_JOB)
            .where(
                or_(fs_job.c.state == "queued", fs_job.c.state == "running"),
                fs_job.c.due <= self._now,
            )
            .order_by(fs_job.c.due)
            .limit(1)
        )
        row = self._connection.execute(skipping(asked, self._dialect)).first()
        if row is None:
            return None
        run = new_id()
        self._connection.execute(
            update(fs_job)
            .where(fs_job.c.id == row.id)
            .values(state="running", run=run, attempts=row.attempts + 1, due=self._now + lease)
        )
        return Job(row.id, row.name, row.arguments or {}, row.attempts + 1, run, row.actor or "")

    def renew(self, job: Job, lease: timedelta, progress: object = None) -> bool:
        """Keep a job for longer and note how far it is; False when another worker has it now."""
        values: dict[str, object] = {"due": self._now + lease}
        if progress is not None:
            values["progress"] = progress
        return self._set(job, **values)

    def done(self, job: Job, result: object) -> bool:
        """Note a job's result; False when another worker has the job now."""
        return self._set(job, state="done", result=result, ended_at=self._now, last_error=None)

    def failed(self, job: Job, error: str, retry_at: datetime | None) -> bool:
        """Note a failure; without `retry_at` it is final."""
        if retry_at is None:
            return self._set(job, state="failed", last_error=error, ended_at=self._now)
        return self._set(job, state="queued", due=retry_at, last_error=error)

    def set_down(self, job: Job) -> bool:
        """Give a job back to the next worker, as if this one had not tried it."""
        return self._set(job, state="queued", due=self._now, attempts=job.attempts - 1)

    def again(self, job_id: str, actor: str | None = None) -> bool:
        """Queue a job anew that failed for good; it goes on from where it stopped. False when it has not failed."""
        failed = and_(fs_job.c.id == job_id, fs_job.c.state == "failed")
        values = {"state": "queued", "attempts": 0, "due": self._now, "ended_at": None}
        if actor is not None:
            values["actor"] = actor
        return self._connection.execute(update(fs_job).where(failed).values(values)).rowcount == 1

    def kept(self, states: Sequence[str], limit: int) -> list[KeptJob]:
        """Return the latest jobs in these states, the newest first."""
        asked = select(*_KEPT).where(fs_job.c.state.in_(states))
        newest = asked.order_by(fs_job.c.created_at.desc(), fs_job.c.id.desc()).limit(limit)
        return [_kept(row) for row in self._connection.execute(newest)]

    def get(self, job_id: str) -> KeptJob | None:
        """Return one job."""
        found = self._connection.execute(select(*_KEPT).where(fs_job.c.id == job_id)).first()
        return None if found is None else _kept(found)

    def failed_since(self, since: datetime) -> int:
        """Return how many jobs failed for good since then, and still stand so."""
        failed = and_(fs_job.c.state == "failed", fs_job.c.ended_at >= since)
        return int(self._connection.execute(select(func.count()).where(failed)).scalar_one())

    def forget_failed(self, job_id: str) -> bool:
        """Forget a job that failed for good, since another one takes its place; False when it has not failed."""
        failed = and_(fs_job.c.id == job_id, fs_job.c.state == "failed")
        return self._connection.execute(delete(fs_job).where(failed)).rowcount == 1

    def stranded(self, keys: Sequence[str]) -> Mapping[str, Stranded]:
        """Return the jobs that failed for good, by their unique key."""
        asked = select(
            fs_job.c.unique_key, fs_job.c.id, fs_job.c.last_error, fs_job.c.progress
        ).where(fs_job.c.unique_key.in_(keys), fs_job.c.state == "failed")
        return {
            str(key): Stranded(job, error or "", progress or {})
            for key, job, error, progress in self._connection.execute(asked)
        }

    def known_by(self, unique_key: str) -> str:
        """Return the id of the job that was queued with this key. Raises NoResultFound."""
        asked = select(fs_job.c.id).where(fs_job.c.unique_key == unique_key)
        return str(self._connection.execute(asked).scalar_one())

    def any_due(self) -> bool:
        """Tell whether a job waits for a worker now."""
        waiting = and_(fs_job.c.state.in_(["queued", "running"]), fs_job.c.due <= self._now)
        asked = select(fs_job.c.id).where(waiting).limit(1)
        return self._connection.execute(asked).first() is not None

    def status(self, job_id: str) -> Mapping[str, Any] | None:
        """Return state, progress, result and last error of a job; None when there is none."""
        columns = [fs_job.c[n] for n in ("id", "name", "state", "progress", "result", "last_error")]
        row = self._connection.execute(select(*columns).where(fs_job.c.id == job_id)).mappings()
        found = row.first()
        return dict(found) if found is not None else None

    def last_under(self, prefix: str) -> str | None:
        """Return the newest job whose unique key begins with `prefix`, None when there is none."""
        asked = select(fs_job.c.id).where(fs_job.c.unique_key.startswith(prefix, autoescape=True))
        newest = asked.order_by(fs_job.c.created_at.desc(), fs_job.c.id.desc()).limit(1)
        found: str | None = self._connection.execute(newest).scalar()
        return found

    def start_slot(self, job: str, slot: datetime) -> bool:
        """Tell whether this process is the one that runs a scheduled job for its planned instant."""
        adding = upserting(fs_schedule_run, self._dialect).values(
            job=job, slot=slot.isoformat(), ran_at=self._now
        )
        adding = adding.on_conflict_do_nothing(index_elements=["job", "slot"])
        added = self._connection.execute(adding.returning(fs_schedule_run.c.job))
        return added.first() is not None

    def _set(self, job: Job, **values: object) -> bool:
        mine = and_(fs_job.c.id == job.id, fs_job.c.run == job.run, fs_job.c.state == "running")
        return self._connection.execute(update(fs_job).where(mine).values(**values)).rowcount == 1


def _kept(row: Any) -> KeptJob:
    job, name, arguments, state, progress, error, actor, *moments = row
    told = (arguments or {}, state, progress or {}, error or "", actor or "")
    return KeptJob(job, name, *told, *moments)


_KEPT = tuple(
    fs_job.c[name]
    for name in (
        "id",
        "name",
        "arguments",
        "state",
        "progress",
        "last_error",
        "actor",
        "created_at",
        "ended_at",
    )
)
_JOB = tuple(fs_job.c[name] for name in ("id", "name", "arguments", "attempts", "actor"))
