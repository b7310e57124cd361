"""Imports as long work: a check writes nothing, an import notes every batch with it, an undo takes it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from fieldstone.actions.importing.desk import Desk, KeptImport, mapping_of, unpacked
from fieldstone.actions.importing.running import Import, Line, Order
from fieldstone.actions.importing.source import Row, SourceFile
from fieldstone.actions.importing.undoing import Undone, undo
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.site import Site
from fieldstone.storage.import_log import ImportLog, ImportRow
from fieldstone.worker.runs import Run
from fieldstone.writes.unit import Unit


def import_records(site: Site, run: Run) -> dict[str, object]:
    """Check or import the rows of a kept file; a batch that a killed worker began is done again, once."""
    kept, ctx = _asked(site, run)
    dry = bool(run.job.arguments.get("dry"))
    model = site.model
    mapping = mapping_of(kept.mapping, model, kept.object_name)
    with unpacked(site.storage, kept) as source:
        order = Order(
            replace(ctx, dry_run=dry), model, mapping, source, site.settings.import_batch, Path()
        )
        importing = Import(order, site.reads, site.writes)
        for lines in importing.batches(_left(source, run)):
            (_checked if dry else _imported)(site, run, kept, importing, lines)
            run.pause()
    counts = dict(run.progress.get("counts", {}))
    with site.storage.connection() as connection:
        log = ImportLog(connection)
        log.finish(kept.id, "checked" if dry else "done", site.clock(), counts)
    return {"import": kept.id, "counts": counts}


def _left(source: SourceFile, run: Run) -> Iterator[tuple[int, Row]]:
    """Yield the rows after those of the batches that were noted."""
    last = int(run.progress.get("line", 0))
    return ((line, cells) for line, cells in source.rows() if line > last)


def _imported(
    site: Site, run: Run, kept: KeptImport, importing: Import, lines: Sequence[Line]
) -> None:
    del site

    def note(unit: Unit, logged: Sequence[ImportRow]) -> None:
        unit.transaction.imports.add(kept.id, logged)
        run.note_within(unit.transaction, **_further(run, kept, logged))

    importing.write(lines, note)


def _checked(
    site: Site, run: Run, kept: KeptImport, importing: Import, lines: Sequence[Line]
) -> None:
    """Try rows; what was refused is kept in a transaction of its own, since the trial leaves nothing."""
    logged = importing.write(lines, lambda unit, tried: None)
    refused = [entry for entry in logged if entry.outcome == "rejected"]
    with site.writes.unit(_context(site, run, kept), site.model) as unit:
        unit.transaction.imports.add(kept.id, refused)
        run.note_within(unit.transaction, **_further(run, kept, logged))


def _further(run: Run, kept: KeptImport, logged: Sequence[ImportRow]) -> dict[str, object]:
    counts = Counter(run.progress.get("counts", {}))
    counts.update(entry.outcome for entry in logged)
    done = int(run.progress.get("done", 0)) + len(logged)
    return {
        "line": logged[-1].line,
        "done": done,
        "total": max(kept.total, done),
        "counts": dict(counts),
    }


def undo_import(site: Site, run: Run) -> dict[str, int]:
    """Take back what an import created."""
    kept, ctx = _asked(site, run)
    if kept.state == "undone":  # by a worker that was killed before it could say so
        return dict(kept.counts)
    told, result = run.progress, {}
    begun = Undone(*(int(told.get(one, 0)) for one in ("removed", "left", "line")))

    def note(unit: Unit, far: Undone) -> None:
        run.note_within(unit.transaction, **asdict(far), done=far.done, total=far.of)

    for far in undo(ctx, site.model, site.writes, kept.id, note, begun):
        result = {"removed": far.removed, "left": far.left}
        if far.done < far.of:
            run.pause()
    return result


def _asked(site: Site, run: Run) -> tuple[KeptImport, Context]:
    desk = Desk(site.storage, site.queue, _by(site, run, None), site.model)
    kept = desk.find(str(run.job.arguments["import"]))
    return kept, _context(site, run, kept)


def _context(site: Site, run: Run, kept: KeptImport) -> Context:
    return _by(site, run, kept.grants)


def _by(site: Site, run: Run, grants: frozenset[str] | None) -> Context:
    """Return the context of who asked, with the rights of now. Raises RefusedError when they left."""
    system = site.system_context("import")
    actor = site.actors.by_id(system, site.model, run.job.actor, grants)
    if actor is None:
        cure = "Ask again as somebody who works here."
        raise RefusedError(
            [Problem("no_actor", "actor", "Who asked for this no longer works here.", cure)], 403
        )
    return site.context(actor, "import", run.job.id)
