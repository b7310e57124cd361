"""An import from its upload to its undo, as pages and programs ask for it; workers do the long parts."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.actions.importing.source import SourceFile, open_source
from fieldstone.base.errors import MetadataError, Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Actor, Context
from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.jobs.contract import Queue
from fieldstone.model.import_mapping import ImportMapping
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.import_log import ImportLog
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.uploads import TO_IMPORT, StoredFile, Uploads

IMPORT: Final = "import_records"
UNDO: Final = "undo_import"
MOST_ROWS: Final = 200_000
LONGEST_NAME: Final = 60
NOT_IN_NAMES: Final = re.compile(r"[^\w .()-]")
SHOWN: Final = 50
WAITING: Final = ("matching", "checked", "failed")
BUSY: Final = ("checking", "running", "undoing")
STOPPED, HALF_UNDONE = "stopped", "half_undone"
"""What `running` and `undoing` are called once the job failed for good and left something behind; never kept."""
WROTE: Final = ("created", "updated", "attached")


@dataclass(frozen=True)
class KeptImport:
    """An import as it stands. `plan` holds the file's id, the mapping, the token's grants and the job.

    `row_state` is the state that its row is in, which says `running` also when the job failed for good.
    """

    id: str
    object_name: str
    file: str
    state: str
    actor: str
    created_at: datetime
    plan: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    row_state: str = ""

    @property
    def job(self) -> str:
        """Return the job that works on it, or did last; "" before there was one."""
        return str(self.plan.get("job", ""))

    @property
    def mapping(self) -> str:
        """Return the mapping as it was written, "" before columns were matched."""
        return str(self.plan.get("mapping", ""))

    @property
    def total(self) -> int:
        """Return how many rows the file holds."""
        return int(self.plan.get("total", 0))

    @property
    def grants(self) -> frozenset[str] | None:
        """Return what the token that asked is narrowed to, None for everything its person may."""
        kept = self.plan.get("grants")
        return None if kept is None else frozenset(kept)


@dataclass(frozen=True)
class Stand:
    """How far an import is. `counts` are rows by outcome; `problem` says why it failed."""

    state: str
    busy: bool
    done: int
    counts: Mapping[str, int]
    problem: str = ""


class FileGoneError(RefusedError):
    """The file of an import is no longer kept."""


class Desk:
    """Takes files in, keeps what is to be done with them, and asks workers for it."""

    def __init__(self, storage: Storage, queue: Queue, ctx: Context, model: Model) -> None:
        """Work for the actor of `ctx`."""
        self._storage = storage
        self._queue = queue
        self._ctx = ctx
        self._model = model

    def receive(self, object_name: str, name: str, content: bytes) -> KeptImport:
        """Keep a file for an object. Raises RefusedError: 403 without the right to create, 422 for no table."""
        self._check_right(object_name)
        name = safe_name(name)
        with on_disk(name, content) as source:
            total = source.count
        if total > MOST_ROWS:
            text = f"{name} holds {total:,} rows; one import takes {MOST_ROWS:,}."
            raise RefusedError([Problem("too_many_rows", "file", text, "Split the file.")])
        import_id, actor = new_id(), self._ctx.actor
        stored = StoredFile(
            new_id(), object_name, import_id, TO_IMPORT, name, "text/csv", len(content),
            hashlib.sha256(content).hexdigest(), actor.id, self._ctx.now,
        )  # fmt: skip
        grants = None if actor.grants is None else sorted(actor.grants)
        plan = {"upload": stored.id, "total": total, "grants": grants}
        with self._storage.connection() as connection:
            Uploads(connection).add(stored, content)
            ImportLog(connection).start(
                import_id,
                object_name,
                actor.id,
                self._ctx.now,
                state="matching",
                file=name,
                mapping=plan,
            )
        return self.find(import_id)

    def find(self, import_id: str) -> KeptImport:
        """Return an import of the actor; administrators see everybody's. Raises RefusedError (404)."""
        with self._storage.looking() as connection:
            row = ImportLog(connection).get(import_id)
        if row is None or not (row["actor"] == self._ctx.actor.id or self._administers):
            text, cure = f"There is no import {import_id[:60]}.", "Look at the list of imports."
            raise RefusedError([Problem("not_found", "id", text, cure)], 404)
        return self._as_it_stands(_kept(row))

    def recent(self) -> list[KeptImport]:
        """Return the latest imports the actor may look at."""
        actor = None if self._administers else self._ctx.actor.id
        with self._storage.looking() as connection:
            found = [_kept(row) for row in ImportLog(connection).recent(SHOWN, actor)]
        return [self._as_it_stands(one) for one in found]

    def _as_it_stands(self, kept: KeptImport) -> KeptImport:
        """Return an import whose job failed for good as what it is: stopped half way, or failed without a trace."""
        job = self._queue.status(kept.job) if kept.state in BUSY else None
        if job is None or job.state != "failed":
            return kept
        told: Mapping[str, Any] = job.progress
        counts = told.get("counts", {}) if kept.state != "undoing" else kept.counts
        wrote = kept.state == "running" and any(counts.get(one) for one in WROTE)
        state = HALF_UNDONE if kept.state == "undoing" else STOPPED if wrote else "failed"
        return replace(kept, state=state, counts=counts)

    def stand(self, kept: KeptImport) -> Stand:
        """Return how far an import is; what runs is told by its job."""
        job = self._queue.status(kept.job)
        if kept.state not in BUSY or job is None:
            failed = job is not None and kept.state in ("failed", STOPPED, HALF_UNDONE)
            problem = job.error if job is not None and failed else ""
            return Stand(kept.state, False, sum(kept.counts.values()), kept.counts, problem)
        told: Mapping[str, Any] = job.progress
        return Stand(kept.state, True, int(told.get("done", 0)), told.get("counts", {}))

    def check(self, kept: KeptImport, mapping: str) -> None:
        """Let a worker try every row and write none. Raises RefusedError for a mapping that cannot be."""
        self._check_mapping(kept, mapping)
        self._ask(kept, WAITING, "checking", {**kept.plan, "mapping": mapping})

    def run(self, kept: KeptImport, mapping: str = "") -> None:
        """Let a worker import every row; one that stopped goes on. Raises RefusedError, 409 when it goes on or is done."""
        if kept.state == STOPPED:
            return self._go_on(kept)
        written = mapping or kept.mapping
        self._check_mapping(kept, written)
        self._ask(kept, WAITING, "running", {**kept.plan, "mapping": written})
        return None

    def undo(self, kept: KeptImport) -> None:
        """Let a worker take back what the import created, also one that stopped; an undo that stopped goes on.

        Raises RefusedError (409) when there is nothing.
        """
        if kept.state == HALF_UNDONE:
            return self._go_on(kept)
        self._ask(kept, ("done", STOPPED), "undoing", dict(kept.plan))
        return None

    def drop(self, kept: KeptImport) -> None:
        """Forget an import that never ran, and its file."""
        with self._storage.connection() as connection:
            Uploads(connection).drop(str(kept.plan.get("upload", "")))
            ImportLog(connection).drop(kept.id)

    def _ask(
        self, kept: KeptImport, before: Sequence[str], state: str, plan: dict[str, object]
    ) -> None:
        self._check_right(kept.object_name)
        if kept.state not in before:
            raise _not_now(kept, state)
        name = UNDO if state == "undoing" else IMPORT
        told = {"import": kept.id, "dry": state == "checking"}
        with self._storage.connection() as connection:
            log, jobs = ImportLog(connection), jobs_of(connection)
            plan["job"] = jobs.add(name, told, actor=self._ctx.actor.id)
            free = kept.row_state not in BUSY or jobs.forget_failed(kept.job)
            counts = kept.counts if state == "undoing" else {}
            turned = free and log.turn(
                kept.id, [kept.row_state], state, mapping=plan, counts=counts
            )
            if not turned:
                raise _not_now(kept, state)
            if state != "undoing":
                log.forget_rows(kept.id)
        self._queue.ring()

    def _go_on(self, kept: KeptImport) -> None:
        """Let a worker go on where the last one failed. Raises RefusedError."""
        self._check_right(kept.object_name)
        with self._storage.connection() as connection:
            if not jobs_of(connection).again(kept.job, self._ctx.actor.id):
                raise _not_now(kept, kept.row_state)
        self._queue.ring()

    def _check_right(self, object_name: str) -> None:
        spec = self._model.objects.get(object_name)
        access = access_to(self._model, self._ctx.actor, object_name) if spec else None
        if spec is None or spec.parent is not None or access is None or not access.may_read:
            text = f"There is no object {object_name[:60]!r}."
            raise RefusedError([Problem("unknown_object", "object", text, "Choose one of yours.")])
        if not access.may_create:
            text = f"Your roles do not let you create {spec.plural.en.lower()}."
            raise RefusedError([Problem("forbidden", "object", text, "Ask an administrator.")], 403)

    def _check_mapping(self, kept: KeptImport, mapping: str) -> None:
        read = mapping_of(mapping, self._model, kept.object_name)
        if read.history and not self._administers:
            text = "A mapping with 'history' switches rules off, which administrators may do."
            cure = "Leave 'history' out, or ask an administrator."
            raise RefusedError([Problem("forbidden", "history", text, cure)], 403)

    @property
    def _administers(self) -> bool:
        return administers(self._model, self._ctx.actor)


