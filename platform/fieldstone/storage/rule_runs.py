"""Runs of a rule over records that were there already, and what each record was before, so that a run can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, Select, Table, func, insert, select, update

from fieldstone.storage.journal import fs_decision
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.locks import lock_names
from fieldstone.storage.platform_tables import PLATFORM, instant, json, serial, text, whole
from fieldstone.storage.queue import Stranded

fs_rule_run: Final = Table(
    "fs_rule_run",
    PLATFORM,
    text("id", key=True),
    text("rule", null=False),
    whole("version", null=False),
    text("object", null=False),
    text("state", null=False),  # running, done, undoing, undone
    instant("since"),  # only records created since; all of them when empty
    json("counts"),
    text("actor", null=False),
    instant("at", null=False),
    instant("ended_at"),
    Index("ix_fs_rule_run_at", "at"),
)

fs_rule_run_row: Final = Table(
    "fs_rule_run_row",
    PLATFORM,
    serial(),
    text("run", null=False),
    text("object", null=False),
    text("record", null=False),
    whole("version", null=False),  # after the run: an undo leaves alone what changed since
    json("before"),  # its values and timers; NULL for a record that the run made
    Index("ix_fs_rule_run_row_run", "run", "id"),
)

RUNNING, RAN, UNDOING, UNDONE = "running", "done", "undoing", "undone"
STOPPED, HALF_UNDONE = "stopped", "half_undone"
"""What `running` and `undoing` are called once the job of the run failed for good; they are told, never kept."""


def undo_key(run_id: str) -> str:
    """Return the unique key of the job that takes a run back; the run's own id is that of the job that applies."""
    return f"undo_rule_run:{run_id}"


@dataclass(frozen=True)
class RuleRun:
    """One run; `counts` are changed, made, refused and, after an undo, restored and left; `error` says why it stopped."""

    id: str
    rule: str
    version: int
    object_name: str
    state: str
    since: datetime | None
    counts: Mapping[str, int]
    actor: str
    at: datetime
    ended_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class Touched:
    """One record that a run changed, as it was before; or one that it made (`before` is None)."""

    object_name: str
    record_id: str
    version: int
    before: Mapping[str, Any] | None = None
    place: int = field(default=0, compare=False)


class RuleRuns:
    """Runs within one connection."""

    def __init__(self, connection: Connection) -> None:
        """Work through `connection`."""
        self._connection = connection

    def hold(self, rule: str) -> None:
        """Let nobody else begin or take back a run of this rule before the transaction ends."""
        lock_names(self._connection, self._connection.dialect.name, {"rule_run": [rule]})

    def start(self, run: RuleRun) -> None:
        """Note that a run begins."""
        values = {
            "id": run.id,
            "rule": run.rule,
            "version": run.version,
            "object": run.object_name,
            "state": run.state,
            "since": run.since,
            "counts": dict(run.counts),
            "actor": run.actor,
            "at": run.at,
        }
        self._connection.execute(insert(fs_rule_run).values(values))

    def get(self, run_id: str) -> RuleRun | None:
        """Return one run."""
        found = self._runs(select(*_RUN).where(fs_rule_run.c.id == run_id))
        return found[0] if found else None

    def recent(self, limit: int) -> list[RuleRun]:
        """Return the latest runs, the newest first."""
        asked = select(*_RUN).order_by(fs_rule_run.c.at.desc(), fs_rule_run.c.id.desc())
        return self._runs(asked.limit(limit))

    def at_work(self, rule: str) -> bool:
        """Tell whether a run of this rule goes on, or is being taken back."""
        mine = fs_rule_run.c.rule == rule, fs_rule_run.c.state.in_((RUNNING, UNDOING))
        return any(
            one.state in (RUNNING, UNDOING) for one in self._runs(select(*_RUN).where(*mine))
        )

    def _runs(self, asked: Select[Any]) -> list[RuleRun]:
        """Return runs as they stand: one whose job failed for good has stopped, whatever its row says."""
        runs = [_run(row) for row in self._connection.execute(asked)]
        keys = {one.id: _key(one) for one in runs if one.state in (RUNNING, UNDOING)}
        stranded = jobs_of(self._connection).stranded(list(keys.values())) if keys else {}
        return [_as_it_stands(one, stranded.get(keys.get(one.id, ""))) for one in runs]

    def turn(
        self,
        run_id: str,
        before: str,
        state: str,
        now: datetime | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> bool:
        """Put a run into another state; False when it is not in `before`, as after a second click."""
        mine = update(fs_rule_run).where(fs_rule_run.c.id == run_id, fs_rule_run.c.state == before)
        values: dict[str, object] = {"state": state, "ended_at": now}
        if counts is not None:
            values["counts"] = dict(counts)
        return self._connection.execute(mine.values(values)).rowcount == 1

    def spoken(self, rule: str, version: int, records: Sequence[str]) -> frozenset[str]:
        """Return the records about which this version of a rule has decided; runs that were taken back do not count."""
        undone = select(fs_rule_run.c.id).where(fs_rule_run.c.state == UNDONE)
        one = fs_decision.c
        asked = select(one.record).where(
            one.record.in_(records), one.rule == rule, one.version == version
        )
        stands = func.coalesce(one.request, "").not_in(undone)
        return frozenset(self._connection.execute(asked.where(stands)).scalars())

    def add(self, run_id: str, touched: Sequence[Touched]) -> None:
        """Note what a step of a run changed and made, in the transaction that wrote it."""
        if touched:
            rows = [
                {
                    "run": run_id,
                    "object": one.object_name,
                    "record": one.record_id,
                    "version": one.version,
                    "before": one.before,
                }
                for one in touched
            ]
            self._connection.execute(insert(fs_rule_run_row), rows)

    def touched(self, run_id: str, below: int | None, limit: int) -> Iterator[Touched]:
        """Yield what a run touched below a place, the last one first."""
        row = fs_rule_run_row.c
        asked = select(row.object, row.record, row.version, row.before, row.id).where(
            row.run == run_id
        )
        if below is not None:
            asked = asked.where(row.id < below)
        for found in self._connection.execute(asked.order_by(row.id.desc()).limit(limit)):
            yield Touched(*found)


_RUN = tuple(
    fs_rule_run.c[name]
    for name in (
        "id",
        "rule",
        "version",
        "object",
        "state",
        "since",
        "counts",
        "actor",
        "at",
        "ended_at",
    )
)


def _key(run: RuleRun) -> str:
    return run.id if run.state == RUNNING else undo_key(run.id)


def _as_it_stands(run: RuleRun, job: Stranded | None) -> RuleRun:
    if job is None:
        return run
    counts = {**run.counts, **job.progress.get("counts", {})}
    state = STOPPED if run.state == RUNNING else HALF_UNDONE
    return replace(run, state=state, counts=counts, error=job.error)


def _run(row: Any) -> RuleRun:
    values = list(row)
    values[6] = values[6] or {}
    return RuleRun(*values)
