"""Long work as administrators see it: what runs, what failed for good, and letting that go on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fieldstone.access.rights import is_administrator
from fieldstone.actions.adopting import RESCORE
from fieldstone.actions.applying import APPLY
from fieldstone.actions.applying import UNDO as UNDO_RUN
from fieldstone.actions.importing.desk import IMPORT
from fieldstone.actions.importing.desk import UNDO as UNDO_IMPORT
from fieldstone.actions.merging.finding import FIND
from fieldstone.actions.offboard import JOB as OFFBOARD
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Context
from fieldstone.jobs.contract import Queue
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.queue import KeptJob
from fieldstone.storage.revising import SETTLE

BULK_UPDATE: Final = "bulk_update"
WORDS: Final[Mapping[str, Label]] = {
    APPLY: Label("Applying a rule to records that are there", "对现有记录应用规则"),
    UNDO_RUN: Label("Taking back a rule that was applied", "撤销规则的应用"),
    IMPORT: Label("Import", "导入"),
    UNDO_IMPORT: Label("Taking back an import", "撤销导入"),
    FIND: Label("Search for duplicates", "查找重复记录"),
    OFFBOARD: Label("Hand-over of somebody who leaves", "离职移交"),
    RESCORE: Label(
        "Working out all records anew by an adopted rule", "按已采用的规则重新计算全部记录"
    ),
    SETTLE: Label("Bringing records in step with a revision", "使记录与修订保持一致"),
    BULK_UPDATE: Label("Change of many records", "批量修改记录"),
}
LATELY: Final = timedelta(days=7)
"""How long the studio points at what failed for good."""


def words_for(name: str) -> Label:
    """Return what a kind of long work is called; one of a plugin goes by its code."""
    return WORDS.get(name, Label(name, name))


@dataclass(frozen=True)
class LongWork:
    """The desk at which administrators look after long work."""

    storage: Storage
    queue: Queue
    ctx: Context
    model: Model

    def failed(self, limit: int = 50) -> list[KeptJob]:
        """Return the latest jobs that failed for good. Raises RefusedError (403)."""
        return self._kept(("failed",), limit)

    def others(self, limit: int = 50) -> list[KeptJob]:
        """Return the latest jobs that wait, run or are done. Raises RefusedError (403)."""
        return self._kept(("queued", "running", "done"), limit)

    def failed_lately(self) -> int:
        """Return how many jobs failed for good within the last days and still stand so."""
        with self.storage.looking() as connection:
            return jobs_of(connection).failed_since(self.ctx.now - LATELY)

    def again(self, job_id: str) -> KeptJob:
        """Let a worker go on with a job that failed for good. Raises RefusedError: 403, 404, 409 for another one."""
        self._admit()
        with self.storage.connection() as connection:
            jobs = jobs_of(connection)
            found = jobs.get(job_id)
            if found is None:
                text, cure = f"There is no job {job_id[:40]!r}.", "Copy its id from the list."
                raise RefusedError([Problem("not_found", "job", text, cure)], 404)
            if not jobs.again(job_id):
                text = f"This job is {found.state}."
                cure = "Only one that failed for good is tried again."
                raise RefusedError([Problem("not_failed", "job", text, cure)], 409)
        self.queue.ring()
        return found

    def _kept(self, states: tuple[str, ...], limit: int) -> list[KeptJob]:
        self._admit()
        with self.storage.looking() as connection:
            return jobs_of(connection).kept(states, limit)

    def _admit(self) -> None:
        if not is_administrator(self.model, self.ctx.actor):
            text = "Only administrators look after long work."
            raise RefusedError([Problem("forbidden", "job", text, "Ask one to do it.")], 403)