def _not_now(kept: KeptImport, state: str) -> RefusedError:
    text = f"This import is {kept.state} and cannot be {state} now."
    cure = "Look at it again; upload the file once more to import it again."
    return RefusedError([Problem("not_now", "state", text, cure)], 409)


def safe_name(name: str) -> str:
    """Return the last part of a file's name, without what no file system or header takes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = NOT_IN_NAMES.sub("_", last).strip(". ").rpartition(".")
    kept = f"{stem[: LONGEST_NAME - 10]}{dot}{suffix[:8]}".strip(". ")
    return kept or "import.csv"


def administers(model: Model, actor: Actor) -> bool:
    """Tell whether an actor is an administrator, with an unnarrowed key."""
    roles = [model.roles[code] for code in actor.roles if code in model.roles]
    return actor.grants is None and any(role.administrator for role in roles)


def mapping_of(text: str, model: Model, object_name: str) -> ImportMapping:
    """Return the mapping that a text means. Raises RefusedError with every problem."""
    try:
        read = read_mapping("mapping", text, model)
    except MetadataError as error:
        raise RefusedError(error.problems) from None
    if read.object_name != object_name:
        told = f"the mapping fills {read.object_name}, not {object_name}."
        raise RefusedError([Problem("other_object", "mapping", told, "Choose another one.")])
    return read


@contextmanager
def unpacked(storage: Storage, kept: KeptImport) -> Iterator[SourceFile]:
    """Give the file of an import for as long as it is read. Raises FileGoneError when it is no longer kept."""
    with storage.looking() as connection:
        content = Uploads(connection).content(str(kept.plan.get("upload", "")))
    if content is None:
        cure = "Upload it again."
        text = f"{kept.file} is no longer kept."
        raise FileGoneError([Problem("gone", "file", text, cure)], 404)
    with on_disk(kept.file, content) as source:
        yield source


@contextmanager
def on_disk(name: str, content: bytes) -> Iterator[SourceFile]:
    """Give the rows of a file's content. Raises RefusedError for what is no table."""
    # CSV is read as a stream, so that a long file does not stand in memory twice.
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield open_source(path)


def _kept(row: Mapping[str, Any]) -> KeptImport:
    return KeptImport(
        str(row["id"]),
        str(row["object"]),
        str(row["file"] or ""),
        str(row["state"]),
        str(row["actor"]),
        row["created_at"],
        row["mapping"] or {},
        row["counts"] or {},
        str(row["state"]),
    )
