"""What is still to be done: effects to deliver, timers to look at, jobs to run; the row is the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    Select,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Effect, TimerRequest
from fieldstone.rules.contract import DueTimer
from fieldstone.storage.platform_tables import (
    PLATFORM,
    instant,
    json,
    serial,
    text,
    upserting,
    whole,
)

fs_outbox: Final = Table(
    "fs_outbox",
    PLATFORM,
    serial(),
    text("channel", null=False),
    text("to", null=False),
    text("topic", null=False),
    text("object"),
    text("record"),
    json("payload"),
    text("dedupe_key"),
    text("state", null=False),  # pending, done, dead
    whole("attempts", null=False),
    instant("due", null=False),
    instant("created_at", null=False),
    instant("done_at"),
    text("last_error"),
    UniqueConstraint("dedupe_key", name="ux_fs_outbox_dedupe_key"),
    Index("ix_fs_outbox_due", "state", "due", "id"),
    Index("ix_fs_outbox_record", "record", "state", "id"),
)

fs_timer: Final = Table(
    "fs_timer",
    PLATFORM,
    text("id", key=True),
    text("object", null=False),
    text("record", null=False),
    text("rule", null=False),
    text("kind", null=False),
    instant("due", null=False),
    whole("version", null=False),
    json("payload"),
    UniqueConstraint("record", "rule", "kind", name="ux_fs_timer_record"),
    Index("ix_fs_timer_due", "due"),
    Index("ix_fs_timer_rule", "rule"),
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
class Message:
    """An effect on its way; `id` stays the same through all attempts, so receivers can tell repeats."""

    id: int
    channel: str
    to: str
    topic: str
    object_name: str
    record_id: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class TakenTimer:
    """A due timer, locked until the transaction ends."""

    id: str
    object_name: str
    timer: DueTimer


@dataclass(frozen=True)
class Job:
    """Long work; `run` names this run of it."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    attempts: int
    run: str
    actor: str


class Outbox:
    """Effects that committed writes asked for, taken by one worker at a time."""

    def __init__(self, connection: Connection, dialect: str, now: datetime) -> None:
        """Work at the moment `now`."""
        self._connection = connection
        self._dialect = dialect
        self._now = now

    def add(self, effects: Sequence[tuple[str, str, Effect]]) -> None:
        """Put (object, record, effect) out for delivery once this transaction is committed."""
        if effects:
            self._connection.execute(
                insert(fs_outbox),
                [
                    {
                        "channel": effect.channel,
                        "to": effect.to,
                        "topic": effect.topic,
                        "object": object_name,
                        "record": record_id,
                        "payload": effect.payload,
                        "state": "pending",
                        "attempts": 0,
                        "due": self._now,
                        "created_at": self._now,
                    }
                    for object_name, record_id, effect in effects
                ],
            )

    def take(self, channels: Sequence[str], *, lease: timedelta | None = None) -> Message | None:
        """Return the first due message of these channels, or None; locked until the transaction ends.

        With a `lease` (for what leaves the house: mail, webhooks) the message comes back by itself
        after it, unless `done` or `failed` was called: commit, send, then call. Messages of one record and
        receiver keep their order: the next one waits for the one before.
        """
        earlier = fs_outbox.alias("earlier")
        waits = exists().where(
            earlier.c.record == fs_outbox.c.record,
            earlier.c.state == "pending",
            earlier.c.channel == fs_outbox.c.channel,
            earlier.c.to == fs_outbox.c.to,
            earlier.c.id < fs_outbox.c.id,
        )
        asked = (
            select(*_MESSAGE)
            .where(
                _is_due(self._now),
                fs_outbox.c.channel.in_(list(channels)),
                ~waits,
            )
            .order_by(fs_outbox.c.due, fs_outbox.c.id)
            .limit(1)
        )
        row = self._connection.execute(_skipping(asked, self._dialect)).first()
        if row is None:
            return None
        if lease is not None:
            self._set(row.id, attempts=row.attempts + 1, due=self._now + lease)
        return Message(
            row.id,
            row.channel,
            row.to,
            row.topic,
            row.object or "",
            row.record or "",
            row.payload or {},
            row.attempts + (lease is not None),
            row.created_at,
        )

    def done(self, message_id: int) -> None:
        """Note that a message arrived."""
        self._set(message_id, state="done", done_at=self._now, last_error=None)

    def failed(self, message_id: int, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt; without `retry_at` the message is given up."""
        if retry_at is None:
            self._set(message_id, state="dead", done_at=self._now, last_error=error)
        else:
            self._set(message_id, due=retry_at, last_error=error)

    def replay(self, message_id: int) -> bool:
        """Send a dead message again; False when there is none."""
        again = (
            update(fs_outbox)
            .where(fs_outbox.c.id == message_id, fs_outbox.c.state == "dead")
            .values(state="pending", due=self._now, attempts=0, done_at=None)
        )
        return self._connection.execute(again).rowcount == 1

    def any_due(self) -> bool:
        """Tell whether a message waits to be delivered now."""
        asked = select(fs_outbox.c.id).where(_is_due(self._now)).limit(1)
        return self._connection.execute(asked).first() is not None

    def counts(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        asked = select(fs_outbox.c.state, func.count()).group_by(fs_outbox.c.state)
        return {state: int(count) for state, count in self._connection.execute(asked)}

    def prune(self, before: datetime, limit: int = 1000) -> int:
        """Delete up to `limit` delivered messages older than `before`; return how many."""
        old = (
            select(fs_outbox.c.id)
            .where(fs_outbox.c.state == "done", fs_outbox.c.done_at < before)
            .limit(limit)
        )
        return self._connection.execute(delete(fs_outbox).where(fs_outbox.c.id.in_(old))).rowcount

    def _set(self, message_id: int, **values: object) -> None:
        self._connection.execute(
            update(fs_outbox).where(fs_outbox.c.id == message_id).values(**values)
        )


class Timers:
    """Instants at which rules want to look at records again."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        """Work through `connection`."""
        self._connection = connection
        self._dialect = dialect

    def ask(self, requests: Sequence[tuple[str, str, int, TimerRequest]]) -> None:
        """Set or remove the timers that (object, record, rule version, request) ask for."""
        removed = [
            {"b_record": record, "b_rule": request.rule, "b_kind": request.kind}
            for _, record, _, request in requests
            if request.due is None
        ]
        # The last request for a timer counts, as it would one after the other.
        latest = {
            (record, request.rule, request.kind): _timer_row(object_name, record, version, request)
            for object_name, record, version, request in requests
            if request.due is not None
        }
        if removed:
            self._connection.execute(_REMOVE_TIMER, removed)
        if latest:
            adding = upserting(fs_timer, self._dialect)
            fresh = {
                name: adding.excluded[name] for name in ("object", "due", "version", "payload")
            }
            self._connection.execute(
                adding.on_conflict_do_update(index_elements=["record", "rule", "kind"], set_=fresh),
                list(latest.values()),
            )

    def take_due(self, now: datetime, limit: int = 100) -> tuple[TakenTimer, ...]:
        """Return due timers, oldest first, that no other worker holds; locked until the transaction ends."""
        asked = select(*_TIMER).where(fs_timer.c.due <= now).order_by(fs_timer.c.due).limit(limit)
        rows = self._connection.execute(_skipping(asked, self._dialect))
        return tuple(
            TakenTimer(
                row.id,
                row.object,
                DueTimer(row.rule, row.kind, row.record, row.due, row.version, row.payload or {}),
            )
            for row in rows
        )

    def remove(self, timer_ids: Iterable[str]) -> None:
        """Remove timers that were looked at."""
        gone = [{"b_id": timer_id} for timer_id in timer_ids]
        if gone:
            self._connection.execute(
                delete(fs_timer).where(fs_timer.c.id == bindparam("b_id")), gone
            )

    def forget(self, record_ids: Iterable[str]) -> None:
        """Remove all timers of records (deleted ones)."""
        gone = [{"b_record": record_id} for record_id in record_ids]
        if gone:
            self._connection.execute(
                delete(fs_timer).where(fs_timer.c.record == bindparam("b_record")), gone
            )

    def of(self, record_id: str) -> tuple[DueTimer, ...]:
        """Return the timers that stand for a record, in the order they are due."""
        asked = select(*_TIMER).where(fs_timer.c.record == record_id).order_by(fs_timer.c.due)
        return tuple(
            DueTimer(row.rule, row.kind, row.record, row.due, row.version, row.payload or {})
            for row in self._connection.execute(asked)
        )

    def next_due(self) -> datetime | None:
        """Return when the next timer is due, None when there is none."""
        found: datetime | None = self._connection.execute(
            select(fs_timer.c.due).order_by(fs_timer.c.due).limit(1)
        ).scalar()
        return found


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
        row = self._connection.execute(_skipping(asked, self._dialect)).first()
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

    def start_slot(self, job: str, slot: datetime) -> bool:
        """Tell whether this process is the one that runs a scheduled job for its planned instant."""
        adding = upserting(fs_schedule_run, self._dialect).values(
            job=job, slot=slot.isoformat(), ran_at=self._now
        )
        adding = adding.on_conflict_do_nothing(index_elements=["job", "slot"])
        return self._connection.execute(adding).rowcount == 1

    def _set(self, job: Job, **values: object) -> bool:
        mine = and_(fs_job.c.id == job.id, fs_job.c.run == job.run, fs_job.c.state == "running")
        return self._connection.execute(update(fs_job).where(mine).values(**values)).rowcount == 1


_MESSAGE = tuple(
    fs_outbox.c[name]
    for name in (
        "id",
        "channel",
        "to",
        "topic",
        "object",
        "record",
        "payload",
        "attempts",
        "created_at",
    )
)
_TIMER = tuple(
    fs_timer.c[name]
    for name in ("id", "object", "record", "rule", "kind", "due", "version", "payload")
)
_JOB = tuple(fs_job.c[name] for name in ("id", "name", "arguments", "attempts", "actor"))
_REMOVE_TIMER = delete(fs_timer).where(
    fs_timer.c.record == bindparam("b_record"),
    fs_timer.c.rule == bindparam("b_rule"),
    fs_timer.c.kind == bindparam("b_kind"),
)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Tell what may be taken: what was never tried is due at once, whichever clock stamped it."""
    return and_(
        fs_outbox.c.state == "pending", or_(fs_outbox.c.due <= now, fs_outbox.c.attempts == 0)
    )


def _skipping(asked: Select[Any], dialect: str) -> Select[Any]:
    """Lock what is selected and pass over what others hold; SQLite has one writer anyway."""
    return asked.with_for_update(skip_locked=True) if dialect == "postgresql" else asked


def _timer_row(
    object_name: str, record_id: str, version: int, request: TimerRequest
) -> dict[str, object]:
    return {
        "id": new_id(),
        "object": object_name,
        "record": record_id,
        "rule": request.rule,
        "kind": request.kind,
        "due": request.due,
        "version": version,
        "payload": request.payload,
    }
